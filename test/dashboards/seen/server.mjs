// Bundles the page and serves it, with the dashboards, the fonts and icons of Grafana, and Prometheus under /prom/.
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const modules = join(here, 'node_modules');

// Grafana's style sheet names the fonts as Grafana's server has them.
const fonts = {
  'fonts/inter/Inter-Regular.woff2': 'inter-latin-400-normal.woff2',
  'fonts/inter/Inter-Medium.woff2': 'inter-latin-500-normal.woff2',
};

const types = { '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.json': 'application/json', '.html': 'text/html' };

// What Grafana's server writes into its page, and what records the texts that charts draw, because a canvas forgets them.
const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dashboard</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/dist/page.css"><script>
window.__grafana_public_path__ = '/public/';
window.grafanaBootData = { settings: {} };
const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  const { e, f } = this.getTransform();
  (this.canvas.drawn ??= []).push({ text, x: x + e, y: y + f, align: this.textAlign });
  return fillText.call(this, text, x, y, ...rest);
};
CanvasRenderingContext2D.prototype.clearRect = function (...box) {
  this.canvas.drawn = [];
  return clearRect.apply(this, box);
};
</script></head><body><div id="root"></div><script type="module" src="/dist/page.js"></script></body></html>`;

export async function bundle(into) {
  await build({
    entryPoints: [join(here, 'page.jsx')],
    outdir: into,
    bundle: true,
    format: 'esm',
    splitting: true,
    minify: false,
    jsx: 'automatic',
    target: 'es2022',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: Object.fromEntries(['svg', 'png', 'woff2', 'woff', 'ttf'].map((kind) => [`.${kind}`, 'dataurl'])),
  });
}

/** Sends a request on to Prometheus, so that the page has one origin. */
function forward(prometheus, incoming, outgoing) {
  const onward = request(prometheus + incoming.url.slice('/prom'.length), (answer) => {
    outgoing.writeHead(answer.statusCode, { 'Content-Type': answer.headers['content-type'] ?? 'text/plain' });
    answer.pipe(outgoing);
  });
  onward.on('error', (error) => outgoing.writeHead(502).end(String(error)));
  onward.end();
}

async function file(root, path, outgoing) {
  const name = join(root, normalize(path));
  try {
    const content = await readFile(name);
    outgoing.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream' }).end(content);
  } catch {
    outgoing.writeHead(404).end();
  }
}

/** Serves on a free port. dashboards and prometheus may be changed between pages. */
export async function serve({ dist }) {
  const site = { dashboards: {}, prometheus: '' };
  const server = createServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, 'http://localhost');
    const [, first, ...rest] = pathname.split('/');
    const path = rest.join('/');
    switch (first) {
      case '':
        return outgoing.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
      case 'prom':
        return forward(site.prometheus, incoming, outgoing);
      case 'dashboards':
        return outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(site.dashboards[path.replace('.json', '')]));
      case 'dist':
        return file(dist, path, outgoing);
      case 'public':
        if (fonts[path]) return file(join(modules, '@fontsource/inter/files'), fonts[path], outgoing);
        return file(join(modules, '@grafana/ui/dist/public'), path.replace('build/', ''), outgoing);
    }
    return outgoing.writeHead(404).end();
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { site, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
