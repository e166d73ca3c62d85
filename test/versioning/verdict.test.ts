// Verdicts, versions and changes of small edits; the catalogue of pairs is in catalogue.test.ts.

import { expect, test } from 'vitest';
import { changesBetween } from '../../src/versioning/changes.ts';
import { judge } from '../../src/versioning/verdict.ts';
import { callOf } from '../../src/versioning/version-call.ts';
import { onlyModel } from './locks.ts';

const spec = `model A(depth: int = 2, width: int = 16) version "1.0.0" {
  modality words: Text(tokenizer: bpe(300), length: 6)
  labels Kind { good, bad, ugly }
  encoder read(t: words[N..., T]) -> float[N..., width] {
    return embedding(t.ids, width: width) |> transformer(depth: depth, heads: 2, drop: 0.1) |> mean(axis: -2)
  }
  encoder scores(t: words[N..., T]) -> float[N..., Kind] { return linear(read(t), out: Kind) as out }
  objective kinds(words: words[B, T], kind: index(Kind)[B]) { return cross_entropy(scores(words), kind) }
  stage tune {
    minimize kinds on texts.train batch 8
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 100
  }
  export kind(words: words[B, T]) -> index(Kind)[B] { return argmax(scores(words)) }
}
`;
const old = onlyModel(spec);

test.each([
  ['nothing', spec, 'identical', 'none'],
  ['a comment', `/// Kinds of texts.\n${spec}`, 'identical', 'none'],
  ['steps', spec.replace('steps 100', 'steps 200'), 'loads', 'patch'],
  ['a rate of dropout', spec.replace('drop: 0.1', 'drop: 0.2'), 'loads', 'patch'],
  ['deeper', spec.replace('depth: int = 2', 'depth: int = 3'), 'partial', 'major'],
  ['wider', spec.replace('width: int = 16', 'width: int = 32'), 'incompatible', 'major'],
  ['an activation', spec.replace('heads: 2,', 'heads: 2, activation: relu,'), 'changes meaning', 'major'],
  ['causal', spec.replace('heads: 2,', 'heads: 2, causal: true,'), 'changes meaning', 'major'],
  ['labels in another order', spec.replace('good, bad', 'bad, good'), 'changes meaning', 'major'],
  ['another tokenizer', spec.replace('bpe(300)', 'wordpiece(300)'), 'changes meaning', 'major'],
  ['a part renamed', spec.replace('as out', 'as last'), 'partial', 'major'],
  [
    'an export more',
    spec.replace(
      '  export kind',
      '  export read_it(words: words[B, T]) -> float[B, width] { return read(words) }\n  export kind',
    ),
    'loads',
    'minor',
  ],
])('%s', (_, text, verdict, call) => {
  const judgement = judge(old, onlyModel(text));
  expect([judgement.verdict, callOf(judgement)]).toEqual([verdict, call]);
});

test('a declared rename migrates', () => {
  const now = onlyModel(spec.replace('as out', 'as last'));
  const judgement = judge(old, now, new Map([['scores.last', 'scores.out']]));
  expect([judgement.verdict, callOf(judgement)]).toEqual(['migrates', 'major']);
  expect(
    judgement.weights.filter(w => w.verdict === 'migrates').map(w => [w.from?.path, w.to?.path]),
  ).toEqual([
    ['scores.out.bias', 'scores.last.bias'],
    ['scores.out.weight', 'scores.last.weight'],
  ]);
});

test('changes are told in the terms of the architecture', () => {
  const now = onlyModel(
    spec
      .replace('depth: int = 2', 'depth: int = 4')
      .replace('drop: 0.1', 'drop: 0.2')
      .replace('1.0.0', '1.1.0')
      .replace('batch 8', 'batch 16'),
  );
  const changes = changesBetween(old, now).map(c => `${c.kind} ${c.path}: ${c.from ?? '–'} → ${c.to ?? '–'}`);
  expect(changes).toMatchInlineSnapshot(`
    [
      "version version: 1.0.0 → 1.1.0",
      "part read.transformer depth: 2 → 4",
      "part read.transformer drop: 0.1 → 0.2",
      "part read.transformer.layers.{0..1}.dropout1 rate: 0.1 → 0.2",
      "part read.transformer.layers.{0..1}.dropout2 rate: 0.1 → 0.2",
      "part read.transformer.layers.{2..3}.attention: – → attention(causal: false, heads: 2)",
      "part read.transformer.layers.{2..3}.dropout1: – → dropout(rate: 0.2)",
      "part read.transformer.layers.{2..3}.dropout2: – → dropout(rate: 0.2)",
      "part read.transformer.layers.{2..3}.feed_forward: – → feed_forward(activation: gelu, expansion: 4)",
      "part read.transformer.layers.{2..3}.norm1: – → layer_norm",
      "part read.transformer.layers.{2..3}.norm2: – → layer_norm",
      "weight read.transformer.layers.{2..3}.attention.key.bias: – → f32[16] = constant(value: 0)",
      "weight read.transformer.layers.{2..3}.attention.key.weight: – → f32[16, 16] = uniform(low: -0.25, high: 0.25)",
      "weight read.transformer.layers.{2..3}.attention.out.bias: – → f32[16] = constant(value: 0)",
      "weight read.transformer.layers.{2..3}.attention.out.weight: – → f32[16, 16] = uniform(low: -0.25, high: 0.25)",
      "weight read.transformer.layers.{2..3}.attention.query.bias: – → f32[16] = constant(value: 0)",
      "weight read.transformer.layers.{2..3}.attention.query.weight: – → f32[16, 16] = uniform(low: -0.25, high: 0.25)",
      "weight read.transformer.layers.{2..3}.attention.value.bias: – → f32[16] = constant(value: 0)",
      "weight read.transformer.layers.{2..3}.attention.value.weight: – → f32[16, 16] = uniform(low: -0.25, high: 0.25)",
      "weight read.transformer.layers.{2..3}.feed_forward.contract.bias: – → f32[16] = constant(value: 0)",
      "weight read.transformer.layers.{2..3}.feed_forward.contract.weight: – → f32[64, 16] = uniform(low: -0.125, high: 0.125)",
      "weight read.transformer.layers.{2..3}.feed_forward.expand.bias: – → f32[64] = constant(value: 0)",
      "weight read.transformer.layers.{2..3}.feed_forward.expand.weight: – → f32[16, 64] = uniform(low: -0.25, high: 0.25)",
      "weight read.transformer.layers.{2..3}.norm1.scale: – → f32[16] = constant(value: 1)",
      "weight read.transformer.layers.{2..3}.norm1.shift: – → f32[16] = constant(value: 0)",
      "weight read.transformer.layers.{2..3}.norm2.scale: – → f32[16] = constant(value: 1)",
      "weight read.transformer.layers.{2..3}.norm2.shift: – → f32[16] = constant(value: 0)",
      "stage tune minimize kinds: 1 × texts.train, batch 8 → 1 × texts.train, batch 16",
      "stage tune what it minimizes: one loss → another",
    ]
  `);
});
