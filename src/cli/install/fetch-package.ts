// A package of npm fetched by npm, which knows the user's registry and proxy, and checked against its hash; of it only
// single files are kept, and no script of it is run.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { parseTarGzip } from 'nanotar';
import { failure } from './diagnostics.ts';
import { fetchFailure } from './fetch-failure.ts';
import { largestFile } from './largest-file.ts';
import { runTool } from './run-tool.ts';
import type { Command } from './tools.ts';
import { diskFailure, type Work } from './work.ts';

/** A package, and what is taken of it. */
export interface PackagePin {
  readonly package: string;
  readonly version: string;
  /** As npm writes it: sha512-… */
  readonly integrity: string;
  /** Of the archive. */
  readonly bytes: number;
  /** Files of the package; one that ends in / is a folder, without those in it. They come to lie side by side. */
  readonly members: readonly string[];
}

/** Where the members lie: a folder of the work's. */
export async function fetchPackage(pin: PackagePin, npm: Command, work: Work): Promise<string> {
  const place = join(work.folder, 'packages', `${pin.package.replace(/.*\//, '')}-${pin.version}`);
  if (existsSync(place)) return place;
  const what = `${pin.package} ${pin.version}`;
  const attempt = work.attempt();
  const show = (done: number): void =>
    work.onProgress({ step: `fetching ${what}`, done: Math.min(done, pin.bytes), total: pin.bytes });
  show(0);
  const [command, ...args] = npm;
  const outcome = await runTool(
    command,
    [
      ...[...args, 'pack', '--ignore-scripts', '--no-update-notifier', '--loglevel=error'],
      `${pin.package}@${pin.version}`,
    ],
    {
      cwd: attempt,
      // Its cache and logs go with the attempt.
      env: { ...work.env, npm_config_cache: join(attempt, 'cache') },
      signal: work.signal,
      onTick: () => show(largestFile(attempt)),
    },
  );
  const fetched = readdirSync(attempt).find(f => f.endsWith('.tgz'));
  if (outcome.code !== 0 || fetched === undefined)
    throw fetchFailure(outcome, { what, tool: 'npm', folder: work.folder });
  show(pin.bytes);
  const archive = readFileSync(join(attempt, fetched));
  const got = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (got !== pin.integrity) throw failure('hash-differs', { what, wanted: pin.integrity, got });
  const made = join(attempt, 'members');
  try {
    await unpack(archive, pin.members, made);
  } catch (e) {
    const known = diskFailure(e, work.folder, what);
    if (known !== undefined) throw known;
    throw failure('archive-broken', { what, why: e instanceof Error ? e.message : String(e) });
  }
  await mkdir(dirname(place), { recursive: true });
  await rename(made, place);
  return place;
}

async function unpack(archive: Uint8Array, members: readonly string[], into: string): Promise<void> {
  const isOf = (name: string, member: string): boolean =>
    member.endsWith('/')
      ? name.startsWith(`package/${member}`) && /^[\w.-]+$/.test(name.slice(`package/${member}`.length))
      : name === `package/${member}`;
  const files = await parseTarGzip(archive, { filter: f => members.some(m => isOf(f.name, m)) });
  const missing = members.find(m => !files.some(f => isOf(f.name, m)));
  if (missing !== undefined) throw new Error(`it has no ${missing}`);
  await mkdir(into, { recursive: true });
  for (const { name, data } of files)
    await writeFile(join(into, posix.basename(name)), data ?? new Uint8Array());
}
