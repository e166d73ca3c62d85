// What this engine can't run.

import type { Refusal } from '../engine.ts';
import { computedAs } from '../refused.ts';

export const refusals: readonly Refusal[] = [
  {
    what: 'values in f16 or bf16',
    because: 'its kernels compute in f32, i32 and bool',
    instead: 'leave --precision out, and keep weights in f32',
    find: computedAs(['f16', 'bf16']),
  },
];
