// WebGPU in Node: Dawn, Chromium's implementation of it, where `mm engines add webgpu` put it. A page has its own.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { EngineFailure } from '../engine.ts';
import { enginesFolder, installed } from '../installed.ts';
import { whyNotLoaded } from '../native-library.ts';

/** What an installation says of itself. */
export interface Installation {
  readonly folder: string;
  /** The version of the package `webgpu`. */
  readonly webgpu: string;
  /** The native library, within the folder. */
  readonly binding: string;
}

/** The installation at hand; undefined where there is none, or it isn't whole. */
export function installation(engines: string = enginesFolder()): Installation | undefined {
  const found = installed('webgpu', engines);
  if (found === undefined) return undefined;
  const { folder, said } = found;
  const { webgpu, binding } = said;
  if (typeof webgpu !== 'string' || typeof binding !== 'string') return undefined;
  return existsSync(join(folder, binding)) ? { folder, webgpu, binding } : undefined;
}

export interface Dawn {
  /** What a page has as navigator.gpu; flags are Dawn's own: `backend=vulkan`. */
  readonly create: (flags: readonly string[]) => unknown;
  /** The constructors and constants that a page has as globals: GPUBufferUsage. */
  readonly globals: Readonly<Record<string, unknown>>;
}

let loaded: Dawn | undefined;

/** Loads Dawn once a process. */
export function loadDawn(at: Installation): Dawn {
  if (loaded !== undefined) return loaded;
  try {
    loaded = createRequire(import.meta.url)(join(at.folder, at.binding)) as Dawn;
  } catch (e) {
    throw new EngineFailure('load', whyNotLoaded(e));
  }
  return loaded;
}
