// dot_general as one matrix product.

import { input, inputType, intsAttr } from '../node-query.ts';
import type { Emit } from './emit.ts';
import type { Operand } from './matmul.ts';
import { contraction } from './matmul.ts';

const dotGeneral: Emit = q => {
  const operand = (i: number, batch: readonly number[], contract: readonly number[]): Operand => {
    const { shape } = inputType(q, i);
    const free = shape
      .map((_, axis) => axis)
      .filter(axis => !batch.includes(axis) && !contract.includes(axis));
    return { name: input(q, i), shape, batch, free, contract };
  };
  const a = operand(0, intsAttr(q, 'lhsBatch'), intsAttr(q, 'lhsContract'));
  const b = operand(1, intsAttr(q, 'rhsBatch'), intsAttr(q, 'rhsContract'));
  return [contraction(q.w, a, b)];
};

export const products = { dot_general: dotGeneral } as const satisfies Readonly<Record<string, Emit>>;
