// Type-checks every dashboard against the types that Grafana publishes.
//
// Each dashboard is written as a literal of TypeScript, because an import of JSON would turn every string into the type
// `string`, and because TypeScript finds unknown properties in literals only. The fixtures prove that the check can fail:
// each is a change to a real dashboard and the error that it must cause.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = fileURLToPath(new URL('.', import.meta.url));
const dashboards = join(here, '../../dashboards');
const generated = join(here, 'generated');

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const sources = readdirSync(dashboards)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => ({ name: basename(name, '.json'), dashboard: read(join(dashboards, name)) }));

/** Returns a copy of the dashboard with another value at the path. */
function changed(dashboard, path, value) {
  const copy = structuredClone(dashboard);
  const parent = path.slice(0, -1).reduce((node, key) => node[key], copy);
  if (parent === undefined) throw new Error(`no such path: ${path.join('.')}`);
  parent[path.at(-1)] = value;
  return copy;
}

/** Writes the dashboard as a TypeScript literal and returns the file's path. */
function write(name, dashboard) {
  const path = join(generated, `${name}.ts`);
  const literal = JSON.stringify(dashboard, null, 2);
  writeFileSync(path, `import type { Dashboard } from '../dashboard.js';\n\nexport const dashboard: Dashboard = ${literal};\n`);
  return path;
}

/** Returns the compiler's messages by path. */
function diagnose(paths) {
  const config = ts.getParsedCommandLineOfConfigFile(join(here, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (d) => {
      throw new Error(ts.flattenDiagnosticMessageText(d.messageText, '\n'));
    },
  });
  const program = ts.createProgram([...config.fileNames, ...paths], config.options);
  const found = new Map(paths.map((path) => [path, []]));
  for (const d of [...config.errors, ...ts.getPreEmitDiagnostics(program)]) {
    const line = d.file ? d.file.getLineAndCharacterOfPosition(d.start).line + 1 : 0;
    const message = ts.flattenDiagnosticMessageText(d.messageText, '\n');
    const path = d.file?.fileName ?? 'tsconfig.json';
    found.set(path, [...(found.get(path) ?? []), { line, message }]);
  }
  return found;
}

rmSync(generated, { recursive: true, force: true });
mkdirSync(generated);

const good = sources.map(({ name, dashboard }) => ({ name, path: write(name, dashboard) }));
const bad = read(join(here, 'negative.json')).map((fixture) => {
  const { dashboard } = sources.find((source) => source.name === fixture.dashboard);
  return { ...fixture, path: write(`negative-${fixture.name}`, changed(dashboard, fixture.path, fixture.value)) };
});

const found = diagnose([...good, ...bad].map(({ path }) => path));
const failures = [];
for (const { path, error, name } of bad) {
  const messages = found.get(path).map(({ message }) => message);
  found.delete(path);
  if (!messages.some((message) => message.includes(error))) {
    failures.push(`negative.json: ${name}: want an error with ${JSON.stringify(error)}, got ${JSON.stringify(messages)}`);
  }
}
for (const [path, messages] of found) {
  failures.push(...messages.map(({ line, message }) => `${path}:${line}: ${message}`));
}

if (good.length === 0 || bad.length === 0) failures.push('nothing was checked');
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exit(1);
}
console.log(`${good.length} dashboards have the types of @grafana/schema; ${bad.length} broken ones were rejected.`);
