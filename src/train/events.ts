// What a training reports while it goes, in order.

import type { Diagnostic } from '../base/diagnostic.ts';
import type { MemoryNote } from '../compiler/program.ts';
import type { Measured } from './measure.ts';
import type { StageReport } from './report.ts';
import type { RunSettings } from './run-settings.ts';

export type TrainEvent =
  | {
      readonly kind: 'stage';
      readonly stage: string;
      /** Steps already done: more than 0 on a resume. */
      readonly step: number;
      readonly steps: number;
      /** Examples of a step, over all its batches; of fits with batches of several sizes their mean. */
      readonly rows: number;
    }
  | {
      readonly kind: 'step';
      readonly stage: string;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly rate: number;
      readonly gradient_norm?: number;
      readonly loss_scale?: number;
      readonly samplesPerSecond: number;
    }
  | {
      readonly kind: 'fit';
      readonly stage: string;
      /** What is fitted. */
      readonly fit: string;
      readonly step: number;
      readonly steps: number;
      readonly change: number;
      readonly samplesPerSecond: number;
    }
  | { readonly kind: 'evaluated'; readonly stage: string; readonly step: number; readonly measured: Measured }
  | { readonly kind: 'checkpoint'; readonly stage: string; readonly step: number; readonly path: string }
  | { readonly kind: 'note'; readonly diagnostic: Diagnostic };

export interface StageMemory {
  readonly stage: string;
  readonly note: MemoryNote;
}

/** What a whole training reports: its run, its data, its stages, what came out. */
export type RunEvent =
  | TrainEvent
  | {
      readonly kind: 'run';
      readonly dir: string;
      readonly settings: RunSettings;
      readonly resumed: boolean;
      /** Of the stages that are given a limit. */
      readonly memory: readonly StageMemory[];
    }
  | { readonly kind: 'data'; readonly split: string; readonly done: number; readonly total: number }
  | { readonly kind: 'reporting'; readonly stage: string }
  | { readonly kind: 'report'; readonly report: StageReport; readonly page: string | undefined };
