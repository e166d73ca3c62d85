// What this engine can't run.

import type { Refusal } from '../engine.ts';
import { heldAs, writtenOut } from '../refused.ts';

export const refusals: readonly Refusal[] = [
  {
    what: 'feeds, fetches, weights and states in f16 or bf16',
    because: 'the binding hands over f32, i32 and bool',
    instead: 'keep them in f32; --precision bf16 makes products narrow inside',
    find: heldAs(['f16', 'bf16']),
  },
  {
    what: 'more than 2 GB of constants',
    because: 'a SavedModel is one protobuf message, which holds no more',
    instead: 'make the table a weight, or feed it',
    find: writtenOut,
  },
];
