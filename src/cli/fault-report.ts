// The report of a fault of ours: a text file that says enough to find it and holds nothing of the user's files.

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes the report; the path is missing where even that failed. */
export function writeReport(
  e: unknown,
  argv: readonly string[],
  version: string,
): { readonly path: string | undefined; readonly message: string } {
  const error = e instanceof Error ? e : new Error(String(e));
  const lines = [
    `mm ${version}`,
    `node ${process.version}`,
    `platform ${process.platform} ${process.arch}`,
    `command mm ${argv.map(a => (/^[\w./=:,@%+-]+$/.test(a) ? a : JSON.stringify(a))).join(' ')}`,
    `error ${error.name}: ${error.message}`,
    '',
    error.stack ?? '(no stack)',
  ];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    lines.push('', `caused by ${cause.stack ?? cause.message}`);
  }
  const path = join(tmpdir(), `mm-report-${Date.now()}-${process.pid}.txt`);
  const message = `${error.name}: ${error.message}`;
  try {
    writeFileSync(path, `${lines.join('\n')}\n`, { flag: 'wx', mode: 0o600 });
    return { path, message };
  } catch {
    return { path: undefined, message };
  }
}
