// `npm run example:browser`: builds the page and serves it on this machine, at port 8080 or PORT.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves the files of a folder; gives the address, and how to end it. Port 0 takes a free one. */
export async function serve(folder, port) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    const path = normalize(decodeURIComponent(pathname)).replace(/^[/\\]+/, '') || 'index.html';
    try {
      if (path.split(/[/\\]/).includes('..')) throw new Error('outside the folder');
      const data = readFileSync(join(folder, path));
      response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream').end(data);
    } catch {
      response.writeHead(404).end('there is no such file');
    }
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: taken } = server.address();
  return {
    url: `http://127.0.0.1:${taken}/`,
    close: () =>
      new Promise(resolve => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = fileURLToPath(new URL('../../dist/browser', import.meta.url));
  await buildPage(out);
  const { url } = await serve(out, Number(process.env.PORT ?? 8080));
  console.log(`the page is at ${url} (Ctrl-C ends it)`);
}
