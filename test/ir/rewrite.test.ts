// The pattern language and the rewriter, on rules made up for it.

import { describe, expect, test } from 'vitest';
import type { Builder } from '../../src/ir/builder.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { any, either, number, op, type Pattern } from '../../src/ir/pattern.ts';
import { type Rule, rewrite } from '../../src/ir/rewrite.ts';
import { ops } from '../../src/ops/registry.ts';

function graphOf(make: (b: Builder, x: ValueId, y: ValueId) => readonly ValueId[]): Graph {
  const b = createBuilder('g', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [2, 3] });
  const y = b.input('y', 'feed', { dtype: 'f32', shape: [2, 3] });
  for (const [i, id] of make(b, x, y).entries()) b.output(`y${i}`, 'fetch', id);
  return b.finish();
}

const opsAfter = (graph: Graph, ...rules: readonly Rule[]) => rewrite(graph, rules, ops).nodes.map(n => n.op);

/** Replaces what the pattern finds by the sign of a value of the match. */
const marking = (pattern: Pattern, of = 'x'): Rule => ({
  name: 'marking',
  because: 'for tests only',
  pattern,
  replace: (m, b) => b.one('sign', [m.value(of)]),
});

describe('patterns', () => {
  test('one name captured twice is one value', () => {
    const rule = marking(op('sub', [any('x'), any('x')]));
    expect(
      opsAfter(
        graphOf((b, x) => [b.one('sub', [x, x])]),
        rule,
      ),
    ).toEqual(['sign']);
    expect(
      opsAfter(
        graphOf((b, x, y) => [b.one('sub', [x, y])]),
        rule,
      ),
    ).toEqual(['sub']);
  });

  test('operands of add and mul in either order, of sub in one', () => {
    const of = (name: string) => op(name, [op('exp', [any('x')]), any('y')]);
    const graph = (name: string) => graphOf((b, x, y) => [b.one(name, [y, b.one('exp', [x])])]);
    expect(opsAfter(graph('add'), marking(of('add')))).toEqual(['sign']);
    expect(opsAfter(graph('sub'), marking(of('sub')))).toEqual(['exp', 'sub']);
  });

  test('inside a commutative op each order is tried until names agree', () => {
    const rule = marking(op('mul', [op('add', [any('x'), any('y')]), any('x')]));
    for (const flip of [true, false]) {
      const graph = graphOf((b, x, y) => [b.one('mul', [b.one('add', flip ? [y, x] : [x, y]), x])]);
      expect(opsAfter(graph, rule)).toEqual(['sign']);
    }
  });

  test('numbers by value and by name, through reshapes and broadcasts', () => {
    const half = (b: Builder) =>
      b.one('broadcast', [b.one('reshape', [b.constant(0.5)], { shape: [1] })], { shape: [2, 3] });
    const graph = graphOf((b, x) => [b.one('mul', [half(b), x])]);
    expect(opsAfter(graph, marking(op('mul', [any('x'), number(0.5)])))).toEqual(['sign']);
    expect(opsAfter(graph, marking(op('mul', [any('x'), number('c')])))).toEqual(['sign']);
    expect(opsAfter(graph, marking(op('mul', [any('x'), number(0.25)])))).not.toContain('sign');
  });

  test('a number under one name is one number', () => {
    const rule = marking(op('add', [op('mul', [any('x'), number('c')]), number('c')]));
    const graph = (c: number, d: number) =>
      graphOf((b, x) => [b.one('add', [b.one('mul', [x, b.constant(c)]), b.constant(d)])]);
    expect(opsAfter(graph(2, 2), rule)).toEqual(['sign']);
    expect(opsAfter(graph(2, 3), rule)).not.toContain('sign');
  });

  test('single use counts nodes and outputs', () => {
    const rule = marking(op('neg', [op('exp', [any('x')], { once: true })]));
    expect(
      opsAfter(
        graphOf((b, x) => [b.one('neg', [b.one('exp', [x])])]),
        rule,
      ),
    ).toEqual(['sign']);
    const shared = graphOf((b, x) => {
      const e = b.one('exp', [x]);
      return [b.one('neg', [e]), e];
    });
    expect(opsAfter(shared, rule)).toEqual(['exp', 'neg']);
  });

  test('attrs, alternatives and the second output of an op', () => {
    const sums = marking(
      op('neg', [
        either(op('abs', [any('x')]), op('reshape', [any('x')], { attrs: a => a.shape !== undefined })),
      ]),
    );
    const same = (b: Builder, x: ValueId) => b.one('neg', [b.one('reshape', [x], { shape: [2, 3] })]);
    expect(
      opsAfter(
        graphOf((b, x) => [same(b, x)]),
        sums,
      ),
    ).toEqual(['sign']);
    expect(
      opsAfter(
        graphOf((b, x) => [b.one('neg', [b.one('abs', [x])])]),
        sums,
      ),
    ).toEqual(['sign']);
    const inverse = marking(op('exp', [op('layer_norm', [any('x')], { output: 1, as: 'norm' })]), 'norm');
    const norm = graphOf((b, x) => {
      const [normal, deviation] = b.emit('layer_norm', [x], { epsilon: 1 });
      return [b.one('exp', [normal!]), b.one('exp', [deviation!])];
    });
    expect(opsAfter(norm, inverse)).toEqual(['layer_norm', 'exp', 'sign']);
  });
});

describe('the rewriter', () => {
  test('applies rules to what rules made, and drops what nothing reads', () => {
    const graph = graphOf((b, x) => [b.one('neg', [b.one('neg', [b.one('neg', [b.one('neg', [x])])])])]);
    const rule: Rule = {
      name: 'double',
      because: '−−x = x',
      pattern: op('neg', [op('neg', [any('x')])]),
      replace: m => m.value('x'),
    };
    expect(opsAfter(graph, rule)).toEqual([]);
  });

  test('a replacement stands in the span of what it replaces', () => {
    const b = createBuilder('g', ops);
    const x = b.input('x', 'feed', { dtype: 'f32', shape: [] });
    b.span = { file: 'm.mm', start: 0, end: 1, line: 5, column: 1, endLine: 5, endColumn: 2 };
    b.output('y', 'fetch', b.one('neg', [x]));
    const [node] = rewrite(b.finish(), [marking(op('neg', [any('x')]))], ops).nodes;
    expect([node?.op, node?.span?.line]).toEqual(['sign', 5]);
  });

  test('a rule that changes a type is a fault of ours', () => {
    const rule: Rule = {
      name: 'bad',
      because: 'for tests only',
      pattern: op('neg', [any('x')]),
      replace: (m, b) => b.one('reshape', [m.value('x')], { shape: [6] }),
    };
    expect(() =>
      opsAfter(
        graphOf((b, x) => [b.one('neg', [x])]),
        rule,
      ),
    ).toThrow('rule bad changes the type');
  });

  test('rules that go in circles come to an end', () => {
    const turn = (from: string, to: string): Rule => ({
      name: `${from}-${to}`,
      because: 'for tests only',
      pattern: op(from, [any('x')]),
      replace: (m, b) => b.one(to, [m.value('x')]),
    });
    const graph = graphOf((b, x) => [b.one('sin', [x])]);
    expect(opsAfter(graph, turn('sin', 'cos'), turn('cos', 'sin'))).toHaveLength(1);
  });
});
