// Where an installation is made, beside its place: what is whole lies there under its own name, what is being made in
// folders of attempts, which the next start throws away.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type InstallFailure } from './diagnostics.ts';
import { halfRemoved } from './engines-folder.ts';

export interface Progress {
  /** What is being done: unpacking tensorflow-cpu 2.21.0. */
  readonly step: string;
  /** Bytes; both 0 where there is nothing to count. */
  readonly done: number;
  readonly total: number;
}

export interface Work {
  readonly folder: string;
  /** What becomes the installation. */
  readonly files: string;
  /** A new empty folder for something that is being made. */
  readonly attempt: () => string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const prefix = (engine: string): string => `.adding-${engine}-`;

/**
 * Opens the folder in which these pins of an engine are installed, with what an earlier start left whole in it, and
 * removes those of other pins.
 */
export function openWork(
  { engines, engine, pins }: { readonly engines: string; readonly engine: string; readonly pins: unknown },
  options: Pick<Work, 'env' | 'signal' | 'onProgress'>,
): Work {
  const key = createHash('sha256').update(JSON.stringify(pins)).digest('hex').slice(0, 12);
  const name = `${prefix(engine)}${key}`;
  for (const other of [...leftovers(engines, engine), ...halfRemoved(engines)])
    if (other !== name) rmSync(join(engines, other), { recursive: true, force: true });
  const folder = join(engines, name);
  const attempts = join(folder, 'attempts');
  rmSync(attempts, { recursive: true, force: true });
  mkdirSync(attempts, { recursive: true });
  const files = join(folder, 'files');
  mkdirSync(files, { recursive: true });
  return { ...options, folder, files, attempt: () => mkdtempSync(join(attempts, 'a')) };
}

/** Folders that installations of an engine left when they were cut off. */
export const leftovers = (engines: string, engine: string): readonly string[] =>
  readdirSync(engines).filter(f => f.startsWith(prefix(engine)));

/** A full disk, told as such; undefined for other errors. */
export function diskFailure(e: unknown, folder: string, what: string): InstallFailure | undefined {
  const code = e instanceof Error && 'code' in e ? e.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' ? failure('disk-filled', { folder, what }) : undefined;
}
