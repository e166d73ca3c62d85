// Elementwise core ops: TensorFlow.js's kernels for floats, ours for whole numbers and bits.

import { input, inputType, outputType } from '../node-query.ts';
import type { Run } from './run.ts';
import type { OwnKernel } from './start.ts';

const unary =
  (name: string): Run =>
  q => [q.k.stock(name, { x: input(q, 0) })];

const binary =
  (name: string): Run =>
  q => [q.k.stock(name, { a: input(q, 0), b: input(q, 1) })];

const own =
  (name: OwnKernel): Run =>
  q =>
    q.k.own(name, q);

/** WebAssembly's arithmetic broadcasts over six axes and gives rubbish beyond them. */
const mostAxes = 6;

const arithmetic =
  (name: string, many: OwnKernel): Run =>
  q =>
    outputType(q).shape.length > mostAxes ? q.k.own(many, q) : binary(name)(q);

/** One rule for floats, another for i32. */
const byType =
  (floats: Run, whole: Run): Run =>
  q =>
    outputType(q).dtype === 'i32' ? whole(q) : floats(q);

export const elementwise = {
  neg: unary('Neg'),
  abs: unary('Abs'),
  sign: own('sign'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  rsqrt: unary('Rsqrt'),
  tanh: unary('Tanh'),
  erf: unary('Erf'),
  sin: unary('Sin'),
  cos: unary('Cos'),
  floor: unary('Floor'),
  sigmoid: unary('Sigmoid'),
  not: unary('LogicalNot'),
  add: arithmetic('Add', 'add'),
  sub: arithmetic('Sub', 'sub'),
  mul: byType(arithmetic('Multiply', 'mul'), own('whole_mul')),
  div: byType(arithmetic('RealDiv', 'div'), own('whole_div')),
  max: own('max'),
  min: own('min'),
  pow: own('pow'),
  rem: byType(own('rem'), own('whole_rem')),
  equal: binary('Equal'),
  less: binary('Less'),
  less_equal: binary('LessEqual'),
  and: binary('LogicalAnd'),
  or: binary('LogicalOr'),
  bit_xor: own('bit_xor'),
  bit_and: own('bit_and'),
  shift_right: own('shift_right'),
  select: own('select'),
  cast: q =>
    inputType(q, 0).dtype === outputType(q).dtype
      ? [q.k.stock('Identity', { x: input(q, 0) })]
      : q.k.own('cast', q),
  stop_gradient: q => [q.k.stock('Identity', { x: input(q, 0) })],
  // Nodes are run in the graph's order, and equal ones aren't merged.
  after: q => [q.k.stock('Identity', { x: input(q, 0) })],
} as const satisfies Readonly<Record<string, Run>>;
