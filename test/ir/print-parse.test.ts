// A printed graph parses back to an equal one; a text that is none is refused with its place.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dimAdd, dimExactDiv, dimFloorDiv, dimMul, dimSymbol } from '../../src/base/dim.ts';
import type { Span } from '../../src/base/span.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs, Graph, Node, TensorType } from '../../src/ir/graph.ts';
import { parse } from '../../src/ir/parse.ts';
import { print } from '../../src/ir/print.ts';
import { ops } from '../../src/ops/registry.ts';

const symbols = [
  dimSymbol({ id: 'a', name: 'B', role: 'data', max: 64 }),
  dimSymbol({ id: 'b', name: 'B', role: 'config' }),
  dimSymbol({ id: 'c "', name: 'odd name', role: 'nominal', size: 7 }),
];
const dim = fc.letrec<{ dim: ReturnType<typeof dimAdd> }>(tie => ({
  dim: fc.oneof(
    { depthSize: 'small' },
    fc.nat(9),
    fc.constantFrom(...symbols),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => dimAdd(a, b)),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => dimMul(a, b)),
    fc.tuple(tie('dim'), fc.integer({ min: 2, max: 5 })).map(([a, b]) => dimFloorDiv(a, b)),
    fc.tuple(tie('dim'), fc.constantFrom(...symbols)).map(([a, b]) => dimExactDiv(a, b)),
  ),
})).dim;
const type: fc.Arbitrary<TensorType> = fc.record({
  dtype: fc.constantFrom('f32', 'f16', 'bf16', 'i32', 'bool'),
  shape: fc.array(dim, { maxLength: 3 }),
});
const word = fc.oneof(fc.string(), fc.constantFrom('x', 'input', 'graph', 'a/b.c', '12', 'NaN', '@ f:1'));
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 1e-30, Number.NEGATIVE_INFINITY));
const attr = fc.oneof(
  number,
  word,
  fc.boolean(),
  fc.array(dim),
  fc.array(word),
  fc.array(fc.array(fc.integer())),
);
const plainSpan = fc.record({
  file: word,
  start: fc.nat(),
  end: fc.nat(),
  line: fc.nat(),
  column: fc.nat(),
  endLine: fc.nat(),
  endColumn: fc.nat(),
});
const span: fc.Arbitrary<Span | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.array(plainSpan, { minLength: 1, maxLength: 3 }).map(chain => {
    const [last, ...rest] = chain.toReversed();
    return rest.reduce<Span>((via, s) => ({ ...s, via }), last!);
  }),
);

/** Any graph by its form; what its ops mean doesn't matter here. */
function graph(depth: number): fc.Arbitrary<Graph> {
  const node = fc.record({
    op: fc.constantFrom('add', 'dot_general', 'scan'),
    inputs: fc.array(fc.nat(), { maxLength: 3 }),
    outputs: fc.array(type, { minLength: 1, maxLength: 2 }),
    attrs: fc.dictionary(fc.constantFrom('axis', 'shape', 'k2'), attr) as fc.Arbitrary<Attrs>,
    regions: depth === 0 ? fc.constant([]) : fc.array(graph(depth - 1), { maxLength: 2 }),
    span,
  });
  const input = fc.record({
    name: word,
    role: fc.constantFrom('feed', 'scalar', 'weight', 'state', 'moment'),
    type,
  });
  const output = fc.record({ name: word, role: fc.constantFrom('fetch', 'next'), id: fc.nat() });
  return fc
    .record({
      name: word,
      inputs: fc.array(input, { minLength: 1, maxLength: 2 }),
      nodes: fc.array(node, { maxLength: 3 }),
      outputs: fc.array(output, { maxLength: 2 }),
    })
    .map(g => {
      const types: TensorType[] = [];
      const add = (t: TensorType): number => types.push(t) - 1;
      const inputs = g.inputs.map(
        i => ({ name: i.name, role: i.role, id: add(i.type) }) as Graph['inputs'][number],
      );
      const nodes = g.nodes.map((n): Node => {
        const known = types.length;
        return { ...n, inputs: n.inputs.map(i => i % known), outputs: n.outputs.map(add) };
      });
      const outputs = g.outputs.map(o => ({ ...o, id: o.id % types.length }) as Graph['outputs'][number]);
      return { name: g.name, inputs, nodes, outputs, types };
    });
}

test('print, then parse, gives an equal graph', () => {
  fc.assert(
    fc.property(graph(2), g => {
      const { value, diagnostics } = parse(print(g));
      expect(diagnostics).toEqual([]);
      expect(value).toEqual(g);
      expect(print(value!)).toBe(print(g));
    }),
    { numRuns: 300 },
  );
});

test('the form', () => {
  const b = createBuilder('step', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [2, 3] });
  const w = b.input('layer.weight', 'weight', { dtype: 'f32', shape: [3, 4] });
  const at = { file: 'std/linear.mm', start: 40, end: 50, line: 3, column: 5, endLine: 3, endColumn: 15 };
  b.span = { ...at, via: { ...at, file: 'my model.mm', line: 9, endLine: 9 } };
  const y = b.one('dot_general', [x, w], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });
  b.span = undefined;
  const [normal] = b.emit('layer_norm', [y], { epsilon: 1e-5 });
  b.output('y', 'fetch', normal!);
  expect(`\n${print(b.finish())}`).toBe(`
graph step {
  input %0 "x" feed: f32[2, 3]
  input %1 "layer.weight" weight: f32[3, 4]
  %2: f32[2, 4] = dot_general(%0, %1) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [0]} @ std/linear.mm:3:5-3:15 [40-50] < "my model.mm":9:5-9:15 [40-50]
  %3: f32[2, 4], %4: f32[2, 1] = layer_norm(%2) {epsilon: 0.00001}
  fetch "y" %3
}
`);
});

describe('what is no graph is refused where it goes wrong', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['nothing', '', "1:1 expected 'graph', found the end"],
    ['a cut', 'graph g {\n  input %0 "x" feed: f32[2', "2:27 expected ']', found the end"],
    ['an unknown dtype', 'graph g {\n  %0: f99[] = a()\n}', '2:7 expected a dtype, found f99'],
    ['an unknown dim', 'graph g {\n  %0: f32[N] = a()\n}', '2:11 expected a dim, found N'],
    [
      'a hole in the ids',
      'graph g {\n  %7: f32[] = a()\n}',
      '3:2 expected values numbered from %0 to %0, found the end',
    ],
    ['more after the end', 'graph g {\n}\ngraph h {\n}', '3:1 expected the end, found graph'],
    ['binary', '\u0000\u0001', "1:1 expected 'graph', found \u0000"],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    const { value, diagnostics } = parse(text, 'file');
    expect(value).toBeUndefined();
    expect(diagnostics.map(d => `${d.span?.line}:${d.span?.column} ${d.message}`)).toEqual([expected]);
  });

  test('nesting without end', () => {
    const deep = `graph g {\n  %0: f32[${'('.repeat(100_000)}`;
    expect(parse(deep).diagnostics.map(d => d.message)).toEqual(['expected nesting of at most 100, found (']);
  });

  test('any text gets an answer', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'graph {}%0:f32[],="@<()-/', '\n', 'input ') }),
        text => {
          const { value, diagnostics } = parse(text);
          expect(value === undefined).toBe(diagnostics.length > 0);
        },
      ),
    );
  });
});
