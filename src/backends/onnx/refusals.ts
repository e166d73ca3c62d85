// What this engine can't run.

import type { Refusal } from '../engine.ts';
import { heldAs, writtenOut } from '../refused.ts';

export const refusals: readonly Refusal[] = [
  {
    what: 'feeds, fetches, weights and states in bf16',
    because: 'onnxruntime-node has no tensors of bf16',
    instead: 'keep them in f32',
    find: heldAs(['bf16']),
  },
  {
    what: 'more than 2 GB of constants',
    because: 'an ONNX model is one protobuf message, which holds no more',
    instead: 'make the table a weight, or feed it',
    find: writtenOut,
  },
];
