// A wheel fetched by pip, which knows the user's index, proxy and certificates, and checked against its hash.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from './diagnostics.ts';
import { fetchFailure } from './fetch-failure.ts';
import { largestFile } from './largest-file.ts';
import { runTool } from './run-tool.ts';
import { type WheelPin, wheelFile } from './tensorflow-pins.ts';
import type { Work } from './work.ts';

export const wheelName = (wheel: WheelPin): string => `${wheel.package} ${wheel.version}`;

/** Where the checked wheel lies. One that lies there already is only checked. */
export async function downloadWheel(wheel: WheelPin, python: string, work: Work): Promise<string> {
  const kept = join(work.folder, 'wheels', wheelFile(wheel));
  if (existsSync(kept)) {
    await checkHash(kept, wheel, work);
    return kept;
  }
  const attempt = work.attempt();
  const what = wheelName(wheel);
  const show = (done: number): void =>
    work.onProgress({ step: `fetching ${what}`, done: Math.min(done, wheel.bytes), total: wheel.bytes });
  show(0);
  const outcome = await runTool(
    python,
    [
      ...['-m', 'pip', 'download', '--no-input', '--no-cache-dir', '--no-deps', '--only-binary=:all:'],
      ...['--disable-pip-version-check', '--progress-bar', 'off'],
      ...['--platform', wheel.tag, '--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'],
      ...['--dest', attempt, `${wheel.package}==${wheel.version}`],
    ],
    {
      cwd: attempt,
      // Newer versions of pip go on with a download that broke; TMPDIR keeps its files on this disk.
      env: { ...work.env, TMPDIR: attempt, PIP_RESUME_RETRIES: '5', PIP_REQUIRE_VIRTUALENV: '0' },
      signal: work.signal,
      onTick: () => show(largestFile(attempt)),
    },
  );
  const fetched = readdirSync(attempt).find(f => f.endsWith('.whl'));
  if (outcome.code !== 0 || fetched === undefined)
    throw fetchFailure(outcome, { what, tool: 'pip', folder: work.folder });
  show(wheel.bytes);
  await checkHash(join(attempt, fetched), wheel, work);
  await mkdir(dirname(kept), { recursive: true });
  await rename(join(attempt, fetched), kept);
  return kept;
}

/** Deletes a wheel that isn't the one that is named. */
async function checkHash(path: string, wheel: WheelPin, work: Work): Promise<void> {
  const hash = createHash('sha256');
  let done = 0;
  const step = `checking ${wheelName(wheel)}`;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal: work.signal })) {
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    work.onProgress({ step, done, total: Math.max(done, wheel.bytes) });
  }
  const got = hash.digest('hex');
  if (got === wheel.sha256) return;
  rmSync(path, { force: true });
  throw failure('hash-differs', { what: wheelName(wheel), wanted: wheel.sha256, got });
}
