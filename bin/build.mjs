// Bundles src/ into dist/ with esbuild: the command line, the library and the worker threads.
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sourceStamp } from './stamp.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export async function buildAll() {
  const stamp = sourceStamp(root);
  rmSync(join(root, 'dist', 'stamp'), { force: true });
  await build({
    absWorkingDir: root,
    entryPoints: {
      cli: 'src/cli/main.ts',
      index: 'src/index.ts',
      'batch-worker': 'src/data/batch-worker.ts',
    },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    loader: { '.mm': 'text', '.css': 'text', '.html': 'text' },
    sourcemap: 'linked',
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  });
  writeFileSync(join(root, 'dist', 'stamp'), stamp);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
