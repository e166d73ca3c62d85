// Checkpoints: `last` holds all that a resumed run needs to go on with the same bits (weights, states, moments, the
// step, where the data stands, the best so far); `best` holds weights and states. One safetensors file is the whole
// truth, so it is written whole or not at all; the .json beside it repeats its metadata for people.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { HostTensor } from '../base/tensor.ts';
import { writeWhole } from './atomic-file.ts';
import { failure } from './diagnostics.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

export interface BestSoFar {
  readonly metric: string;
  readonly value: number;
  readonly step: number;
}

export interface CheckpointInfo {
  readonly stage: string;
  readonly step: number;
  readonly steps: number;
  readonly fingerprint: string;
  /** For each batch of the train entry, where its stream stands, as the data room said it. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly best: BestSoFar | undefined;
}

export interface Checkpoint {
  readonly info: CheckpointInfo;
  /** The lock of the model as it was trained, as text; runs of before there were locks have none. */
  readonly lock?: string | undefined;
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** sha256 over names, dtypes, shapes and bytes, in order of name. */
export function hashTensors(tensors: ReadonlyMap<string, HostTensor>): string {
  const hash = createHash('sha256');
  for (const [name, { dtype, shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** Keys in one order, so that equal checkpoints are equal files. */
function ordered(info: CheckpointInfo): CheckpointInfo {
  const { stage, step, steps, fingerprint, data, best } = info;
  return { stage, step, steps, fingerprint, data, best };
}

export function writeCheckpoint(path: string, { info, lock, tensors }: Checkpoint): void {
  const text = JSON.stringify(ordered(info));
  const sha256 = hashTensors(tensors);
  const metadata = new Map([
    ['mmlang', text],
    ['sha256', sha256],
    ...(lock === undefined ? [] : [['lock', lock] as const]),
  ]);
  writeSafetensors(path, { tensors, metadata });
  const beside = { ...ordered(info), sha256 };
  writeWhole(path.replace(/\.safetensors$/, '.json'), [`${JSON.stringify(beside, null, 2)}\n`]);
}

/** undefined where there is none yet. What isn't bit for bit as it was written is refused. */
export function readCheckpoint(path: string): Checkpoint | undefined {
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = readSafetensors(path);
  const sha256 = metadata.get('sha256');
  if (sha256 !== undefined && sha256 !== hashTensors(tensors))
    throw failure('broken-file', { path, why: 'its numbers are not those that were written' });
  return { info: parseInfo(path, metadata.get('mmlang')), tensors };
}

/** What the metadata of a checkpoint says of itself. */
export function parseInfo(path: string, text: string | undefined): CheckpointInfo {
  const damaged = (why: string) => failure('broken-file', { path, why });
  if (text === undefined) throw damaged('it says nothing of the run it belongs to');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's wording would not help: the metadata is ours, and it isn't what we wrote.
    throw damaged('its metadata is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw damaged('its metadata is not an object');
  const { stage, step, steps, fingerprint, data, best } = value as Partial<
    Record<keyof CheckpointInfo, unknown>
  >;
  if (
    typeof stage !== 'string' ||
    typeof fingerprint !== 'string' ||
    !isCount(step) ||
    !isCount(steps) ||
    step > steps ||
    typeof data !== 'object' ||
    data === null
  )
    throw damaged('its metadata lacks the stage, the step or the state of the data');
  return { stage, step, steps, fingerprint, data: data as CheckpointInfo['data'], best: parseBest(best) };
}

const isCount = (v: unknown): v is number => Number.isSafeInteger(v) && Number(v) >= 0;

function parseBest(value: unknown): BestSoFar | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { metric, value: score, step } = value as Partial<Record<keyof BestSoFar, unknown>>;
  if (typeof metric !== 'string' || typeof score !== 'number' || !isCount(step)) return undefined;
  return { metric, value: score, step };
}

/** Every named tensor must be there with its dtype and shape; which ones aren't is told by name. */
export function requireTensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  wanted: Iterable<{ readonly name: string; readonly dtype: string; readonly shape: readonly number[] }>,
): Map<string, HostTensor> {
  const found = new Map<string, HostTensor>();
  for (const { name, dtype, shape } of wanted) {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw failure('checkpoint-misfits', { path, weight: name, why: 'is not in it' });
    if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join())
      throw failure('checkpoint-misfits', {
        path,
        weight: name,
        why: `is ${tensor.dtype}[${tensor.shape.join(', ')}] in it and ${dtype}[${shape.join(', ')}] in the model`,
      });
    found.set(name, tensor);
  }
  return found;
}
