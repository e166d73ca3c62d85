// Bundles src/ into dist/ with esbuild: the command line, the library and the worker threads, and
// what a page imports. Every file is renamed into place, chunks first: a process that runs meanwhile keeps what it began with.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sourceStamp } from './stamp.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

const entryPoints = {
  cli: 'src/cli/main.ts',
  index: 'src/index.ts',
  'batch-worker': 'src/data/batch-worker.ts',
};

/** Packages of hundreds of small modules, which node loads slowly one by one: they go into the bundle. */
const bundled = ['chevrotain', 'commander', 'picocolors'];

function external() {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...optionalDependencies }).filter(name => !bundled.includes(name));
}

export async function buildAll() {
  const stamp = sourceStamp(root);
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      Object.entries(entryPoints).filter(([, path]) => existsSync(join(root, path))),
    ),
    outdir: 'dist',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: external(),
    // What is bundled in CommonJS asks for node's own modules by `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    loader: { '.mm': 'text', '.css': 'text', '.html': 'text' },
    sourcemap: 'linked',
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  });
  const chunks = outputFiles.filter(f => f.path.includes(join(dist, 'chunks')));
  const entries = outputFiles.filter(f => !chunks.includes(f));
  for (const file of [...chunks, ...entries]) replace(file.path, file.contents);
  replace(join(dist, 'stamp'), stamp);
}

/** What a page imports as `mmlang/page`: its bundler adds the packages of TensorFlow.js. */
async function buildPage() {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/page/index.ts'],
    outfile: join(dist, 'page.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*', '@tensorflow/*'],
    loader: { '.mm': 'text' },
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

function replace(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(dist, { recursive: true, force: true });
  await buildAll();
  await buildPage();
}
