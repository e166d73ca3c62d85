// Dims and packs: bound at a call, folded on the way in, outside again on the way out, with their masks.

import { describe, expect, test } from 'vitest';
import { checkSpec } from './check-spec.ts';
import { feeds, type Kept, keptValues, type ProbeInput, probe, run } from './probe.ts';

const everything: Kept = { rows: [true, true], places: () => true };
const shapeOf = (
  source: string,
  inputs: Readonly<Record<string, ProbeInput>>,
): readonly number[] | undefined => {
  const p = probe(source, inputs);
  return run(p, feeds(p, everything, 0)).get('out')?.shape;
};

describe('dims', () => {
  test.each([
    [
      'the first bare place binds, the others are held to it',
      'x: float[T, D], y: float[D, T]',
      'x @ y',
      { x: [3, 4], y: [4, 3] },
      [3, 3],
    ],
    [
      'a compound dim is checked against what is bound',
      'x: float[T, D], y: float[T // 2, 2 * D]',
      'y',
      { x: [6, 4], y: [3, 8] },
      [3, 8],
    ],
    [
      'an index names the dim it points into',
      'x: float[V, D]',
      'gather(x, argmax(transpose(x)))',
      { x: [5, 4] },
      [4, 4],
    ],
    ['sizes are whole numbers in a body', 'x: float[T, D]', 'reshape(x, [T * D])', { x: [3, 4] }, [12]],
    ['floor and remainder', 'x: float[T, D]', 'x[: T // 2, : D % 3]', { x: [7, 5] }, [3, 2]],
    ['a negative position counts from the end', 'x: float[T, D]', 'x[-2:, -1]', { x: [7, 5] }, [2]],
  ] as const)('%s', (_, params, returns, shapes, expected) => {
    const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
    expect(shapeOf(`block probe(${params}) {\n  return ${returns}\n}\n`, inputs)).toEqual(expected);
  });

  test('that differ are told with both sides', () => {
    const wrong = 'block probe(x: float[T, D], y: float[D, T]) {\n  return x @ y\n}\n';
    expect(() => probe(wrong, { x: { shape: [3, 4] }, y: { shape: [5, 3] } })).toThrow(
      'probe: x and y share the dim D: 4 and 5 differ',
    );
  });

  test.each([
    ['D % 2 == 0', 'concat(x[:, : D // 2], x[:, D // 2 :], axis: -1)', []],
    ['D % 2 == 0', 'concat(x[:, : D // 2], x[:, : D // 2], axis: -1)', []],
    ['D % 3 == 0', 'concat(x[:, : D // 2], x[:, : D // 2], axis: -1)', ['broken-promise']],
    ['D == T + 1', 'expand(x[:, :1], [T, T + 1])', []],
    ['T + 1 == D + 1', 'transpose(expand(x[:, :1], [T, D]))', []],
    ['D % 2 == 0 and T > 1', 'x[:, : 2 * (D // 2)]', []],
    ['D > 1', 'x[:, : 2 * (D // 2)]', ['broken-promise']],
  ])('what require says of them is known: %s, %s', (condition, returns, codes) => {
    const block = `block b(x: float[T, D]) -> float[T, D] {\n  require ${condition}\n  return ${returns}\n}\n`;
    expect(checkSpec(block).codes).toEqual(codes);
  });

  test('of weights come from config, and a caller may give a space, a vocabulary or labels', () => {
    const spec = `model M {
  modality caption: Text(tokenizer: bpe(300), length: 8)
  labels Kind { a, b }
  space shared(12)
  encoder read(c: caption[N..., T]) -> shared[N...] {
    let h = mean(embedding(c.ids, width: shared), axis: -2)
    let kinds = softmax(linear(h, out: Kind) as kinds)
    let words = linear(h, out: caption) as words
    return (h + linear(kinds, out: shared) as back + linear(words, out: 12) as also) |> into(shared)
  }
}
`;
    // 12 and shared are of one size and not one dim.
    expect(checkSpec(spec).codes).toEqual(['dims-differ']);
    expect(checkSpec(spec.replace('out: 12', 'out: shared')).rendered).toBe('');
  });
});

describe('a pack', () => {
  const inner =
    'block pooled(x: float[N..., T, D]) -> float[N..., D] {\n  return mean(layer_norm(x), axis: -2)\n}\n\n';

  test.each([
    ['of no dims', 'x: float[T, D]', [3, 4], [4]],
    ['of one', 'x: float[B, T, D]', [2, 3, 4], [2, 4]],
    ['of two', 'x: float[B, F, T, D]', [2, 5, 3, 4], [2, 5, 4]],
    ['of three', 'x: float[B, A, F, T, D]', [2, 2, 5, 3, 4], [2, 2, 5, 4]],
  ] as const)('%s', (_, params, shape, expected) => {
    const source = `${inner}block probe(${params}) {\n  return pooled(x)\n}\n`;
    expect(shapeOf(source, { x: { shape } })).toEqual(expected);
  });

  test('gives for each what it gives for one', () => {
    const many = probe(`${inner}block probe(x: float[B, F, T, D]) {\n  return pooled(x)\n}\n`, {
      x: { shape: [2, 5, 3, 4] },
    });
    const given = feeds(many, everything, 0);
    const out = run(many, given).get('out')?.data ?? [];
    const one = probe(`${inner}block probe(x: float[T, D]) {\n  return pooled(x)\n}\n`, {
      x: { shape: [3, 4] },
    });
    const pixels = given.get('x')?.data ?? new Float32Array(0);
    for (let i = 0; i < 10; i++) {
      const x = { dtype: 'f32', shape: [3, 4], data: pixels.slice(12 * i, 12 * i + 12) } as const;
      const alone = run(one, new Map([...given, ['x', x]])).get('out')?.data ?? [];
      expect([...alone]).toEqual([...out.slice(4 * i, 4 * i + 4)]);
    }
  });

  test('of two dims keeps the masks of both on the way out', () => {
    const source =
      'block same(x: float[N..., D]) -> float[N..., D] {\n  return x * 2\n}\n\nblock probe(x: float[B, T, D]) {\n  return mean(same(x), axis: -2)\n}\n';
    const padded = probe(source, { x: { shape: [2, 3, 1], rows: true, places: true } });
    const kept: Kept = { rows: [true, true], places: (row, t) => t <= row };
    const given = new Map(feeds(padded, kept, 0));
    given.set('x', { dtype: 'f32', shape: [2, 3, 1], data: Float32Array.of(1, 99, 99, 2, 4, 99) });
    expect(keptValues(run(padded, given), 'out')).toEqual([2, 6]);
  });

  test('that differs between arguments is told', () => {
    const source =
      'block add(x: float[N..., D], y: float[N..., D]) {\n  return x + y\n}\n\nblock probe(x: float[A, B, D], y: float[A, C, D]) {\n  return add(x, y)\n}\n';
    expect(() => probe(source, { x: { shape: [2, 3, 4] }, y: { shape: [2, 5, 4] } })).toThrow(
      'add wants y: float[N..., D]',
    );
  });
});

test('records go in and out, field by field', () => {
  const source =
    'block both(x: float[N..., D]) -> { low: float[N...], high: float[N...] } {\n  return { low: min(x, axis: -1), high: max(x, axis: -1) }\n}\n\nblock width(e: { low: float[N...], high: float[N...] }) -> float[N...] {\n  return e.high - e.low\n}\n\nblock probe(x: float[A, B, D]) {\n  return width(both(x))\n}\n';
  expect(checkSpec(source).rendered).toBe('');
  const p = probe(source, { x: { shape: [2, 3, 4] } });
  const given = feeds(p, everything, 0);
  const out = run(p, given).get('out');
  expect(out?.shape).toEqual([2, 3]);
  const first = [...(given.get('x')?.data ?? [])].slice(0, 4);
  expect(out?.data[0]).toBeCloseTo(Math.max(...first) - Math.min(...first), 6);
});
