// Where engines lie that are no part of mmlang, and what the installation of one says of itself.

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where engines are installed: MMLANG_ENGINES, or a folder of the user's cache. */
export function enginesFolder(): string {
  const { MMLANG_ENGINES: own, XDG_CACHE_HOME: cache } = process.env;
  if (own !== undefined && own !== '') return own;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'mmlang', 'engines');
}

/** Stands in the folder of an engine; written last, so that a half-made one has none. */
export const installationFile = 'installed.json';

export interface Installed {
  readonly folder: string;
  /** What its installation file says, read by the engine. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** The installation of an engine; undefined where there is none. */
export function installed(engine: string, engines: string): Installed | undefined {
  const folder = join(engines, engine);
  const file = join(folder, installationFile);
  if (!existsSync(file)) return undefined;
  const said = parsed(readFileSync(file, 'utf8'));
  return typeof said === 'object' && said !== null
    ? { folder, said: said as Readonly<Record<string, unknown>> }
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A damaged file is no installation.
    return undefined;
  }
}
