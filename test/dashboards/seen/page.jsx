// Shows a dashboard with Grafana's own components: the panels on their grid, without menus and variables.
import '@fontsource/inter/400.css';
import '@fontsource/inter/500.css';
import '@fontsource/roboto-mono/400.css';
import 'uplot/dist/uPlot.min.css';

import {
  applyFieldOverrides,
  createTheme,
  displayNameOverrideProcessor,
  FieldConfigOptionsRegistry,
  getDisplayValueAlignmentFactors,
  getFieldDisplayName,
  getFieldDisplayValues,
  identityOverrideProcessor,
  dateTime,
  numberOverrideProcessor,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  ThemeContext,
  thresholdsOverrideProcessor,
  transformDataFrame,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  VizOrientation,
} from '@grafana/data';
import { BigValue, GlobalStyles, PanelChrome, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { lastValueFrom } from 'rxjs';

import { framesOf, interpolate } from './prometheus.js';

const columns = 24;
const rowHeight = 30; // as Grafana: 30 px a row and 8 px between panels
const gap = 8;

const open = new URLSearchParams(location.search);
const theme = createTheme({ colors: { mode: open.get('theme') ?? 'dark' } });
const to = Number(open.get('to'));
const from = Number(open.get('from'));
const timeRange = { from: dateTime(from), to: dateTime(to), raw: { from: dateTime(from), to: dateTime(to) } };
const variables = Object.fromEntries(['job', 'cloud', 'account', 'region', 'instance'].map((name) => [name, open.get(name) ?? '.*']));

// The options that every panel has. Grafana drops those silently that no registry names.
const standardOptions = Object.entries({
  displayName: displayNameOverrideProcessor,
  color: identityOverrideProcessor,
  links: identityOverrideProcessor,
  noValue: stringOverrideProcessor,
  actions: identityOverrideProcessor,
  fieldMinMax: identityOverrideProcessor,
  unit: unitOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  decimals: numberOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
}).map(([id, process]) => option(id, id, process, false));

function option(id, path, process, isCustom) {
  return { id, path, name: id, isCustom, process, override: () => null, editor: () => null, shouldApply: () => true, settings: {} };
}

standardFieldConfigEditorRegistry.setInit(() => standardOptions);
standardTransformersRegistry.setInit(() =>
  [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    editor: () => null,
    transformation: () => Promise.resolve(transformation),
  }))
);

/** The registry of a panel: the standard options, and the custom ones that its field configuration has. */
function registryOf({ defaults, overrides }) {
  const custom = new Set([
    ...Object.keys(defaults.custom ?? {}),
    ...overrides.flatMap(({ properties }) => properties.filter(({ id }) => id.startsWith('custom.')).map(({ id }) => id.slice('custom.'.length))),
  ]);
  return new FieldConfigOptionsRegistry(() => [
    ...standardOptions,
    ...[...custom].map((name) => option(`custom.${name}`, name, identityOverrideProcessor, true)),
  ]);
}

/** Returns the frames of a panel as its visualization gets them. */
async function dataOf(panel) {
  const frames = await framesOf(panel, { from, to, variables, minimumStep: Number(open.get('step') ?? 10) });
  const transformed = panel.transformations?.length ? await lastValueFrom(transformDataFrame(panel.transformations, frames)) : frames;
  const shown = applyFieldOverrides({
    data: transformed,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: registryOf(panel.fieldConfig),
    replaceVariables: (text) => interpolate(text, variables),
    theme,
    timeZone: 'utc',
  });
  for (const frame of shown) {
    for (const field of frame.fields) field.state = { ...field.state, displayName: getFieldDisplayName(field, frame, shown) };
  }
  return shown.filter((frame) => frame.length > 0);
}

function Stat({ panel, frames, width, height }) {
  const { options } = panel;
  const values = () =>
    getFieldDisplayValues({
      data: frames,
      reduceOptions: options.reduceOptions,
      fieldConfig: panel.fieldConfig,
      replaceVariables: (text) => text,
      theme,
      timeZone: 'utc',
    });
  const orientation = options.orientation === 'auto' ? (width > height ? VizOrientation.Vertical : VizOrientation.Horizontal) : options.orientation;
  return (
    <VizRepeater
      source={frames}
      getValues={values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width: w, height: h, count, alignmentFactors }) => (
        <BigValue
          theme={theme}
          value={value.display}
          count={count}
          width={w}
          height={h}
          alignmentFactors={alignmentFactors}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          justifyMode={options.justifyMode}
          textMode={options.textMode}
          text={options.text}
          disableWideLayout={!options.wideLayout}
        />
      )}
      width={width}
      height={height}
      itemSpacing={3}
      renderCounter={1}
      autoGrid={true}
      orientation={orientation}
    />
  );
}

/** Stands in for Grafana's state timeline, which is no component of @grafana/ui: a bar a series, colored by its states. */
function StateTimeline({ frames, width, height }) {
  const left = 260;
  const bar = Math.min(30, (height - 24) / frames.length);
  return (
    <svg width={width} height={height} style={{ fontSize: Math.min(12, bar - 2), fill: theme.colors.text.primary }}>
      {frames.map((frame, row) => {
        const field = frame.fields[1];
        const times = frame.fields[0].values;
        const x = (at) => left + (Math.max(0, at - from) / (to - from)) * (width - left - 8);
        return (
          <g key={row} transform={`translate(0 ${row * bar})`}>
            <text className="state-name" x={left - 8} y={bar / 2 + 4} textAnchor="end">
              {field.state.displayName}
            </text>
            {field.values.map((value, i) =>
              value === null ? null : (
                <rect
                  key={i}
                  x={x(times[i])}
                  width={Math.max(0, Math.min(x(times[i + 1] ?? to), width - 8) - x(times[i]) + 0.5)}
                  y={bar * 0.08}
                  height={bar * 0.84}
                  fill={field.display(value).color}
                />
              )
            )}
          </g>
        );
      })}
    </svg>
  );
}

function Visualization({ panel, frames, width, height }) {
  const { options, fieldConfig, type } = panel;
  if (type === 'stat') return <Stat panel={panel} frames={frames} width={width} height={height} />;
  if (frames.length === 0) return <div className="empty">{fieldConfig.defaults.noValue ?? 'No data'}</div>;
  switch (type) {
    case 'table':
      return (
        <TableNG
          data={frames[0]}
          width={width}
          height={height}
          showTypeIcons={options.showTypeIcons}
          noHeader={!options.showHeader}
          resizable={true}
          sortBy={options.sortBy}
          cellHeight={options.cellHeight}
          enablePagination={options.enablePagination}
          structureRev={1}
          timeRange={timeRange}
          fieldConfig={fieldConfig}
          noValue={fieldConfig.defaults.noValue}
        />
      );
    case 'state-timeline':
      return <StateTimeline frames={frames} width={width} height={height} />;
    case 'timeseries':
      return (
        <TimeSeries frames={frames} structureRev={1} width={width} height={height} timeRange={timeRange} timeZone="utc" legend={options.legend} options={options} />
      );
  }
  throw new Error(`no component for a panel of type ${type}`);
}

function Panel({ panel, width, height }) {
  const [frames, setFrames] = useState(null);
  useEffect(() => {
    dataOf(panel).then(setFrames, (error) => {
      console.error(`${panel.title}: ${error}`);
      setFrames([]);
    });
  }, [panel]);
  return (
    <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
      {(w, h) =>
        frames && (
          <div
            className="visualization"
            style={{ width: w, height: h }}
            data-done={true}
            data-empty={frames.length === 0}
          >
            <Visualization panel={panel} frames={frames} width={w} height={h} />
          </div>
        )
      }
    </PanelChrome>
  );
}

/** Where a panel is, in pixels. */
function place({ x, y, w, h }, pageWidth) {
  const column = (pageWidth - 2 * gap + gap) / columns;
  return { left: gap + x * column, top: gap + y * (rowHeight + gap), width: w * column - gap, height: h * (rowHeight + gap) - gap };
}

/** The width of the window, also after it has changed. */
function useWidth() {
  const [width, setWidth] = useState(document.documentElement.clientWidth);
  useEffect(() => {
    const changed = () => setWidth(document.documentElement.clientWidth);
    addEventListener('resize', changed);
    return () => removeEventListener('resize', changed);
  }, []);
  return width;
}

function Dashboard({ dashboard }) {
  const only = open.get('panel');
  const panels = dashboard.panels.filter(({ title }) => only === null || title === only);
  const bottom = only === null ? Math.max(...panels.map(({ gridPos: at }) => at.y + at.h)) : panels[0].gridPos.y + panels[0].gridPos.h;
  const width = useWidth();
  return (
    <main style={{ position: 'relative', height: bottom * (rowHeight + gap) + gap }}>
      {panels.map((panel) => {
        const at = place(panel.gridPos, width);
        return (
          <section
            key={panel.id}
            className={panel.type}
            data-title={panel.title}
            data-type={panel.type}
            data-novalue={panel.fieldConfig?.defaults.noValue}
            style={{ position: 'absolute', ...at }}
          >
            {panel.type === 'row' ? <h2 className="row-title">{panel.title}</h2> : <Panel panel={panel} width={at.width} height={at.height} />}
          </section>
        );
      })}
    </main>
  );
}

const style = document.createElement('style');
style.textContent = `
  .empty { height: 100%; display: flex; align-items: center; justify-content: center; text-align: center; color: ${theme.colors.text.secondary}; }
  .row-title { margin: 0; padding: 4px 8px; font-size: 16px; line-height: 22px; border-bottom: 1px solid ${theme.colors.border.weak}; }
`;
document.head.append(style);

const dashboard = await (await fetch(`/dashboards/${open.get('dashboard')}.json`)).json();
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Dashboard dashboard={dashboard} />
  </ThemeContext.Provider>
);
