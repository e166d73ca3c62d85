// Bundles bench/floors.ts and runs it: `npm run floors`.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const outfile = join(here, '..', 'node_modules', '.cache', 'mmlang-bench', 'floors.mjs');
await build({
  entryPoints: [join(here, 'floors.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(outfile).href);
process.exitCode = await main(process.argv.slice(2), join(here, '..'));
