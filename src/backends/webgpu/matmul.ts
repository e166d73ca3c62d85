// dot_general over axes of any order, read where they lie, and linear with its bias and activation.

import { input, inputType, intsAttr, product, textAttr } from '../node-query.ts';
import { bindings } from './bindings.ts';
import type { KernelRule } from './kernel.ts';
import { type Operand, productKernels } from './product.ts';
import { axesOf, offsetAt, stepOf } from './strides.ts';

const sizeOf = (shape: readonly number[], axes: readonly number[]): number =>
  product(axes.map(a => shape[a]!));

export const dotGeneral: KernelRule = q => {
  const [lhs, rhs] = [inputType(q, 0).shape, inputType(q, 1).shape];
  const [lhsBatch, rhsBatch] = [intsAttr(q, 'lhsBatch'), intsAttr(q, 'rhsBatch')];
  const [lhsContract, rhsContract] = [intsAttr(q, 'lhsContract'), intsAttr(q, 'rhsContract')];
  const free = (shape: readonly number[], batch: readonly number[], contract: readonly number[]) =>
    shape.map((_, axis) => axis).filter(axis => !batch.includes(axis) && !contract.includes(axis));
  const [lhsFree, rhsFree] = [free(lhs, lhsBatch, lhsContract), free(rhs, rhsBatch, rhsContract)];
  const { all: reads, named } = bindings([
    ['x', input(q, 0)],
    ['w', input(q, 1)],
  ]);
  return productKernels(q, {
    name: 'product',
    batch: sizeOf(lhs, lhsBatch),
    rows: sizeOf(lhs, lhsFree),
    columns: sizeOf(rhs, rhsFree),
    depth: sizeOf(lhs, lhsContract),
    left: operand(named('x'), lhs, lhsBatch, lhsFree, lhsContract, 'm'),
    right: operand(named('w'), rhs, rhsBatch, rhsFree, rhsContract, 'n'),
    reads,
  });
};

function operand(
  name: string,
  shape: readonly number[],
  batch: readonly number[],
  free: readonly number[],
  contract: readonly number[],
  side: 'm' | 'n',
): Operand {
  const [b, s, k] = [batch, free, contract].map(axes => axesOf(shape, axes));
  const at = `${offsetAt(b!, 'b')} + ${offsetAt(s!, side)} + ${offsetAt(k!, 'k')}`;
  return {
    element: `  return ${name}[${at}];`,
    along: stepOf(s!) < stepOf(k!) ? 'side' : 'depth',
  };
}

/** Of x, as WGSL; the constants are those of the ops' own formulas (src/ops/composite/activations.ts). */
const activations: Readonly<Record<string, string>> = {
  none: 'x',
  relu: 'larger(x, 0.0)',
  gelu: '0.5 * x * (1.0 + erf_of(x * 0.70710678))',
  gelu_tanh: '0.5 * x * (1.0 + tanh_of(0.79788456 * (x + 0.044715 * x * x * x)))',
  quick_gelu: 'x / (1.0 + exp_of(-1.702 * x))',
  silu: 'x / (1.0 + exp_of(-x))',
};

export const linear: KernelRule = q => {
  const [rows, depth] = inputType(q, 0).shape as readonly [number, number];
  const columns = inputType(q, 1).shape[1]!;
  const activation = textAttr(q, 'activation');
  const value = activations[activation];
  if (value === undefined) throw new Error(`linear has no activation ${activation}`);
  const { all, named } = bindings([
    ['x', input(q, 0)],
    ['w', input(q, 1)],
    ['bias', q.inputs[2]],
  ]);
  const hasBias = q.inputs[2] !== undefined;
  const operands = new Set([named('x'), named('w')]);
  return productKernels(q, {
    name: activation === 'none' ? 'linear' : `linear_${activation}`,
    batch: 1,
    rows,
    columns,
    depth,
    left: { element: `  return ${named('x')}[m * ${depth}u + k];`, along: 'depth' },
    right: { element: `  return ${named('w')}[k * ${columns}u + n];`, along: 'side' },
    reads: all.filter(b => operands.has(b.name)),
    finish: {
      value: `  let x = sum${hasBias ? ` + ${named('bias')}[n]` : ''};\n  return ${value};`,
      reads: all.filter(b => hasBias && b.name === named('bias') && !operands.has(b.name)),
    },
  });
};
