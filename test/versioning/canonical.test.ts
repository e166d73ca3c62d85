// The canonical form computes the bits of the graph that it was made of, and doesn't tell how a spec was written.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { check } from '../../src/compile.ts';
import { tracedExport } from '../../src/compiler/export-program.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';
import { canonical, meaningText } from '../../src/versioning/canonical.ts';
import { feeds } from '../compiler/helpers.ts';
import { randomGraph } from '../compiler/random-graphs.ts';

test('random graphs compute the same bits in canonical form', () => {
  fc.assert(
    fc.property(randomGraph, graph => {
      const form = canonical(graph, ops);
      expect(verify(form, ops)).toEqual([]);
      const given = feeds(graph);
      const [a, b] = [graph, form].map(g => evaluate(g, given, { precision: 'f32' }));
      for (const [name, tensor] of a!) expect(b!.get(name), name).toEqual(tensor);
    }),
    { numRuns: 300, seed: 5 },
  );
});

const body = (encoder: string, before = ''): string => `${before}model A version "1.0.0" {
  modality words: Text(tokenizer: bpe(300), length: 6)
  encoder look(t: words[N..., T]) -> float[N..., 4] {
${encoder}
  }
  export look_at(words: words[B, T]) -> float[B, 4] { return look(words) }
}
`;

function meaning(text: string): string {
  const { library, models, diagnostics } = check(text, 'a.mm', () => undefined);
  if (library === undefined || models[0] === undefined) throw new Error(JSON.stringify(diagnostics));
  const target = { engine: 'reference', composites: new Set<string>(), alternates: false };
  const { trace, result } = tracedExport(
    { library, model: models[0], target, registry: ops },
    'look_at',
    new Map([['words', 2]]),
  );
  if (result.kind !== 'tensor') throw new Error('no tensor');
  trace.builder.output('result', 'fetch', result.id);
  return meaningText(canonical(trace.builder.finish(), ops));
}

const plain = body(`    return embedding(t.ids, width: 16) |> layer_norm() |> linear(out: 8) as up |> gelu
        |> mean(axis: -2) |> linear(out: 4) as out`);

describe('one meaning', () => {
  test.each([
    [
      'locals',
      body(`    let x = embedding(t.ids, width: 16)
    let y = layer_norm(x)
    let z = gelu(linear(y, out: 8) as up)
    return linear(mean(z, axis: -2), out: 4) as out`),
    ],
    [
      'a block of its own, written for rows',
      body(
        '    return embedding(t.ids, width: 16) |> up() |> mean(axis: -2) |> linear(out: 4) as out',
        `block up(x: float[N..., D]) -> float[N..., 8] {
  return layer_norm(x) |> linear(out: 8) as up |> gelu
}
`,
      ),
    ],
    [
      'other names of parts',
      body(`    return embedding(t.ids, width: 16) as e |> layer_norm() as n |> linear(out: 8) as a |> gelu
        |> mean(axis: -2) |> linear(out: 4) as b`),
    ],
  ])('%s', (_, text) => expect(meaning(text)).toBe(meaning(plain)));
});

describe('another meaning', () => {
  test.each(
    [
      ['activation', plain.replace('gelu', 'relu')],
      ['epsilon', plain.replace('layer_norm()', 'layer_norm(epsilon: 1e-6)')],
      [
        'order',
        plain.replace('|> layer_norm() |> linear(out: 8) as up', '|> linear(out: 8) as up |> layer_norm()'),
      ],
    ].filter(([, text]) => !text!.includes('embedded')),
  )('%s', (_, text) => expect(meaning(text!)).not.toBe(meaning(plain)));
});
