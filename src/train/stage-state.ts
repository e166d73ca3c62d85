// The tensors of a stage: what they start from, and what checkpoints make of them.

import type { Session } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { StageProgram, WeightSpec } from '../compiler/program.ts';
import type { BestSoFar, Checkpoint, CheckpointInfo } from './checkpoint.ts';
import { readCheckpoint, requireTensors, writeCheckpoint } from './checkpoint.ts';
import { failure } from './diagnostics.ts';
import type { Held } from './held.ts';
import { allocate } from './host-tensor.ts';
import { initialTensor } from './initialize.ts';
import { stepsOf } from './rounds.ts';
import type { StageFolder } from './run-folder.ts';

export interface StageState {
  readonly step: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly best: BestSoFar | undefined;
  /** For the engine. */
  readonly held: ReadonlyMap<string, HostTensor>;
  /** Weights that this stage's entries don't read: they pass on to later stages and exports as they are. */
  readonly carried: ReadonlyMap<string, HostTensor>;
}

export interface StateOptions {
  readonly program: StageProgram;
  readonly folder: StageFolder;
  readonly seed: number;
  readonly fingerprint: string;
  /** Of the model as it is trained: goes into every checkpoint. */
  readonly lock?: string | undefined;
  readonly start: ReadonlyMap<string, HostTensor>;
}

/** The last checkpoint, or where the stage has none its start: given weights, fresh ones, moments of 0. */
export function openState(options: StateOptions, held: readonly Held[]): StageState {
  return resumed(options, held) ?? started(options, held);
}

function started({ program, seed, start }: StateOptions, held: readonly Held[]): StageState {
  const specs = new Map(program.weights.map(w => [w.path, w]));
  const given = requireTensors(
    `the stage ${program.from ?? ''}`,
    start,
    program.weights.filter(w => start.has(w.path)).map(w => ({ ...w, name: w.path })),
  );
  // A copy that is new here starts from what was trained before, not from where that once started.
  const fresh = (spec: WeightSpec): HostTensor =>
    start.get(spec.follows?.path ?? spec.path) ?? initialTensor(spec, seed);
  const tensors = new Map<string, HostTensor>();
  for (const { name, role, dtype, shape } of held) {
    const spec = specs.get(name);
    if (role === 'moment') tensors.set(name, allocate(dtype, shape));
    else if (spec === undefined) throw new Error(`stage ${program.stage} says nothing of the weight ${name}`);
    else tensors.set(name, given.get(name) ?? fresh(spec));
  }
  const carried = new Map([...start].filter(([name]) => !tensors.has(name)));
  for (const spec of program.weights)
    if (!tensors.has(spec.path) && !carried.has(spec.path)) carried.set(spec.path, fresh(spec));
  return { step: 0, data: {}, best: undefined, held: tensors, carried };
}

function resumed(options: StateOptions, held: readonly Held[]): StageState | undefined {
  const { folder, program, fingerprint } = options;
  const checkpoint = readCheckpoint(folder.last);
  if (checkpoint === undefined) return undefined;
  const { info } = checkpoint;
  if (info.fingerprint !== fingerprint || info.stage !== program.stage || info.steps !== stepsOf(program))
    throw failure('broken-file', { path: folder.last, why: 'it belongs to another run or stage' });
  const tensors = requireTensors(folder.last, checkpoint.tensors, held);
  const carried = new Map([...checkpoint.tensors].filter(([name]) => !tensors.has(name)));
  return { step: info.step, data: info.data, best: info.best, held: tensors, carried };
}

/** Reads what the engine holds and writes `last`, or without the moments `best`. */
export async function saveState(
  which: 'last' | 'best',
  session: Session,
  { folder, program, fingerprint, lock }: StateOptions,
  held: readonly Held[],
  state: Omit<StageState, 'held'>,
): Promise<void> {
  const kept = which === 'last' ? held : held.filter(h => h.role !== 'moment');
  const read = await session.read(kept.map(h => h.name));
  const info: CheckpointInfo = {
    stage: program.stage,
    step: state.step,
    steps: stepsOf(program),
    fingerprint,
    data: which === 'last' ? state.data : {},
    best: state.best,
  };
  const checkpoint: Checkpoint = { info, lock, tensors: new Map([...state.carried, ...read]) };
  writeCheckpoint(folder[which], checkpoint);
}
