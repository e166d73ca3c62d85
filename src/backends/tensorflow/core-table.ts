// One rule for every core op; the type makes a missing one an error.

import type { CoreOp } from '../../ops/core.ts';
import type { Emit } from './emit.ts';
import { convolutions } from './emit-convolution.ts';
import { products } from './emit-dot.ts';
import { elementwise } from './emit-elementwise.ts';
import { indexing } from './emit-index.ts';
import { reductions } from './emit-reduce.ts';
import { shaping } from './emit-shape.ts';

export const coreEmit: { readonly [K in CoreOp]: Emit } = {
  ...elementwise,
  ...shaping,
  ...reductions,
  ...products,
  ...convolutions,
  ...indexing,
};
