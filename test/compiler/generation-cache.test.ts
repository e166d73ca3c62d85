// Generation that keeps what earlier positions gave writes what generation without it writes, however attention is
// spelled and whatever is padded; and says why where it can't.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { nodeCost } from '../../src/compiler/cost.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';
import { compiled, reference } from '../dsl/semantics/toy-run.ts';
import { gpt, keptOf, run, sizes } from './generate.ts';

const prompts = [[5, 9, 7, 2], [200, 3], [11, 12, 13, 14, 15, 16, 2], [2]];

const attention = (
  scores: string,
): string => `block mixed(x: float[N..., T, D], heads: int) -> float[N..., T, D] {
  let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
  let k = rearrange(linear(x, out: D) as k, "n t (h k) -> n h t k", h: heads)
  let v = rearrange(linear(x, out: D) as v, "n t (h k) -> n h t k", h: heads)
  let later = iota(T)[new, :] > iota(T)[:, new]
  let far = to_float(iota(T))[:, new] - to_float(iota(T))[new, :]
  ${scores}
}
/// arXiv:2104.09864
block rotated(x: float[N..., T, K]) -> float[N..., T, K] {
  let half = to_float(iota(K / 2))
  let angle = to_float(iota(T))[:, new] * exp(-half * (2 * log(100) / K))
  let a = x[..., :K / 2]
  let b = x[..., K / 2:]
  return concat(a * cos(angle) - b * sin(angle), a * sin(angle) + b * cos(angle), axis: -1)
}
`;
const merged = (p: string): string =>
  `return rearrange(${p} @ v, "n h t k -> n t (h k)") |> linear(out: D) as out`;

const spelled = (scores: string): string =>
  attention(scores) +
  gpt('by: greedy()', 'mixed(heads: 2) as first |> layer_norm() |> mixed(heads: 2) as second');

const spellings: Readonly<Record<string, string>> = {
  'the standard library’s': gpt('by: greedy()'),
  'where a mask is added': spelled(
    `let p = softmax(q @ transpose(k) + -1e9 * to_float(later))\n  ${merged('p')}`,
  ),
  'by einsum, in a window': spelled(
    `let s = einsum("n h t k, n h s k -> n h t s", q, k)\n  let p = softmax(where((far < 0) or (far > 2), -1e9, s))\n  ${merged('p')}`,
  ),
  'with a softmax in parts': spelled(
    `let m = where(later, -1e30, q @ transpose(k))\n  let e = exp(m - max(m, axis: -1)[..., new])\n  let p = e / sum(e, axis: -1)[..., new]\n  ${merged('p')}`,
  ),
  'with ALiBi': spelled(
    `let p = softmax(where(later, -1e9, q @ transpose(k) - 0.5 * far))\n  ${merged('p')}`,
  ),
  rotary: spelled(
    `let p = softmax(where(later, -1e9, rotated(q) @ transpose(rotated(k))))\n  ${merged('p')}`,
  ),
  'behind a learned prefix': `block prefixed(x: float[N..., T, D]) -> float[N..., T, D] {
  param prompt: float[40, D] = normal(0.5)
  let h = concat(expand(prompt, [N, 40, D]), x, axis: -2)
  return (transformer(h, depth: 2, heads: 2, causal: true) |> quick_gelu())[:, 40:, :]
}
${gpt('by: greedy()', 'prefixed()')}`,
  'grouped queries': spelled(
    `let one = linear(x, out: D / heads) as shared\n  let p = softmax(where(later, -1e9, einsum("n h t k, n s k -> n h t s", q, one)))\n  return rearrange(einsum("n h t s, n s k -> n h t k", p, one), "n h t k -> n t (h k)")`,
  ),
};

const engine = createOnnxEngine();

describe.each(Object.entries(spellings))('attention %s', (_, spec) => {
  test('writes the same with and without what is kept', async () => {
    const { generations, entry } = compiled(spec).export('continue', engine.target, sizes(4));
    expect(generations.map(g => g.why)).toEqual([undefined]);
    expect(generations[0]?.kept).toBeGreaterThan(0);
    expect(verify(entry.plan.graph, ops)).toEqual([]);
    const whole = keptOf(await run(engine, spec, 'continue', prompts, 4, 1, { cache: false }), 'continue');
    expect(keptOf(await run(engine, spec, 'continue', prompts), 'continue')).toEqual(whole);
    expect(keptOf(await run(reference(), spec, 'continue', prompts), 'continue')).toEqual(whole);
    expect(new Set(whole.flat()).size).toBeGreaterThan(10);
  });

  test('computes less', () => {
    const flops = (cache: boolean): number => {
      const { graph } = compiled(spec).export('continue', engine.target, sizes(4), { cache }).entry.plan;
      return graph.nodes.reduce((n, node) => n + nodeCost(graph, node, ops).flops, 0);
    };
    expect(flops(true)).toBeLessThan(flops(false) / 2);
  });
});

describe('nothing is kept', () => {
  const why = (spec: string): readonly (string | undefined)[] =>
    compiled(spec)
      .export('continue', engine.target, sizes(2))
      .generations.map(g => g.why);

  test('where positions read later ones', async () => {
    const spec = gpt('by: greedy()', 'transformer(depth: 1, heads: 2)').replace(
      / {2}objective next.*\n/,
      '  objective next(text: text[B, T]) { return cross_entropy(write(text), text.ids) }\n',
    );
    const [note] = compiled(spec).export('continue', engine.target, sizes(2)).generations;
    expect(note).toMatchObject({
      why: 'a position reads those after it',
      kept: 0,
      path: 'continue.generate',
    });
    expect(note?.place?.line).toBe(5);
    const found = keptOf(await run(engine, spec, 'continue', prompts), 'continue');
    expect(found).toEqual(keptOf(await run(reference(), spec, 'continue', prompts), 'continue'));
  });

  test('where the length itself is a number in it', () => {
    expect(
      why(spelled(`let p = softmax(where(later, -1e9, q @ transpose(k) / T))\n  ${merged('p')}`)),
    ).toEqual(['it uses the length as a number']);
  });

  test('where it draws', () => {
    expect(
      why(
        gpt('by: greedy()', 'transformer(depth: 1, heads: 2, causal: true) |> noisy()').replace(
          '  export scores',
          '  block noisy(x: float[N..., D]) -> float[N..., D] { return x + uniform(like: x) }\n  export scores',
        ),
      ),
    ).toEqual(['it draws']);
  });
});
