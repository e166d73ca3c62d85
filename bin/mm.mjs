#!/usr/bin/env node
// Starts the command line. In a clone the bundle is built on first use and again after an edit under src/;
// a published package carries the bundle and no sources.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'dist', 'cli.js');

if (existsSync(join(root, 'src'))) {
  const { sourceStamp } = await import('./stamp.mjs');
  const stamp = join(root, 'dist', 'stamp');
  const built = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (built !== sourceStamp(root)) {
    const { buildAll } = await import('./build.mjs');
    await buildAll();
  }
}
const { main } = await import(pathToFileURL(bundle).href);
process.exitCode = await main(process.argv.slice(2));
