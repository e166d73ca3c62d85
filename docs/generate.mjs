// Writes the generated parts of docs/language.md anew: `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const outfile = join(here, '..', 'node_modules', '.cache', 'mmlang-docs', 'generate.mjs');
await build({
  entryPoints: [join(here, 'generate.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  loader: { '.mm': 'text', '.css': 'text', '.html': 'text' },
  logLevel: 'warning',
});
const { generate } = await import(pathToFileURL(outfile).href);
const file = join(here, 'language.md');
writeFileSync(file, generate(readFileSync(file, 'utf8')));
