// A TypeScript file bundled on the fly and imported: for the scripts of this repository.
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The module that `file` (a path from the repository's root) exports. */
export async function importTypeScript(file) {
  const outfile = join(root, 'node_modules', '.cache', 'mmlang', `${basename(file, '.ts')}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    loader: { '.mm': 'text', '.css': 'text', '.html': 'text' },
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
