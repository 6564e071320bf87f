// Looks at every dashboard in every situation, and ends with 1 when something looks wrong.
//
//   node look.mjs FILE
//
// FILE is JSON: {situations: [{name, prometheus, instance, ranges: {dashboard: seconds}}], pictures: DIR or ""}. With
// pictures, the dashboards of the first situation are drawn into that directory, and nothing else happens. KEEP=DIR in the
// environment keeps a picture of everything that was looked at.
//
// expected.json has the panels that may be empty in a situation, and what a panel must say without data. broken.json has
// changes to the dashboards, and the kind of fault that each must cause.
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import UPNG from 'upng-js';

import { findFaults } from './faults.js';
import { bundle, serve } from './server.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const directory = join(here, '../../../dashboards');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const { situations, pictures } = read(process.argv[2]);
const kept = process.env.KEEP;
const expected = read(join(here, 'expected.json'));
const widths = [1280, 1400, 1920];

const dashboards = Object.fromEntries(
  readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [basename(name, '.json'), read(join(directory, name))])
);

/** What the page must not complain about, and what may be empty, in a situation. */
function expectations(situation, dashboard) {
  const titles = dashboards[dashboard].panels.map(({ title }) => title);
  const nothing = situation.name === 'nothing';
  return {
    mayBeEmpty: nothing ? titles : (expected.empty[situation.name][dashboard] ?? []),
    mustBeEmpty: nothing,
    mustSay: (nothing && expected.says[dashboard]) || {},
  };
}

/** Opens a dashboard and waits until every panel shows what it has. */
async function show(site, browser, situation, name, { theme, width, panel, dashboard = dashboards[name], faults }) {
  site.prometheus = situation.prometheus;
  site.dashboards[name] = dashboard;
  const page = await browser.newPage({ viewport: { width, height: 2600 } });
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push({ kind: 'console', panel: '', what: message.text() });
  });
  page.on('pageerror', (error) => faults.push({ kind: 'console', panel: '', what: String(error) }));
  const to = Date.now();
  const query = new URLSearchParams({ dashboard: name, theme, from: to - situation.ranges[name] * 1000, to });
  if (name === 'instance' && situation.instance) query.set('instance', situation.instance);
  if (panel) query.set('panel', panel);
  if (situation.step) query.set('step', situation.step);
  await page.goto(`${site.url}?${query}`);
  const panels = dashboard.panels.filter(({ type, title }) => type !== 'row' && (!panel || title === panel)).length;
  await page.waitForFunction((count) => document.querySelectorAll('[data-done]').length === count, panels, { timeout: 60_000 });
  await settle(page);
  return page;
}

/** Waits until the page has not changed for a while: charts and tables are laid out after the first frame. */
async function settle(page) {
  await page.evaluate(
    () =>
      new Promise((settled) => {
        const count = () => document.querySelectorAll('*').length + [...document.querySelectorAll('canvas')].reduce((n, { drawn }) => n + (drawn?.length ?? 0), 0);
        let before = -1;
        let same = 0;
        const timer = setInterval(() => {
          same = count() === before ? same + 1 : 0;
          before = count();
          if (same < 4) return;
          clearInterval(timer);
          settled();
        }, 100);
      })
  );
}

/** Returns a copy of the dashboard with another value at the path, which begins in the panel. undefined removes it. */
function broken(dashboard, { panel, path, value }) {
  const copy = structuredClone(dashboard);
  const start = copy.panels.find(({ title }) => title === panel);
  const parent = path.slice(0, -1).reduce((node, key) => node[key], start);
  parent[path.at(-1)] = value;
  return { copy, shown: path[0] === 'title' ? value : panel };
}

async function lookAtAll(site, browser) {
  const found = [];
  const looks = [
    ['dark', widths],
    ['light', [1400]],
  ];
  for (const situation of situations) {
    for (const name of Object.keys(dashboards)) {
      for (const [theme, at] of looks) {
        const faults = [];
        const page = await show(site, browser, situation, name, { theme, width: at[0], faults });
        for (const width of at) {
          await page.setViewportSize({ width, height: 2600 });
          await settle(page);
          const seen = await page.evaluate(findFaults, expectations(situation, name));
          if (kept) await (await page.$('main')).screenshot({ path: join(kept, `${situation.name}-${name}-${width}-${theme}.png`) });
          found.push(...seen.concat(faults.splice(0)).map((fault) => ({ ...fault, where: `${situation.name}, ${name}, ${width} px, ${theme}` })));
        }
        await page.close();
      }
    }
  }
  return found;
}

/** Each kind of fault is found in a dashboard that was broken on purpose. */
async function proveAll(site, browser) {
  const failures = [];
  for (const fixture of read(join(here, 'broken.json'))) {
    const situation = situations.find(({ name }) => name === fixture.situation);
    const { copy, shown } = broken(dashboards[fixture.dashboard], fixture);
    const faults = [];
    const page = await show(site, browser, situation, fixture.dashboard, { theme: 'dark', width: 1280, panel: shown, dashboard: copy, faults });
    const seen = (await page.evaluate(findFaults, expectations(situation, fixture.dashboard))).concat(faults);
    await page.close();
    if (!seen.some(({ kind }) => kind === fixture.fault)) {
      failures.push(`broken.json: ${fixture.name}: want a fault of kind ${fixture.fault}, found ${JSON.stringify(seen)}`);
    }
  }
  return failures;
}

/** Returns the picture with a palette of 128 colors: a third of the size, and nobody sees the difference. */
function withPalette(picture) {
  const { width, height, ...rest } = UPNG.decode(picture);
  return Buffer.from(UPNG.encode(UPNG.toRGBA8({ width, height, ...rest }), width, height, 128));
}

/** Draws the dashboards of the first situation. */
async function draw(site, browser) {
  for (const [name, theme] of [['fleet', 'light'], ['fleet', 'dark'], ['instance', 'light'], ['exporter', 'light']]) {
    const page = await show(site, browser, situations[0], name, { theme, width: 1400, faults: [] });
    const main = await page.$('main');
    const path = join(pictures, `dashboard-${name}${name === 'fleet' ? `-${theme}` : ''}.png`);
    writeFileSync(path, withPalette(await main.screenshot()));
    await page.close();
    console.log(path);
  }
}

const dist = mkdtempSync(join(tmpdir(), 'dashboards-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? execFileSync('sh', ['-c', 'command -v chromium || command -v chromium-browser'], { encoding: 'utf8' }).trim(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let failures = [];
try {
  await bundle(dist);
  const { site, url, close } = await serve({ dist });
  site.url = url;
  if (pictures) {
    await draw(site, browser);
  } else {
    const found = await lookAtAll(site, browser);
    failures = [...found.map(({ where, kind, panel, what }) => `${where}: ${panel}: ${kind}: ${what}`), ...(await proveAll(site, browser))];
  }
  close();
} finally {
  await browser.close();
  rmSync(dist, { recursive: true, force: true });
}
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exit(1);
}
