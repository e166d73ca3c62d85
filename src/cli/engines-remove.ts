// What `mm engines remove` does, and that only engines which come and go are added and removed.

import { enginesFolder } from '../backends/installed.ts';
import { nearestName } from '../base/nearest-name.ts';
import { failure as trainFailure } from '../train/diagnostics.ts';
import { engineNames } from '../train/engines.ts';
import { type Context, present } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { failure } from './install/diagnostics.ts';
import { installable } from './install/installable.ts';
import { removeEngine } from './install/remove-engine.ts';
import { bytes } from './units.ts';

/** Fails for an engine that can't be added or removed. */
export function checkInstallable(name: string): void {
  if (installable.includes(name)) return;
  if (engineNames.includes(name)) throw failure('engine-built-in', { name });
  const known = [...new Set([...engineNames, ...installable])];
  throw trainFailure('unknown-engine', { name, known, nearest: nearestName(name, known) });
}

export async function runEnginesRemove(name: string, context: Context): Promise<ExitCode> {
  checkInstallable(name);
  const removed = removeEngine(name, enginesFolder());
  present(
    context,
    { name, ...removed },
    () => `${name} is removed from ${removed.folder}: ${bytes(removed.bytes)} are free again`,
  );
  return exit.ok;
}
