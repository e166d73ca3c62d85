// Golden graphs of the passes that aren't lists of rules.

import { describe, expect, test } from 'vitest';
import { optimize } from '../../src/compiler/optimize.ts';
import { commonSubexpressions, deadCode } from '../../src/compiler/passes/common.ts';
import { decomposeComposites } from '../../src/compiler/passes/decompose.ts';
import { foldConstants, foldNumbers } from '../../src/compiler/passes/fold.ts';
import { fuseLinear } from '../../src/compiler/passes/linear.ts';
import { packProducts } from '../../src/compiler/passes/pack-products.ts';
import type { Pass } from '../../src/compiler/passes/pass.ts';
import type { Target } from '../../src/compiler/plan.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { parse } from '../../src/ir/parse.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare, everything, expectSame, f32, graphOf, opsOf, runChecked, text } from './helpers.ts';

const read = (body: string): Graph => {
  const { value, diagnostics } = parse(`graph g {${body}}`);
  expect(diagnostics).toEqual([]);
  return value!;
};

function check(pass: Pass, before: string, after: string, target: Target = everything): void {
  const graph = read(before);
  const out = runChecked(graph, [pass], target);
  expect(text(out)).toBe(text(read(after)));
  expectSame(graph, out, 1e-6);
}

test('dead code goes, inputs stay', () => {
  check(
    deadCode,
    `input %0 "x" feed: f32[2]
     input %1 "unread" feed: f32[2]
     %2: f32[2] = exp(%1)
     %3: f32[2] = neg(%0)
     fetch "y" %3`,
    `input %0 "x" feed: f32[2]
     input %1 "unread" feed: f32[2]
     %2: f32[2] = neg(%0)
     fetch "y" %2`,
  );
});

test('equal calls become one, also with operands the other way round; other attrs stay apart', () => {
  check(
    commonSubexpressions,
    `input %0 "x" feed: f32[2, 2]
     input %1 "w" feed: f32[2, 2]
     %2: f32[2, 2] = mul(%0, %1)
     %3: f32[2, 2] = mul(%1, %0)
     %4: f32[2, 2] = sub(%0, %1)
     %5: f32[2, 2] = sub(%1, %0)
     %6: f32[2] = reduce_sum(%2) {axes: [0], keepdims: false}
     %7: f32[2] = reduce_sum(%3) {axes: [0], keepdims: false}
     %8: f32[2] = reduce_sum(%3) {axes: [1], keepdims: false}
     fetch "a" %4
     fetch "b" %5
     fetch "c" %6
     fetch "d" %7
     fetch "e" %8`,
    `input %0 "x" feed: f32[2, 2]
     input %1 "w" feed: f32[2, 2]
     %2: f32[2, 2] = mul(%0, %1)
     %3: f32[2, 2] = sub(%0, %1)
     %4: f32[2, 2] = sub(%1, %0)
     %5: f32[2] = reduce_sum(%2) {axes: [0], keepdims: false}
     %6: f32[2] = reduce_sum(%2) {axes: [1], keepdims: false}
     fetch "a" %3
     fetch "b" %4
     fetch "c" %5
     fetch "d" %5
     fetch "e" %6`,
  );
});

test('0 and −0 are two constants', () => {
  const graph = read(`
    %0: f32[] = constant() {dtype: "f32", shape: [], value: 0}
    %1: f32[] = constant() {dtype: "f32", shape: [], value: -0}
    fetch "a" %0
    fetch "b" %1`);
  expect(runChecked(graph, [commonSubexpressions], everything).nodes).toHaveLength(2);
});

describe('constant folding', () => {
  const causal = `
     input %0 "x" feed: f32[2, 2]
     %1: i32[1, 2] = iota() {axis: 1, dtype: "i32", shape: [1, 2]}
     %2: i32[2, 1] = iota() {axis: 0, dtype: "i32", shape: [2, 1]}
     %3: bool[2, 2] = less_equal(%1, %2)
     %4: f32[] = constant() {dtype: "f32", shape: [], value: 2}
     %5: f32[] = sqrt(%4)
     %6: f32[2, 2] = select(%3, %0, %5)
     fetch "y" %6`;

  test('masks and numbers are computed, uniform results stay filled constants', () => {
    check(
      foldConstants,
      causal,
      `input %0 "x" feed: f32[2, 2]
       %1: bool[2, 2] = literal() {dtype: "bool", shape: [2, 2], values: [1, 0, 1, 1]}
       %2: f32[] = constant() {dtype: "f32", shape: [], value: 1.4142135381698608}
       %3: f32[2, 2] = select(%1, %0, %2)
       fetch "y" %3`,
    );
  });

  test('before recognition only numbers', () => {
    const out = runChecked(read(causal), [foldNumbers], undefined);
    expect(out.nodes.map(n => n.op)).toEqual(['iota', 'iota', 'less_equal', 'constant', 'select']);
  });

  test('nothing large is made', () => {
    const large = read(`
      %0: i32[200000] = iota() {axis: 0, dtype: "i32", shape: [200000]}
      %1: f32[200000] = cast(%0) {to: "f32"}
      fetch "y" %1`);
    expect(text(runChecked(large, [foldConstants], everything))).toBe(text(large));
  });

  test('a draw from constants folds to its own bits', () => {
    const draw = read(`
      %0: i32[] = constant() {dtype: "i32", shape: [], value: 1}
      %1: i32[] = constant() {dtype: "i32", shape: [], value: 2}
      %2: i32[4] = random_bits(%0, %1) {identity: 7, shape: [4]}
      fetch "y" %2`);
    expectSame(draw, runChecked(draw, [foldConstants], everything));
  });
});

describe('linear', () => {
  const before = `
     input %0 "x" feed: f32[2, 3, 4]
     input %1 "w" weight: f32[4, 5]
     input %2 "b" weight: f32[5]
     %3: f32[2, 3, 5] = dot_general(%0, %1) {lhsBatch: [], lhsContract: [2], rhsBatch: [], rhsContract: [0]}
     %4: f32[2, 3, 5] = add(%2, %3)
     %5: f32[2, 3, 5] = gelu(%4) {approximate: true}
     fetch "y" %5`;

  test('product, bias and activation become one', () => {
    check(
      fuseLinear,
      before,
      `input %0 "x" feed: f32[2, 3, 4]
       input %1 "w" weight: f32[4, 5]
       input %2 "b" weight: f32[5]
       %3: f32[6, 4] = reshape(%0) {shape: [6, 4]}
       %4: f32[6, 5] = linear(%3, %1, %2) {activation: "gelu_tanh"}
       %5: f32[2, 3, 5] = reshape(%4) {shape: [2, 3, 5]}
       fetch "y" %5`,
    );
  });

  test('what is read in between stays', () => {
    const out = runChecked(read(`${before}\nfetch "before" %4`), [fuseLinear], everything);
    expect(out.nodes.map(n => n.op)).toEqual(['reshape', 'linear', 'reshape', 'gelu']);
    expect(out.nodes[1]!.attrs.activation).toBe('none');
  });

  test('an engine without it keeps its three ops', () => {
    expect(text(runChecked(read(before), [fuseLinear], bare))).toBe(text(read(before)));
  });
});

test('an engine takes apart what it lacks', () => {
  check(
    decomposeComposites,
    `input %0 "x" feed: f32[2, 3]
     %1: f32[2, 3] = silu(%0)
     %2: f32[2, 3] = softmax(%1) {axis: 1}
     fetch "y" %2`,
    `input %0 "x" feed: f32[2, 3]
     %1: f32[2, 3] = sigmoid(%0)
     %2: f32[2, 3] = mul(%0, %1)
     %3: f32[2, 3] = softmax(%2) {axis: 1}
     fetch "y" %3`,
    { ...bare, composites: new Set(['softmax']) },
  );
});

test('what becomes one product is packed before the others and their biases become linear', () => {
  const before = graphOf(
    {
      x: f32(64, 4),
      bias: f32(4),
      ...Object.fromEntries(['q', 'k', 'v', 'w'].map(name => [name, [f32(4, 4), 'weight'] as const])),
    },
    (b, { x, bias, q, k, v, w }) => {
      const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
      const times = (y: ValueId, weight: ValueId) => b.one('dot_general', [y, weight], dims);
      const linear = (y: ValueId, weight: ValueId) => b.one('add', [times(y, weight), bias!]);
      const [first, ...rest] = [q!, k!, v!].map(weight => linear(x!, weight));
      const sum = rest.reduce((all, y) => b.one('mul', [all, y]), first!);
      return b.one('gelu', [linear(sum, w!)], { approximate: true });
    },
  );
  const products = (target: Target): readonly string[] => {
    const after = optimize(before, target, ops);
    expectSame(before, after, 1e-6);
    return opsOf(after).filter(op => op === 'dot_general' || op === 'linear');
  };
  expect(products({ ...everything, packs: true })).toEqual(['dot_general', 'linear']);
  expect(products(everything)).toEqual(['linear', 'linear', 'linear', 'linear']);
});

test('products of one value with several weights are one, forward and backward, where the engine wants it', () => {
  const target: Target = { ...everything, packs: true };
  check(
    packProducts,
    `input %0 "x" feed: f32[64, 4]
     input %1 "u" weight: f32[4, 3]
     input %2 "v" weight: f32[4, 2]
     input %3 "a" feed: f32[64, 3]
     input %4 "b" feed: f32[64, 2]
     input %5 "c" feed: f32[64, 4]
     %6: f32[64, 3] = dot_general(%0, %1) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [0]}
     %7: f32[64, 2] = dot_general(%0, %2) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [0]}
     %8: f32[4, 3] = dot_general(%0, %3) {lhsBatch: [], lhsContract: [0], rhsBatch: [], rhsContract: [0]}
     %9: f32[64, 4] = dot_general(%3, %1) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [1]}
     %10: f32[64, 4] = add(%9, %5)
     %11: f32[4, 2] = dot_general(%0, %4) {lhsBatch: [], lhsContract: [0], rhsBatch: [], rhsContract: [0]}
     %12: f32[64, 4] = dot_general(%4, %2) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [1]}
     %13: f32[64, 4] = add(%10, %12)
     fetch "xu" %6
     fetch "xv" %7
     fetch "du" %8
     fetch "dv" %11
     fetch "dx" %13`,
    `input %0 "x" feed: f32[64, 4]
     input %1 "u" weight: f32[4, 3]
     input %2 "v" weight: f32[4, 2]
     input %3 "a" feed: f32[64, 3]
     input %4 "b" feed: f32[64, 2]
     input %5 "c" feed: f32[64, 4]
     %6: f32[4, 5] = concat(%1, %2) {axis: 1}
     %7: f32[64, 5] = dot_general(%0, %6) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [0]}
     %8: f32[64, 3] = slice(%7) {limits: [64, 3], starts: [0, 0], strides: [1, 1]}
     %9: f32[64, 2] = slice(%7) {limits: [64, 5], starts: [0, 3], strides: [1, 1]}
     %10: f32[64, 5] = concat(%3, %4) {axis: 1}
     %11: f32[4, 5] = dot_general(%0, %10) {lhsBatch: [], lhsContract: [0], rhsBatch: [], rhsContract: [0]}
     %12: f32[4, 3] = slice(%11) {limits: [4, 3], starts: [0, 0], strides: [1, 1]}
     %13: f32[4, 2] = slice(%11) {limits: [4, 5], starts: [0, 3], strides: [1, 1]}
     %14: f32[64, 4] = dot_general(%10, %6) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [1]}
     %15: f32[64, 4] = add(%14, %5)
     fetch "xu" %8
     fetch "xv" %9
     fetch "du" %12
     fetch "dv" %13
     fetch "dx" %15`,
    target,
  );
});
