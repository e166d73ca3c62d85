// The narrow interface of every engine. An engine owns weights, states and moments between runs; the loop reads and
// writes them as named tensors and doesn't know which engine it has.

import type { HostTensor } from '../base/tensor.ts';
import type { Plan, Target } from '../compiler/plan.ts';

export interface EngineOptions {
  /** Threads of one run; the engine's own default if absent. */
  readonly threads?: number;
}

export interface EngineStatus {
  readonly ready: boolean;
  readonly version: string | undefined;
  /** What it is for, in one line. */
  readonly about: string;
  /** The command that adds it, where it isn't ready. */
  readonly add: string | undefined;
}

export interface Engine {
  readonly name: string;
  readonly target: Target;
  status(): Promise<EngineStatus>;
  /** Entries that share one set of weights, states and moments. */
  open(entries: ReadonlyMap<string, Plan>, options: EngineOptions): Promise<Session>;
}

export interface Session {
  /** Runs one entry: feeds and scalars in, fetches out; `next` outputs replace the inputs of their names. */
  run(entry: string, feeds: ReadonlyMap<string, HostTensor>): Promise<ReadonlyMap<string, HostTensor>>;
  /** Sets weights, states and moments by name; a name that no entry has is an error. */
  write(tensors: ReadonlyMap<string, HostTensor>): Promise<void>;
  /** Copies of weights, states and moments. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, HostTensor>>;
  close(): Promise<void>;
}
