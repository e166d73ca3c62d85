// The sources of the native binding and the headers of Node-API, fetched by npm and checked; of each package only one
// folder is kept, and no script of it is run.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseTarGzip } from 'nanotar';
import { failure } from './diagnostics.ts';
import { fetchFailure } from './fetch-failure.ts';
import type { PackagePin } from './pins.ts';
import { runTool } from './run-tool.ts';
import { diskFailure, type Work } from './work.ts';

/** The folder of the package, as a folder of the work's. */
export async function fetchSources(pin: PackagePin, npm: string, work: Work): Promise<string> {
  const place = join(work.folder, 'sources', `${pin.package.replace(/.*\//, '')}-${pin.version}`);
  if (existsSync(place)) return place;
  const what = `${pin.package} ${pin.version}`;
  work.onProgress({ step: `fetching ${what}`, done: 0, total: 0 });
  const attempt = work.attempt();
  const outcome = await runTool(
    npm,
    ['pack', '--ignore-scripts', '--no-update-notifier', '--loglevel=error', `${pin.package}@${pin.version}`],
    // Its cache and logs go with the attempt.
    { cwd: attempt, env: { ...work.env, npm_config_cache: join(attempt, 'cache') }, signal: work.signal },
  );
  const fetched = readdirSync(attempt).find(f => f.endsWith('.tgz'));
  if (outcome.code !== 0 || fetched === undefined)
    throw fetchFailure(outcome, { what, tool: 'npm', folder: work.folder });
  const archive = readFileSync(join(attempt, fetched));
  const got = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (got !== pin.integrity) throw failure('hash-differs', { what, wanted: pin.integrity, got });
  const made = join(attempt, 'sources');
  try {
    await unpack(archive, `package/${pin.folder}`, made);
  } catch (e) {
    const known = diskFailure(e, work.folder, what);
    if (known !== undefined) throw known;
    throw failure('archive-broken', { what, why: e instanceof Error ? e.message : String(e) });
  }
  await mkdir(dirname(place), { recursive: true });
  await rename(made, place);
  return place;
}

/** Files right in the folder; the binding and the headers have none deeper. */
async function unpack(archive: Uint8Array, folder: string, into: string): Promise<void> {
  const files = await parseTarGzip(archive, {
    filter: f => f.name.startsWith(folder) && /^[\w.-]+$/.test(f.name.slice(folder.length)),
  });
  if (files.length === 0) throw new Error(`it has no ${folder}`);
  await mkdir(into, { recursive: true });
  for (const file of files)
    await writeFile(join(into, file.name.slice(folder.length)), file.data ?? new Uint8Array());
}
