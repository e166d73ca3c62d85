// A TypeScript file bundled on the fly and imported: for the scripts of this repository.
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The module that `file` (a path from the repository's root) exports. */
export async function importTypeScript(file) {
  // A file of its own, since another process may bundle the same one meanwhile.
  const name = `${basename(file, '.ts')}-${process.pid}.mjs`;
  const outfile = join(root, 'node_modules', '.cache', 'mmlang', name);
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
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile, { force: true });
  }
}
