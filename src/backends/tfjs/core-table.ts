// One rule for every core op; the type makes a missing one an error.

import type { CoreOp } from '../../ops/core.ts';
import type { Run } from './run.ts';
import { convolutions } from './run-convolution.ts';
import { products } from './run-dot.ts';
import { elementwise } from './run-elementwise.ts';
import { shaping } from './run-shape.ts';

export const coreRun: { readonly [K in CoreOp]: Run } = {
  ...elementwise,
  ...shaping,
  ...products,
  ...convolutions,
  reduce_sum: q => q.k.own('reduce_sum', q),
  reduce_max: q => q.k.own('reduce_max', q),
  argmax: q => q.k.own('argmax', q),
  top_k: q => q.k.own('top_k', q),
  gather: q => q.k.own('gather', q),
  scatter_add: q => q.k.own('scatter_add', q),
  take_along: q => q.k.own('take_along', q),
  random_bits: q => q.k.own('random_bits', q),
};
