// Asks Prometheus what a panel asks, and makes of the answer the frames that Grafana's data source makes.
import { FieldType, toDataFrame } from '@grafana/data';

/** Replaces Grafana's variables in a query. Every variable stands for All, except those that the page was opened with. */
export function interpolate(text, variables) {
  return text.replace(/\$\{?(\w+)(?::\w+)?\}?/g, (whole, name) => variables[name] ?? whole);
}

async function ask(path, parameters) {
  const answer = await fetch(`/prom/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { status, error, data } = await answer.json();
  if (status !== 'success') throw new Error(`${parameters.query}: ${error}`);
  return data.result;
}

/** Returns the legend of a series: the format with its labels filled in, or the labels. */
function legend(format, labels) {
  if (format) return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => labels[label] ?? '').replace(/\s+/g, ' ').trim();
  return JSON.stringify(labels);
}

/** The Prometheus data source makes one frame of all series: a column per label, and the value. */
function tableFrame(target, several, result) {
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: result.map(({ value }) => value[0] * 1000) },
      ...labels.map((name) => ({
        name,
        type: FieldType.string,
        config: { filterable: true },
        values: result.map(({ metric }) => metric[name] ?? ''),
      })),
      { name: several ? `Value #${target.refId}` : 'Value', type: FieldType.number, values: result.map(({ value }) => Number(value[1])) },
    ],
  });
}

/** The frame of one series over time. Where Prometheus has no sample, there is none. */
function seriesFrame(target, { metric, value, values }, range) {
  const samples = new Map((values ?? [value]).map(([at, number]) => [Math.round(at * 1000), Number(number)]));
  const times = range ? range.times : [...samples.keys()];
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, config: range ? { interval: range.step * 1000 } : {}, values: times },
      {
        name: 'Value',
        type: FieldType.number,
        labels: metric,
        config: { displayNameFromDS: legend(target.legendFormat, metric) },
        values: times.map((at) => samples.get(at) ?? null),
      },
    ],
  });
}

/** Returns the frames of all queries of a panel. */
export async function framesOf(panel, { from, to, variables, minimumStep }) {
  const step = Math.max(minimumStep, Math.ceil((to - from) / 300 / 1000));
  const start = Math.floor(from / 1000 / step) * step;
  const end = Math.floor(to / 1000 / step) * step;
  const times = [];
  for (let at = start; at <= end; at += step) times.push(at * 1000);
  const asked = panel.targets.map(async (target) => {
    const query = interpolate(target.expr, { ...variables, __rate_interval: `${Math.max(4 * step, 20)}s` });
    if (!target.instant) {
      const result = await ask('query_range', { query, start, end, step });
      return result.map((series) => seriesFrame(target, series, { times, step }));
    }
    const result = await ask('query', { query, time: to / 1000 });
    if (target.format === 'table') return result.length ? [tableFrame(target, panel.targets.length > 1, result)] : [];
    return result.map((series) => seriesFrame(target, series));
  });
  return (await Promise.all(asked)).flat();
}
