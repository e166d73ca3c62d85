// What a benchmark is: our side as a function that runs steps, and a PyTorch twin fed with the same tensors.

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

/** Our side, and what the twin starts from. */
export interface Start {
  readonly ours: Side;
  /** Our initial weights and our batches. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** What the twin must know besides: JSON. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export type PeerMode = `${'eager' | 'compile'} ${'f32' | 'bf16'}`;

export interface Benchmark {
  readonly name: string;
  readonly engine: string;
  readonly samplesPerStep: number;
  /** The module under bench/torch whose `build(tensors, settings)` gives a step function. */
  readonly twin: string;
  /** Of our matrix products. */
  readonly precision: FloatDType;
  /** How PyTorch runs the twin, `eager` or `compile` and `f32` or `bf16` (autocast): the fastest is the peer. */
  readonly peers: readonly PeerMode[];
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
      readonly precision: FloatDType;
      readonly peer: string;
      /** Our samples per second ÷ the peer's. */
      readonly ratio: number;
      readonly samplesPerSecond: number;
      readonly peerSamplesPerSecond: number;
      readonly secondsPerStep: number;
      readonly peerSecondsPerStep: number;
      readonly steps: number;
      readonly threads: number;
      /** Seconds of a step by how PyTorch runs it; undefined where it doesn't. */
      readonly peers: Readonly<Partial<Record<PeerMode, number>>>;
      /** The largest relative difference to a loss of PyTorch's at the same step in eager f32, without random draws. */
      readonly lossDifference: number;
    }
  | {
      readonly name: string;
      readonly engine: string;
      readonly precision: FloatDType;
      readonly peer: string;
      readonly ratio: null;
      readonly skipped: string;
      readonly samplesPerSecond: number;
      readonly secondsPerStep: number;
      readonly threads: number;
    };
