// What the training thread and the batch worker say to each other.

import type { HostTensor } from '../../base/tensor.ts';
import type { BatchSpec } from '../../compiler/program.ts';
import type { PreparedSplit } from '../prepare.ts';

/** All that a worker needs; pictures are in shared memory, so they aren't copied. */
export interface WorkerStart {
  readonly batch: BatchSpec;
  readonly split: PreparedSplit;
  /** Modality → tokenizer.json and the spec's vocabulary. */
  readonly tokenizers: readonly (readonly [name: string, json: string])[];
  readonly seed: number;
}

export interface WorkerRequest {
  readonly step: number;
}

export type WorkerReply =
  | {
      readonly kind: 'batch';
      readonly step: number;
      readonly feeds: readonly (readonly [string, HostTensor])[];
      readonly rows: number;
      readonly ids: readonly string[];
    }
  | { readonly kind: 'failed'; readonly step: number; readonly problem: string };
