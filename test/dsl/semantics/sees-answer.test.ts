// Which predictions of what comes next are refused: those over a model that sees it, in whatever spelling, and no
// others.

import { describe, expect, test } from 'vitest';
import { checkSpec } from './check-spec.ts';

/** A language model whose layers are one attention from x: float[N, T, D], by this body. */
const attended = (scores: string, blocks = ''): string => `${blocks}
block mixed(x: float[N..., T, D], heads: int) -> float[N..., T, D] {
  let q = rearrange(linear(x, out: D) as q, "n t (h k) -> n h t k", h: heads)
  let k = rearrange(linear(x, out: D) as k, "n t (h k) -> n h t k", h: heads)
  let v = rearrange(linear(x, out: D) as v, "n t (h k) -> n h t k", h: heads)
  let s = q @ transpose(k) / sqrt(D / heads)
  let later = iota(T)[new, :] > iota(T)[:, new]
  ${scores}
}
${language('layer_norm(x) |> mixed(heads: 2)')}`;

const language = (
  body: string,
  loss = 'cross_entropy(write(text)[:, :-1], text.ids[:, 1:])',
): string => `model Gpt {
  modality text: Text(tokenizer: bpe(300), length: 24, special: [mask])
  modality other: Text(tokenizer: bpe(300), length: 9)
  part words = embedding(width: 8)
  encoder write(t: text[N..., T]) -> float[N..., T, text] {
    let x = words(t.ids) |> positions(max: 24)
    let y = x + (${body})
    return linear(y, out: text)
  }
  objective next(text: text[B, T], other: other[B, S]) {
    return ${loss}
  }
}
`;

const codes = (spec: string): readonly string[] => {
  const { rendered, diagnostics } = checkSpec(spec);
  const found = diagnostics.filter(d => d.severity === 'error').map(d => d.code);
  if (found.some(c => c !== 'sees-the-answer')) throw new Error(rendered);
  return found;
};
const out = (p: string): string =>
  `return rearrange(${p} @ v, "n h t k -> n t (h k)") |> linear(out: D) as out`;

const seen: Readonly<Record<string, readonly [past: string, all: string]>> = {
  'by where': [
    `let p = softmax(where(later, -1e9, s))\n  ${out('p')}`,
    `let p = softmax(where(later, s, s))\n  ${out('p')}`,
  ],
  'by a mask that is added': [
    `let p = softmax(s + -1e9 * to_float(later))\n  ${out('p')}`,
    `let p = softmax(s + -1 * to_float(later))\n  ${out('p')}`,
  ],
  'by log of a mask': [
    `let p = softmax(s + log(to_float(not later)))\n  ${out('p')}`,
    `let p = softmax(s + log(1 + to_float(not later)))\n  ${out('p')}`,
  ],
  'by a softmax in parts': [
    `let m = where(later, -1e30, s)\n  let e = exp(m - max(m, axis: -1)[..., new])\n  let p = e / sum(e, axis: -1)[..., new]\n  ${out('p')}`,
    `let m = where(later, 0, s)\n  let e = exp(m - max(m, axis: -1)[..., new])\n  let p = e / sum(e, axis: -1)[..., new]\n  ${out('p')}`,
  ],
  'by weights that are zero': [
    `let e = exp(s) * to_float(not later)\n  let p = e / sum(e, axis: -1)[..., new]\n  ${out('p')}`,
    `let e = exp(s)\n  let p = e / sum(e, axis: -1)[..., new]\n  ${out('p')}`,
  ],
  'with ALiBi': [
    `let far = to_float(iota(T))[:, new] - to_float(iota(T))[new, :]\n  let p = softmax(where(later, -1e9, s - 0.5 * far))\n  ${out('p')}`,
    `let far = to_float(iota(T))[:, new] - to_float(iota(T))[new, :]\n  let p = softmax(s - 0.5 * far)\n  ${out('p')}`,
  ],
  'within a window': [
    `let far = to_float(iota(T))[:, new] - to_float(iota(T))[new, :]\n  let p = softmax(where((far < 0) or (far > 3), -1e9, s))\n  ${out('p')}`,
    `let far = to_float(iota(T))[:, new] - to_float(iota(T))[new, :]\n  let p = softmax(where((far < -1) or (far > 3), -1e9, s))\n  ${out('p')}`,
  ],
  'by einsum': [
    `let p = softmax(where(later, -1e9, einsum("n h t k, n h s k -> n h t s", q, k)))\n  return rearrange(einsum("n h t s, n h s k -> n h t k", p, v), "n h t k -> n t (h k)")`,
    `let p = softmax(einsum("n h t k, n h s k -> n h t s", q, k))\n  return rearrange(einsum("n h t s, n h s k -> n h t k", p, v), "n h t k -> n t (h k)")`,
  ],
};

describe.each(Object.entries(seen))('attention %s', (_, [past, all]) => {
  test('is let through where it sees the past', () => expect(codes(attended(past))).toEqual([]));
  test('is refused where it sees more', () => expect(codes(attended(all))).toEqual(['sees-the-answer']));
});

describe('other ways to see', () => {
  test.each([
    ['the position before, by slices', 'concat(0 * x[:, :1], x[:, :-1], axis: -2)', []],
    ['the position behind, by slices', 'concat(x[:, 1:], 0 * x[:, :1], axis: -2)', ['sees-the-answer']],
    ['the standard library’s, causal', 'transformer(x, depth: 2, heads: 2, causal: true, drop: 0.1)', []],
    [
      'the standard library’s, not causal',
      'transformer(x, depth: 2, heads: 2, drop: 0.1)',
      ['sees-the-answer'],
    ],
    ['nothing', 'gelu(x)', []],
    ['the mean of all, a summary', 'x + mean(x, axis: -2)[:, new, :]', []],
    ['its own words as memory', 'decoder(x, words(t.ids), depth: 1, heads: 2)', ['sees-the-answer']],
    ['a memory of zeros', 'decoder(x, words(t.ids) * 0, depth: 1, heads: 2)', []],
  ])('%s', (_, body, expected) => expect(codes(language(body))).toEqual(expected));

  test('an error names the input, the line and what to do', () => {
    const { rendered } = checkSpec(language('transformer(x, depth: 1, heads: 2)'));
    expect(rendered).toContain('next predicts text.ids one position ahead');
    expect(rendered).toContain('here a position reads those after it too');
    expect(rendered).toContain('causal: true');
  });

  test('memory of another text may be seen whole, and of this one not', () => {
    const spec = (memory: string): string =>
      language(
        'x',
        `cross_entropy(linear(decode(text, ${memory}), out: text)[:, :-1], text.ids[:, 1:])`,
      ).replace(
        '  objective',
        `  encoder decode(t: text[N..., T], m: other[N..., S]) -> float[N..., T, 8] {
    return decoder(words(t.ids), embedding(m.ids, width: 8) as of_other, depth: 1, heads: 2)
  }
  encoder recite(t: text[N..., T], m: text[N..., S]) -> float[N..., T, 8] {
    return decoder(words(t.ids), words(m.ids), depth: 1, heads: 2)
  }
  objective`,
      );
    expect(codes(spec('other'))).toEqual([]);
    expect(codes(spec('text').replace('decode(text', 'recite(text'))).toEqual(['sees-the-answer']);
  });

  test('masked words are not ahead, and what chance hides is not seen', () => {
    const masked = `mean(square(write(text with { ids: where(chance(0.15, like: text.ids), text.mask, text.ids) })))`;
    expect(
      codes(
        language(
          'transformer(x, depth: 1, heads: 2)',
          `cross_entropy(write(text with { ids: where(chance(0.15, like: text.ids), text.mask, text.ids) }), text.ids)`,
        ),
      ),
    ).toEqual([]);
    expect(codes(language('transformer(x, depth: 1, heads: 2)', masked))).toEqual([]);
  });

  test('a regression on what comes later', () => {
    const apc = (causal: string, ahead = 3): string =>
      language(
        `transformer(x, depth: 1, heads: 2${causal})`,
        `mean(abs(linear(write(text)[:, :-${ahead}], out: 1)[:, :, 0] - to_float(text.ids)[:, ${ahead}:]))`,
      );
    expect(codes(apc(', causal: true'))).toEqual([]);
    expect(codes(apc(''))).toEqual(['sees-the-answer']);
    expect(checkSpec(apc('')).rendered).toContain('3 positions ahead');
  });

  test('what was just read, held against itself', () => {
    const unshifted = (layers: string, loss: string): readonly string[] => codes(language(layers, loss));
    const causal = 'transformer(x, depth: 1, heads: 2, causal: true, drop: 0.1)';
    expect(unshifted(causal, 'cross_entropy(write(text), text.ids)')).toEqual(['sees-the-answer']);
    // The slices the wrong way round.
    const back = 'cross_entropy(write(text)[:, 1:], text.ids[:, :-1])';
    expect(unshifted(causal, back)).toEqual(['sees-the-answer']);
    expect(checkSpec(language(causal, back)).rendered).toContain('one position back');
    const hidden = 'where(chance(0.15, like: text.ids), text.mask, text.ids)';
    expect(unshifted(causal, `cross_entropy(write(text with { ids: ${hidden} }), text.ids)`)).toEqual([]);
    const blanked = causal.replace('(x,', '(where(chance(0.2, like: t.ids)[:, :, new], 0, x),');
    expect(unshifted(`${blanked} - x`, 'cross_entropy(write(text), text.ids)')).toEqual([]);
    // An encoder of all positions, and a memory of them, may be asked what it has read.
    expect(unshifted('transformer(x, depth: 1, heads: 2)', 'cross_entropy(write(text), text.ids)')).toEqual(
      [],
    );
    const begun = 'cross_entropy(write(concat(begin(text, [B]), text))[:, :-1], text.ids)';
    expect(codes(language(causal, begun).replaceAll('max: 24', 'max: 25'))).toEqual([]);
  });

  test('a product with a triangle', () => {
    const mixed = (order: string): string => `block run(x: float[N..., T, D]) -> float[N..., T, D] {
  ${order}
}
${language('run(x)')}`;
    expect(
      codes(mixed('return einsum("n s d, s t -> n t d", x, to_float(iota(T)[:, new] <= iota(T)[new, :]))')),
    ).toEqual([]);
    expect(
      codes(mixed('return einsum("n s d, s t -> n t d", x, to_float(iota(T)[:, new] >= iota(T)[new, :]))')),
    ).toEqual(['sees-the-answer']);
  });
});
