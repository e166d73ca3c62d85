// The core ops: each maps onto one or two ops of every engine. An engine's table over CoreOp is exhaustive.

import { after } from './after.ts';
import { constant, iota, literal } from './constants.ts';
import { conv2d, conv2d_input_grad, conv2d_weight_grad } from './conv.ts';
import { dot_general } from './dot.ts';
import { add, div, max, min, mul, pow, rem, sub } from './elementwise-binary.ts';
import {
  abs,
  cos,
  erf,
  exp,
  floor,
  log,
  neg,
  not,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  tanh,
} from './elementwise-unary.ts';
import { gather, scatter_add } from './gather.ts';
import { and, bit_and, bit_xor, equal, less, less_equal, or, shift_right } from './logic-and-bits.ts';
import { random_bits } from './random.ts';
import { argmax, top_k } from './rank.ts';
import { reduce_max, reduce_sum } from './reduce.ts';
import { cast, select, stop_gradient } from './select-cast.ts';
import { broadcast, reshape, transpose } from './shape.ts';
import { concat, pad, slice } from './slice-pad-concat.ts';
import { take_along } from './take-along.ts';

export const coreOps = {
  neg,
  abs,
  sign,
  exp,
  log,
  sqrt,
  rsqrt,
  tanh,
  erf,
  sin,
  cos,
  floor,
  sigmoid,
  not,
  add,
  sub,
  mul,
  div,
  max,
  min,
  pow,
  rem,
  equal,
  less,
  less_equal,
  and,
  or,
  bit_xor,
  bit_and,
  shift_right,
  select,
  cast,
  stop_gradient,
  after,
  constant,
  literal,
  iota,
  reshape,
  transpose,
  broadcast,
  slice,
  pad,
  concat,
  reduce_sum,
  reduce_max,
  argmax,
  top_k,
  dot_general,
  conv2d,
  conv2d_input_grad,
  conv2d_weight_grad,
  gather,
  scatter_add,
  take_along,
  random_bits,
} as const;

export type CoreOp = keyof typeof coreOps;
