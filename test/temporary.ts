// One folder for all temporary files of a test run, removed at its end.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function setup(): () => void {
  const dir = mkdtempSync(join(tmpdir(), 'mmlang-test-'));
  // Workers inherit the environment, and os.tmpdir() reads it at every call.
  process.env.TMPDIR = dir;
  // Nor does a test find an engine that happens to be installed, but those that are of that engine.
  if (process.env.MMLANG_TEST_ENGINES !== '1') process.env.MMLANG_ENGINES = join(dir, 'engines');
  return () => rmSync(dir, { recursive: true, force: true });
}
