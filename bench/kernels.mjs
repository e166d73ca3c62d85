// Bundles bench/kernels.ts with TensorFlow.js, whose gradients stand in files that Node can't load by themselves, and
// runs it: `npm run bench:kernels`.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = join(root, 'node_modules', '.cache', 'mmlang', 'bench-kernels.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/kernels.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  loader: { '.mm': 'text', '.css': 'text', '.html': 'text' },
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(outfile).href);
process.exitCode = await main();
