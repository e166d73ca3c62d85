// What a benchmark is: our side as a function that runs steps, and a PyTorch twin fed with the same tensors.

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

/** Our side, and what the twin starts from. */
export interface Start {
  readonly ours: Side;
  /** Our initial weights and our batches. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** What the twin must know besides: JSON. */
  readonly settings: unknown;
}

export interface Benchmark {
  readonly name: string;
  readonly engine: string;
  readonly samplesPerStep: number;
  /** The module under bench/torch whose `build(tensors, settings)` gives a step function. */
  readonly twin: string;
  /** `timed` false: the same model without random draws, whose losses must agree. `here` is the bench folder. */
  readonly start: (options: {
    readonly here: string;
    readonly threads: number;
    readonly timed: boolean;
  }) => Promise<Start>;
}

export type Outcome =
  | {
      readonly name: string;
      readonly engine: string;
      readonly peer: string;
      /** Our samples per second ÷ the peer's. */
      readonly ratio: number;
      readonly samplesPerSecond: number;
      readonly peerSamplesPerSecond: number;
      readonly secondsPerStep: number;
      readonly peerSecondsPerStep: number;
      readonly steps: number;
      readonly threads: number;
      /** The largest relative difference of two losses at the same step, without random draws. */
      readonly lossDifference: number;
    }
  | {
      readonly name: string;
      readonly engine: string;
      readonly peer: string;
      readonly ratio: null;
      readonly skipped: string;
      readonly samplesPerSecond: number;
      readonly secondsPerStep: number;
      readonly threads: number;
    };
