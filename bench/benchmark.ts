// What a benchmark is: our side as a function that runs steps, and twins in other libraries fed with the same tensors.

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

/** Of a process, in bytes. */
export interface Memory {
  /** The most that it held at once since its weights were there. */
  readonly peak: number;
  /** What it held when its library was loaded and had done a little. */
  readonly idle: number;
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
  /** The peak of the plan's memory. */
  readonly plannedBytes: number;
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

/** A library and how it runs a twin; bf16 of PyTorch is autocast. ONNX Runtime runs what nothing is trained in. */
export type Peer =
  | `pytorch ${'eager' | 'compile'} ${'f32' | 'bf16'}`
  | 'jax jit f32'
  | 'onnxruntime session f32';

/** What our side is told. */
export interface OurChoice {
  /** Of the benchmark. */
  readonly name: string;
  readonly engine: string;
  readonly threads: number;
  readonly small: boolean;
  /** false: without random draws. */
  readonly timed: boolean;
  /** Bytes that a train step may take, as `mm train --memory`; where that is too little, the least there is. */
  readonly memory?: number | undefined;
}

export interface Benchmark {
  readonly name: string;
  readonly samplesPerStep: number;
  /** The module under bench/torch (and bench/jax) whose `build(tensors, settings)` gives a step function. */
  readonly twin: string;
  /** Of our matrix products. */
  readonly precision: FloatDType;
  readonly peers: readonly Peer[];
  /** Why it has no peer. */
  readonly alone?: string;
  /** The step draws random numbers, which differ on the two sides: losses are compared without. */
  readonly draws: boolean;
  /** `here` is the bench folder. `small`: a small form of it; where it has none, as it is. */
  readonly start: (
    options: Omit<OurChoice, 'name' | 'engine'> & { readonly here: string; readonly engine: Engine },
  ) => Promise<Start>;
}

/** What is known of our side, with or without a peer. */
interface Ours extends Built {
  readonly name: string;
  readonly engine: string;
  readonly precision: FloatDType;
  readonly threads: number;
  /** Timed, of each side. */
  readonly steps: number;
  readonly samplesPerSecond: number;
  /** The median. */
  readonly secondsPerStep: number;
  /** The very first step: what it compiles, allocates and warms up. */
  readonly firstStepSeconds: number;
  /** The limit that was asked for. */
  readonly memoryLimit: number | null;
  /** The most that the process held at once while it ran steps, the engine's library included. */
  readonly memoryBytes: number | null;
  /** Of that, what the process with its engine loaded held before. */
  readonly idleBytes: number | null;
}

export type Outcome =
  | (Ours & {
      readonly peer: string;
      /** Our samples per second ÷ the peer's. */
      readonly ratio: number;
      /** Our memoryBytes ÷ the peer's. */
      readonly memoryRatio: number | null;
      /** The same of memoryBytes − idleBytes. */
      readonly growthRatio: number | null;
      readonly peerSamplesPerSecond: number;
      readonly peerSecondsPerStep: number;
      readonly peerFirstStepSeconds: number;
      readonly peerMemoryBytes: number | null;
      readonly peerIdleBytes: number | null;
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
      readonly growthRatio: null;
      readonly skipped: string;
    });
