// Random bits from counters: the same bits on every engine, and for a seed, a step and an identity always the same.

import type { Dim } from '../base/dim.ts';
import { fault } from '../ir/builder.ts';
import { defineOp } from './define.ts';
import { notDifferentiable } from './gradient-rules.ts';
import { noKeeps } from './keep-rules.ts';
import { i32 } from './sample-inputs.ts';
import { showType, sizeOf, takes } from './shape-rules.ts';

type RandomBitsAttrs = { readonly shape: readonly Dim[]; readonly identity: number };

export const random_bits = defineOp<RandomBitsAttrs>({
  name: 'random_bits',
  kind: 'core',
  doc: 'mix(i · 0x9E3779B1 ^ mix(seed ^ mix(step ^ identity))) at flat position i, mix being MurmurHash3’s finalizer',
  shape: q => {
    const inputs = takes('random_bits', q, 2);
    if (inputs.some(t => t.dtype !== 'i32' || t.shape.length > 0))
      fault(`random_bits takes a seed and a step, i32 scalars; got ${inputs.map(showType).join(' and ')}`);
    return [q.attrs.shape];
  },
  dtype: () => ['i32'],
  keep: () => noKeeps(1),
  dependence: () => [{ kind: 'all' }, { kind: 'all' }],
  grad: notDifferentiable('random bits have no gradient'),
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [seed, step] = [q.inputs[0]!.data[0]!, q.inputs[1]!.data[0]!];
    const key = mixBits(seed ^ mixBits(step ^ q.attrs.identity));
    for (let i = 0; i < out.data.length; i++) out.data[i] = mixBits(Math.imul(i, 0x9e3779b1) ^ key);
    return [out];
  },
  samples: () => {
    const at = (seed: number, step: number) => [i32([], { values: [seed] }), i32([], { values: [step] })];
    return [
      { name: 'matrix', inputs: at(1, 2), attrs: { shape: [3, 4], identity: 77 } },
      { name: 'negative seed, first step', inputs: at(-5, 1), attrs: { shape: [5], identity: -123456789 } },
    ];
  },
  flops: q => 8 * sizeOf(q.outputs[0]!),
});

/** MurmurHash3's 32-bit finalizer (Appleby, public domain): every bit of the input stirs every bit of the output. */
export function mixBits(bits: number): number {
  let x = bits | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return x;
}
