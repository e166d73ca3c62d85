// The narrow interface of every engine. An engine owns weights, states and moments between runs; the loop reads and
// writes them as named tensors and doesn't know which engine it has.

import type { Span } from '../base/span.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Plan, Target } from '../compiler/plan.ts';

export interface EngineOptions {
  /** Threads of one run; the engine's own default if absent. */
  readonly threads?: number;
  /** Sessions time every node, which costs a little, and have `profile`. */
  readonly profile?: boolean;
}

/** What the nodes of an entry's graph took in one run: medians over its runs, the first left out. */
export interface NodeTimes {
  /** Seconds by node; 0 for one that the engine did away with. */
  readonly seconds: readonly number[];
  /** Seconds of the run that belong to no node. */
  readonly between: number;
  /** Kernels that one run started. */
  readonly kernels: number;
}

export interface EngineStatus {
  readonly ready: boolean;
  readonly version: string | undefined;
  /** What it is for, in one line. */
  readonly about: string;
  /** The command that adds it, where it isn't ready. */
  readonly add: string | undefined;
}

/** What an engine can't run, told before anything runs. */
export interface Refusal {
  readonly what: string;
  readonly because: string;
  /** The way out. */
  readonly instead: string;
  /** Where a plan asks for it. */
  readonly find: (plan: Plan) => readonly Refused[];
}

export interface Refused {
  /** The weight, feed or op that it concerns. */
  readonly name: string;
  readonly span: Span | undefined;
}

/** An engine gave up: its native library doesn't load, memory is exhausted, or a run failed. */
export class EngineFailure extends Error {
  readonly reason: 'load' | 'memory' | 'run';
  /** The op of the spec's line where it happened, if that is known. */
  readonly at: Refused | undefined;
  constructor(reason: EngineFailure['reason'], message: string, at?: Refused) {
    super(message);
    this.name = 'EngineFailure';
    this.reason = reason;
    this.at = at;
  }
}

export interface Engine {
  readonly name: string;
  /** What it refuses; nothing where absent. */
  readonly refusals?: readonly Refusal[];
  readonly target: Target;
  /** Sessions can tell what each node takes. */
  readonly profiles?: boolean;
  status(): Promise<EngineStatus>;
  /** What it makes do with on this machine, such as a CPU in the place of a GPU; looking may take seconds. */
  makesDo?(): Promise<string | undefined>;
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
  /** Of a session opened with `profile`, on engines that can tell; ends the measuring of that entry. */
  profile?(entry: string): Promise<NodeTimes>;
  close(): Promise<void>;
}
