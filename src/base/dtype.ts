// Element types of tensors.

export type FloatDType = 'f32' | 'f16' | 'bf16';
export type DType = FloatDType | 'i32' | 'bool';

export const dtypeBytes: Readonly<Record<DType, number>> = { f32: 4, f16: 2, bf16: 2, i32: 4, bool: 1 };

/** What `--precision` takes. */
export const precisions: readonly FloatDType[] = ['f32', 'bf16', 'f16'];

export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === 'f32' || dtype === 'f16' || dtype === 'bf16';
}
