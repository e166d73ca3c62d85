// Padding and every block of the standard library: whatever dropped inputs hold, kept outputs and gradients are the
// same bits; and kept outputs are what the kept inputs alone would give.

import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../../src/base/tensor.ts';
import { elements } from '../../../src/base/tensor.ts';
import { stdSources } from '../../../src/dsl/std/sources.ts';
import { parse } from '../../../src/dsl/syntax/parse.ts';
import {
  feeds,
  type Kept,
  keptValues,
  outputNames,
  type Probe,
  type ProbeInput,
  probe,
  run,
} from './probe.ts';

const [rows, places, width] = [4, 5, 8];
const words: ProbeInput = { shape: [rows, places, width], rows: true, places: true };
const maps: ProbeInput = { shape: [rows, 8, 8, 3], rows: true };
const vectors: ProbeInput = { shape: [rows, width], rows: true, unit: true };
const ids: ProbeInput = { shape: [rows, places], of: 11, rows: true, places: true };

interface Case {
  /** What `probe` returns. */
  readonly returns: string;
  readonly params: string;
  readonly inputs: Readonly<Record<string, ProbeInput>>;
  /** It draws, and what is drawn at a place depends on the shape of the whole. */
  readonly draws?: true;
}

const x = (returns: string): Case => ({ returns, params: 'x: float[B, T, D]', inputs: { x: words } });
const map = (returns: string): Case => ({ returns, params: 'x: float[B, H, W, C]', inputs: { x: maps } });
const pair = (returns: string): Case => ({
  returns,
  params: 'a: unit float[B, D], b: unit float[B, D]',
  inputs: { a: vectors, b: vectors },
});

const drawn = (returns: string): Case => ({
  returns,
  params: 'x: float[B, T, D], c: index(V)[B, T]',
  inputs: { x: words, c: { ...ids, shape: [rows, places] } },
  draws: true,
});
const tagged = (returns: string): Case => ({
  returns,
  params: 'x: float[B, T, D], tags: index(D)[B, T]',
  inputs: { x: words, tags: { ...ids, of: width } },
});
const frames = (returns: string): Case => ({
  returns,
  params: 'x: float[B, F, P, D], class: float[B, D]',
  inputs: {
    x: { shape: [rows, places, 2, 4], rows: true, places: true },
    class: { shape: [rows, 4], rows: true },
  },
});
const spoken = (returns: string): Case => ({
  returns,
  params: 'x: float[B, T, V + 1], labels: index(V)[B, U]',
  inputs: {
    x: { shape: [rows, 9, 4], rows: true, places: true },
    labels: { shape: [rows, 4], of: 3, rows: true, places: true },
  },
});

/** At least one call of each block of std. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  linear: [x('linear(x, out: 3)'), x('linear(x, out: 3, bias: false)')],
  embedding: [{ returns: 'embedding(c, width: 6)', params: 'c: index(V)[B, T]', inputs: { c: ids } }],
  positions: [x('positions(x, max: 9)')],
  mean: [x('mean(x, axis: -2)'), x('mean(x, axis: -1)'), x('mean(x, axis: [0, 1])'), x('mean(x)')],
  first: [x('first(x)')],
  last: [x('last(x)')],
  squared_distances: [x('squared_distances(x, x[0, :, :])')],
  kmeans: [{ ...x('kmeans(x, k: 3)'), draws: true }],
  placed: [
    {
      returns: 'placed(x, centers, centers[:, 0] > 0)',
      params: 'x: float[B, T, D], centers: float[K, D]',
      inputs: { x: words, centers: { shape: [3, width] } },
      draws: true,
    },
  ],
  standardize_globally: [x('standardize_globally(x)')],
  mean_by: [tagged('mean_by(x, tags)')],
  class_means: [tagged('class_means(x, tags)')],
  layer_norm: [x('layer_norm(x)')],
  rms_norm: [x('rms_norm(x)')],
  batch_norm: [x('batch_norm(x)'), map('batch_norm(x)')],
  moments: [x('moments(x).mean + moments(x).variance')],
  mix: [x('mix(x, 2 * x, share: 0.5)')],
  attention: [x('attention(x, heads: 2)'), x('attention(x, heads: 2, causal: true)')],
  cross_attention: [
    {
      returns: 'cross_attention(x, memory, heads: 2)',
      params: 'x: float[B, T, D], memory: float[B, S, M]',
      inputs: { x: words, memory: { shape: [rows, places, 6], rows: true, places: true } },
    },
  ],
  attend: [x('attend(x, 2 * x, 3 * x, heads: 4)'), x('attend(x, x, x, heads: 4, causal: true)')],
  attention_pool: [x('attention_pool(x, heads: 2)')],
  feed_forward: [x('feed_forward(x)'), x('feed_forward(x, expansion: 2, activation: silu)')],
  transformer: [
    x('transformer(x, depth: 2, heads: 2, drop: 0.2)'),
    x('transformer(x, depth: 1, heads: 2, causal: true, activation: relu)'),
  ],
  decoder: [
    {
      returns: 'decoder(x, memory, depth: 2, heads: 2, drop: 0.2)',
      params: 'x: float[B, T, D], memory: float[B, S, M]',
      inputs: { x: words, memory: { shape: [rows, places, 6], rows: true, places: true } },
    },
  ],
  greedy: [x('greedy(x)')],
  sample: [{ ...x('sample(x, temperature: 0.5, top_k: 3, top_p: 0.8)'), draws: true }],
  likeliest: [x('likeliest(x, count: 3)')],
  nucleus: [x('nucleus(x, share: 0.7)')],
  gumbel: [{ ...x('gumbel(x, temperature: 0.5)'), draws: true }],
  straight_through: [x('straight_through(x)')],
  gumbel_noise: [{ ...x('gumbel_noise(x)'), draws: true }],
  dropout: [x('dropout(x, rate: 0.5)')],
  patches: [map('patches(x, size: 4)')],
  conv: [map('conv(x, out: 4, size: 3, stride: 2, pad: 1)')],
  basic_block: [map('basic_block(x, out: 4, stride: 2)'), map('basic_block(x, out: 3)')],
  stem: [map('stem(x, width: 8)')],
  tokens: [map('tokens(x)')],
  class_token: [x('class_token(x)')],
  lora: [x('x @ lora(transitions(tags: D).move, rank: 2, alpha: 4)')],
  weight_norm: [x('x @ weight_norm(transitions(tags: D).move)')],
  fake_quantize: [x('x @ fake_quantize(transitions(tags: D).move, bits: 3)')],
  into: [x('into(mean(x, axis: -2), 6)')],
  learned: [x('x * learned(10, max: 100)')],
  infonce: [pair('infonce(a, b, scale: learned(10))')],
  sigmoid_pairs: [pair('sigmoid_pairs(a, b)')],
  cross_entropy: [
    {
      returns: 'cross_entropy(linear(x, out: D), target, smoothing: 0.1)',
      params: 'x: float[B, T, D], target: index(D)[B, T]',
      inputs: { x: words, target: { ...ids, of: width } },
    },
    {
      returns: 'cross_entropy(linear(x, out: D), target)',
      params: 'x: float[B, T, D], target: index(D)[B, T]',
      inputs: { x: words, target: { ...ids, of: width } },
    },
    {
      returns: 'cross_entropy(linear(mean(x, axis: -2), out: D), target)',
      params: 'x: float[B, T, D], target: index(D)[B]',
      inputs: { x: words, target: { shape: [rows], of: width, rows: true } },
    },
  ],
  gru: [x('gru(x, width: 3)'), x('gru(x, width: 3, reverse: true)'), x('last(gru(x, width: 3))')],
  gru_step: [x('gru_step(x[..., :2], x[..., :6], x[..., 2:])')],
  lstm: [x('lstm(x, width: 3)'), x('lstm(x, width: 3, reverse: true)')],
  lstm_step: [x('lstm_step(x, x[..., :2])')],
  transitions: [x('x @ transitions(tags: D).move')],
  crf_log_partition: [x('crf_log_partition(linear(x, out: 3), transitions(tags: 3))')],
  crf_score: [tagged('crf_score(linear(x, out: D), tags, transitions(tags: D))')],
  crf: [tagged('crf(linear(x, out: D), tags, transitions(tags: D))')],
  viterbi: [x('viterbi(linear(x, out: 4), transitions(tags: 4))')],
  ctc_log_likelihood: [spoken('ctc_log_likelihood(x * learned(2), labels)')],
  ctc_greedy: [x('ctc_greedy(linear(x, out: 4))')],
  subsample: [x('subsample(x, width: 3, channels: 2)')],
  ctc: [spoken('ctc(x * learned(2), labels)')],
  nearest: [pair('nearest(a, b)')],
  same_rows: [
    {
      returns: 'to_float(same_rows(c))',
      params: 'c: index(V)[B, T]',
      inputs: { c: { ...ids, of: 2 } },
    },
  ],
  infonce_apart: [
    {
      returns: 'infonce_apart(a, b, learned(10), label[:, new] == label[new, :])',
      params: 'a: unit float[B, D], b: unit float[B, D], label: index(L)[B]',
      inputs: { a: vectors, b: vectors, label: { shape: [rows], of: 2, rows: true } },
    },
  ],
  infonce_hard: [
    {
      returns: 'infonce_hard(a, b, unit(x), learned(10))',
      params: 'a: unit float[B, D], b: unit float[B, D], x: float[B, T, D]',
      inputs: { a: vectors, b: vectors, x: words },
    },
  ],
  supervised_contrast: [
    {
      returns: 'supervised_contrast(a, label[:, new] == label[new, :], learned(10))',
      params: 'a: unit float[B, D], label: index(L)[B]',
      inputs: { a: vectors, label: { shape: [rows], of: 2, rows: true } },
    },
  ],
  mil_nce: [
    {
      returns: 'mil_nce(a, unit(x), learned(10))',
      params: 'a: unit float[B, D], x: float[B, T, D]',
      inputs: { a: vectors, x: words },
    },
  ],
  triplet: [x('triplet(x, 2 * x, x * x * learned(2))')],
  cosine_loss: [x('cosine_loss(unit(x), unit(linear(x, out: D)))')],
  relative_entropy: [
    x('relative_entropy(softmax(x), softmax(linear(x, out: D)))'),
    x('relative_entropy(relu(linear(x, out: 6)), relu(linear(x, out: 6) as other))'),
  ],
  kl_divergence: [x('kl_divergence(softmax(x), softmax(linear(x, out: D)))')],
  js_divergence: [
    x('js_divergence(softmax(x), softmax(linear(x, out: D)))'),
    x('js_divergence(softmax(mean(x, axis: -1)), softmax(mean(linear(x, out: D), axis: -1)))'),
  ],
  patch_error: [x('patch_error(linear(x, out: D), x)')],
  chance: [drawn('chance(0.4, like: x)')],
  noise: [drawn('noise(like: x)')],
  spans: [drawn('spans(like: c, start: 0.3, length: 2)')],
  random_order: [drawn('pick(x, random_order(like: c))')],
  shuffle_some: [drawn('pick(x, shuffle_some(0.6, like: c))')],
  inverse: [drawn('pick(x, inverse(random_order(like: c)))')],
  similarity: [pair('similarity(a, b)')],
  infonce_any: [
    pair('infonce_any(4 * a @ transpose(b), a @ transpose(b) > 0 or iota(B)[:, new] == iota(B)[new, :])'),
  ],
  binary_cross_entropy: [x('binary_cross_entropy(linear(x, out: D), sigmoid(x))')],
  conv1d: [x('conv1d(x, out: 3, pad: 1)'), x('conv1d(x, out: 3, stride: 2, pad: 1, bias: false)')],
  subsample1d: [x('subsample1d(x, width: 3, by: 2)'), x('mean(subsample1d(x, width: 3), axis: -2)')],
  standardize: [x('standardize(x)')],
  stop_token: [x('stop_token(x)')],
  divided_attention: [
    frames('divided_attention(x, class, heads: 2)'),
    frames('divided_attention(x, class, heads: 2).class'),
  ],
};

/** Bodies of a user's own that have poles where dropped positions hold zeros. */
const poles: readonly Case[] = [
  x('mean(log(abs(x * learned(2))))'),
  x('mean(1 / (x * learned(2)), axis: -2)'),
  x('mean(sqrt(abs(x) * learned(2)), axis: -2)'),
  x('mean(abs(x * learned(2)) ^ 0.5, axis: [0, 1])'),
  // Weights by hand that overflow where nothing is kept: ∞ · 0 must not reach what is.
  x(
    'einsum("b t s, b s d -> b t d", exp(0 * mean(abs(x), axis: -1)[:, :, new] + 4000 * (min(mean(abs(x), axis: -1), axis: -1)[..., new, new] - mean(abs(x), axis: -1)[:, new, :])), x[:, :, 0:1])',
  ),
  // The entropy of attention: softmax gives dropped places 0, whose logarithm is −∞.
  x('sum(softmax(linear(x, out: 3), axis: 1) * log(softmax(linear(x, out: 3) as again, axis: 1)), axis: 1)'),
];

/** Two rows of four; in those that are kept, three and two places of five, not all at the front. */
const holes: Kept = { rows: [true, false, true, false], places: (row, t) => (row + t) % 2 === 0 };
/** The first two rows, the first three places of each. */
const prefix: Kept = { rows: [true, true, false, false], places: (_, t) => t < 3 };
/** The second row is real and has no words. */
const nothing: Kept = { rows: [true, true, true, false], places: (row, t) => row !== 1 && t < 4 };

const source = (c: Case): string => `block probe(${c.params}) {\n  return ${c.returns}\n}\n`;

test('every block of std is here', () => {
  const names = stdSources.flatMap(({ file, text }) =>
    (parse(text, file).value?.items ?? []).flatMap(item => (item.kind === 'block' ? [item.name.text] : [])),
  );
  expect(Object.keys(cases).sort()).toEqual([...names].sort());
});

const bits = (values: readonly number[]): readonly number[] => [
  ...new Int32Array(Float32Array.from(values).buffer),
];

const all = [...Object.entries(cases), ['poles', poles] as const].flatMap(([name, list]) =>
  list.map(c => [`${name}: ${c.returns}`, c] as const),
);

describe.each(all)('%s', (_, c) => {
  const padded = probe(source(c), c.inputs, { learning: true, gradients: true });

  test.each([
    ['with holes', holes],
    ['up to a length', prefix],
    ['with nothing in a row', nothing],
  ] as const)('what is dropped changes no kept output and no gradient, %s', (_, kept) => {
    const expected = run(padded, feeds(padded, kept, 0));
    for (const dropped of [Number.NaN, 1e30, 0.5]) {
      const found = run(padded, feeds(padded, kept, dropped));
      for (const name of outputNames(expected))
        expect(bits(keptValues(found, name)), name).toEqual(bits(keptValues(expected, name)));
      for (const name of gradients(expected)) {
        const values = [...(expected.get(name)?.data ?? [])];
        expect(
          values.filter(v => !Number.isFinite(v)),
          name,
        ).toEqual([]);
        expect(bits([...(found.get(name)?.data ?? [])]), name).toEqual(bits(values));
      }
    }
    for (const name of outputNames(expected))
      expect(
        keptValues(expected, name).filter(v => !Number.isFinite(v)),
        name,
      ).toEqual([]);
  });

  // What a batch drops is set to zero where it comes in; a block itself needs only that it be finite.
  test('also where what is dropped reaches the block itself', () => {
    const floats = Object.values(c.inputs).every(i => i.of === undefined);
    const raw = probe(source(c), c.inputs, { learning: true, clean: !floats });
    const expected = run(raw, feeds(raw, holes, 0));
    for (const dropped of [1e30, -1e3]) {
      const found = run(raw, feeds(raw, holes, dropped));
      for (const name of outputNames(expected))
        expect(bits(keptValues(found, name)), name).toEqual(bits(keptValues(expected, name)));
    }
  });

  // What draws gives other numbers to other places.
  const calmly = c.draws === true ? [] : ['the kept rows and places alone give the same'];
  test.each(calmly)('%s', () => {
    const calm = probe(source(c), c.inputs);
    const given = feeds(calm, prefix, 0);
    const alone = probe(source(c), unpadded(c.inputs));
    const weights = [...given].filter(([name]) => calm.weights.includes(name));
    const cut = Object.entries(c.inputs).map(
      ([name, input]) => [name, front(given.get(name), input)] as const,
    );
    const expected = run(alone, new Map([...weights, ...cut]));
    const found = run(calm, given);
    for (const name of outputNames(expected)) {
      const values = keptValues(expected, name);
      const near = keptValues(found, name);
      expect(near.length, name).toBe(values.length);
      for (const [i, v] of values.entries()) expect(near[i], `${name}[${i}]`).toBeCloseTo(v, 5);
    }
  });
});

const gradients = (results: ReadonlyMap<string, HostTensor>): readonly string[] =>
  [...results.keys()].filter(name => name.startsWith('grad '));

/** The inputs as large as what `prefix` keeps, without masks. */
function unpadded(inputs: Probe['inputs']): Probe['inputs'] {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const { rows: _, places: padded, ...rest } = input;
      const shape = input.shape.map((n, axis) => (axis === 0 ? 2 : axis === 1 && padded === true ? 3 : n));
      return [name, { ...rest, shape }];
    }),
  );
}

/** The first two rows of a tensor, and the first three places of each. */
function front(tensor: HostTensor | undefined, input: ProbeInput): HostTensor {
  if (tensor === undefined) throw new Error('no tensor');
  const shape = tensor.shape.map((n, axis) => (axis === 0 ? 2 : axis === 1 && input.places === true ? 3 : n));
  const inner = elements(tensor.shape.slice(1));
  const data = tensor.data.slice(0, elements(shape));
  for (let row = 0; row < 2; row++) {
    const length = elements(shape.slice(1));
    data.set(tensor.data.subarray(row * inner, row * inner + length), row * length);
  }
  return { ...tensor, shape, data };
}
