// What a benchmark is: our side as a function that runs steps, and a PyTorch twin fed with the same tensors.

import type { Engine } from '../src/backends/engine.ts';
import type { FloatDType } from '../src/base/dtype.ts';
import type { HostTensor } from '../src/base/tensor.ts';

/** Seconds and loss of each step. */
export interface Steps {
  readonly seconds: readonly number[];
  readonly losses: readonly number[];
}

export interface Side {
  run(steps: number): Promise<Steps>;
  close(): Promise<void>;
}

/** A side in a process of its own. */
export interface PeerSide extends Side {
  /** By how many bytes the process grew at most since its library was loaded; undefined where the system doesn't say. */
  memory(): Promise<number | undefined>;
}

/** What was made before the first step. */
export interface Built {
  /** From the spec's text to the plan. */
  readonly compileSeconds: number;
  /** The engine's own. */
  readonly engineSeconds: number;
  readonly kernels: number;
  /** Read and written by a step's kernels. */
  readonly bytes: number;
  readonly plannedBytes: number;
  /** Bytes in memory before the engine was opened. */
  readonly baseline: number;
}

/** Our side, and what the twin starts from. */
export interface Start {
  readonly ours: Side;
  /** Our initial weights and our batches. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** What the twin must know besides: JSON. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly built: Built;
}

/** How PyTorch runs a twin; bf16 is autocast. */
export type PeerMode = `${'eager' | 'compile'} ${'f32' | 'bf16'}`;

export interface Benchmark {
  readonly name: string;
  readonly samplesPerStep: number;
  /** The module under bench/torch whose `build(tensors, settings)` gives a step function. */
  readonly twin: string;
  /** Of our matrix products. */
  readonly precision: FloatDType;
  readonly peers: readonly PeerMode[];
  /** The step draws random numbers, which differ on the two sides: losses are compared without. */
  readonly draws: boolean;
  /** `timed` false: without random draws. `here` is the bench folder. */
  readonly start: (options: {
    readonly here: string;
    readonly engine: Engine;
    readonly threads: number;
    readonly timed: boolean;
    /** A small form of it, to see that the sides agree; where it has none, as it is. */
    readonly small: boolean;
  }) => Promise<Start>;
}

/** What is known of our side, with or without a peer. */
interface Ours extends Omit<Built, 'baseline'> {
  readonly name: string;
  readonly engine: string;
  readonly precision: FloatDType;
  readonly threads: number;
  /** Timed, of each side. */
  readonly steps: number;
  readonly samplesPerSecond: number;
  readonly secondsPerStep: number;
  /** The very first step: what it compiles, allocates and warms up. */
  readonly firstStepSeconds: number;
  readonly memoryBytes: number;
}

export type Outcome =
  | (Ours & {
      readonly peer: string;
      /** Our samples per second ÷ the peer's. */
      readonly ratio: number;
      /** Our memory ÷ the peer's. */
      readonly memoryRatio: number | null;
      readonly peerSamplesPerSecond: number;
      readonly peerSecondsPerStep: number;
      readonly peerFirstStepSeconds: number;
      readonly peerMemoryBytes: number | null;
      /** The largest relative difference of two losses at the same step, without random draws; and over how many. */
      readonly lossDifference: number;
      readonly comparedSteps: number;
      /** Whether that is below a thousandth; of f32 beside f32 alone. */
      readonly agrees: boolean | null;
    })
  | (Ours & {
      readonly peer: string;
      readonly ratio: null;
      readonly memoryRatio: null;
      readonly skipped: string;
    });
