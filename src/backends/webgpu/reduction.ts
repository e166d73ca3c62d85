// What a reduction starts with and how it takes in a number, by element type.

import type { DType } from '../../base/dtype.ts';
import { literalOf } from './kernel.ts';

export interface Reduction {
  readonly name: string;
  readonly start: (dtype: DType) => string;
  readonly fold: (dtype: DType, a: string, b: string) => string;
}

export const reductions = {
  sum: {
    name: 'sum',
    start: dtype => (dtype === 'i32' ? '0' : '0.0'),
    fold: (_, a, b) => `${a} + ${b}`,
  },
  max: {
    name: 'max',
    start: dtype =>
      literalOf(dtype === 'i32' ? -2147483648 : Number.NEGATIVE_INFINITY, dtype === 'i32' ? 'i32' : 'f32'),
    fold: (dtype, a, b) => (dtype === 'i32' ? `max(${a}, ${b})` : `larger(${a}, ${b})`),
  },
} as const satisfies Readonly<Record<string, Reduction>>;
