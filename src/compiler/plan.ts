// What an engine is given: a graph with static shapes and where each value lives and how long.

import type { FloatDType } from '../base/dtype.ts';
import type { Graph, ValueId } from '../ir/graph.ts';

/** One piece of memory, reused by values whose lifetimes don't overlap. */
export interface Buffer {
  readonly id: number;
  readonly bytes: number;
}

export interface Plan {
  readonly graph: Graph;
  readonly buffers: readonly Buffer[];
  /** The buffer of each value; inputs and constants have none. */
  readonly bufferOf: ReadonlyMap<ValueId, number>;
  /** For each node, the values that nothing reads after it. */
  readonly releases: readonly (readonly ValueId[])[];
  /**
   * The most bytes in use at once: weights, states, moments (twice where an engine alternates), feeds and values, by
   * the target's measure.
   */
  readonly peakBytes: number;
  /** What passes fused, where that is asked for. */
  readonly fusions: readonly Fusion[];
  /** Passes that are left out, by name: those of the engine's own are asked for here. */
  readonly without?: ReadonlySet<string>;
}

export interface Fusion {
  readonly kind: string;
  readonly count: number;
  /** Kernels that all of them would be, each op by itself. */
  readonly operations: number;
  readonly kernelsSaved: number;
  readonly bytesSaved: number;
  readonly from: readonly { readonly file: string; readonly line: number }[];
}

/** What every pass tells of itself. */
export interface PassName {
  readonly name: string;
  /** Its equation, or why the graph computes the same afterwards. */
  readonly because: string;
}

/** A pass of one engine alone. */
export interface EnginePass extends PassName {
  /** Run after the last pass of the compiler's; absent where the engine does it when it opens a plan. */
  readonly run?: (graph: Graph) => Graph;
}

/** What an engine runs at once, as one kernel. */
export interface RunUnit {
  /** One node, several that are compiled together, or all that gives weights, states and moments their next values. */
  readonly kind: 'kernel' | 'cluster' | 'update';
  readonly nodes: readonly number[];
  /** Values of others that it reads, and those that it leaves in memory for others. */
  readonly reads: readonly ValueId[];
  readonly makes: readonly ValueId[];
}

/** What a pass may know of the engine it compiles for. */
export interface Target {
  readonly engine: string;
  /** Passes of its own. */
  readonly passes?: readonly EnginePass[];
  /** Composite ops that this engine runs whole; the others are decomposed before scheduling. */
  readonly composites: ReadonlySet<string>;
  /** Precisions in which this engine trains; f32 alone where absent. */
  readonly precisions?: readonly FloatDType[];
  /** How many kernels this engine runs for each node of a graph; one for each where absent. */
  readonly kernels?: (graph: Graph) => readonly number[];
  /** What it runs at once, in order; every node by itself where absent. Nodes in no unit are made where they are read. */
  readonly units?: (graph: Graph, without: ReadonlySet<string>) => readonly RunUnit[];
  /** Ops whose result may lie where an input lay that nothing reads any more. */
  readonly inPlace?: ReadonlySet<string>;
  /** One wide product is faster than several, even where their weights must be joined in each step. */
  readonly packs?: true;
  /** The engine keeps two sets of weights, states and moments and alternates. */
  readonly alternates: boolean;
  /** What the engine really takes: so many bytes for each byte of values alive at once, and so many besides. */
  readonly memory?: { readonly perByte: number; readonly fixed: number };
}
