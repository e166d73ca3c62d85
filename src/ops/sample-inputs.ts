// Short forms for the samples of ops.

import type { DType } from '../base/dtype.ts';
import type { SampleInput } from '../ir/op.ts';

interface SampleValues {
  readonly low?: number;
  readonly high?: number;
  readonly values?: readonly number[];
}

const sample =
  (dtype: DType) =>
  (shape: readonly number[], values: SampleValues = {}): SampleInput => ({
    type: { dtype, shape },
    ...values,
  });

/** Floats from −1 to 1 unless told otherwise. */
export const f32 = sample('f32');
/** Integers from 0 below `high`. */
export const i32 = sample('i32');
/** Fair coins. */
export const bool = sample('bool');
