// Weights of a lock as types.

import type { DType } from '../base/dtype.ts';
import type { ModelLock } from './lock.ts';
import type { WeightType, WeightTypes } from './migration-step.ts';

export function weightTypes({ weights }: Pick<ModelLock, 'weights'>): WeightTypes {
  return new Map([...weights].map(([path, { kind, type }]) => [path, { kind, ...typeOf(type) }] as const));
}

/** `f32[300, 64]` */
function typeOf(text: string): Omit<WeightType, 'kind'> {
  const match = /^(f32|f16|bf16|i32|bool)\[([\d, ]*)\]$/.exec(text);
  if (match === null) throw new Error(`no type of a weight: ${text}`);
  const shape = match[2] === '' ? [] : match[2]!.split(',').map(Number);
  return { dtype: match[1] as DType, shape };
}
