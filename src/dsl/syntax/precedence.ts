// How tight operators bind, for reading and for printing.

import type { BinaryOp } from './ast.ts';

export const precedence: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  '==': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '..': 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  '//': 7,
  '%': 7,
  '@': 7,
  '^': 9,
};
/** `not` binds tighter than `and`, looser than comparisons. */
export const notLevel = 3;
/** The level of comparisons, which don't chain. */
export const comparison = 4;
/** The sign binds tighter than `*`, looser than `^`. */
export const signLevel = 8;
