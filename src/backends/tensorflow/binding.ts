// The native binding of @tensorflow/tfjs-node (or tfjs-node-gpu), loaded from where `mm engines add` put it. Only what
// runs a SavedModel is used: tensors in, tensors out.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { EngineFailure } from '../engine.ts';
import { enginesFolder, installed } from '../installed.ts';
import { whyNotLoaded } from '../native-library.ts';

export interface NativeTensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface NativeBinding {
  createTensor(shape: readonly number[], dtype: number, data: Float32Array | Int32Array | Uint8Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): readonly NativeTensor[];
  isUsingGpuDevice(): boolean;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_Version: string;
}

/** What an installation says of itself. */
export interface Installation {
  readonly folder: string;
  readonly tensorflow: string;
  readonly gpu: boolean;
  /** The native binding, within the folder. */
  readonly binding: string;
}

/** The installation at hand; undefined where there is none, or it isn't whole. */
export function installation(engines: string = enginesFolder()): Installation | undefined {
  const found = installed('tensorflow', engines);
  if (found === undefined) return undefined;
  const { folder, said } = found;
  const { tensorflow, gpu, binding } = said;
  if (typeof tensorflow !== 'string' || typeof gpu !== 'boolean' || typeof binding !== 'string')
    return undefined;
  return existsSync(join(folder, binding)) ? { folder, tensorflow, gpu, binding } : undefined;
}

let loaded: NativeBinding | undefined;

/** Loads the binding once a process; `threads` counts for its first session alone. */
export function loadBinding(at: Installation, threads: number | undefined): NativeBinding {
  if (loaded !== undefined) return loaded;
  // Read by the library when it loads; what goes wrong comes as exceptions.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // Else the larger of a number and NaN would be the number.
  process.env.XLA_FLAGS = `--xla_cpu_enable_fast_min_max=false ${process.env.XLA_FLAGS ?? ''}`.trim();
  if (threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS = String(threads);
    process.env.TF_NUM_INTEROP_THREADS = String(threads);
  }
  try {
    loaded = createRequire(import.meta.url)(join(at.folder, at.binding)) as NativeBinding;
  } catch (e) {
    throw new EngineFailure('load', whyNotLoaded(e));
  }
  return loaded;
}
