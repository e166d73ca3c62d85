// The composites that this engine runs whole, each by kernels of its own; the others are decomposed before.

import type { compositeOps } from '../../ops/composite.ts';
import type { KernelRule } from './kernel.ts';

export type CompositeOp = keyof typeof compositeOps;

export const compositeKernels: Readonly<Partial<Record<CompositeOp, KernelRule>>> = {};
