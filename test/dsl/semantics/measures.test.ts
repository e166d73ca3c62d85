// Measures over a model of tags, texts and spans: which fields their expressions read, what each argument must be, and
// graphs that fetch what their metrics fold.

import { describe, expect, test } from 'vitest';
import { check, compile } from '../../../src/compile.ts';
import { verify } from '../../../src/ir/verify.ts';
import { ops } from '../../../src/ops/registry.ts';
import { checkSpec } from './check-spec.ts';

const target = { engine: 'none', composites: new Set<string>(), alternates: false };
const spec = (measure: string): string => `model Words {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Tag { O, B_x, I_x }
  part rules = transitions(tags: Tag)
  encoder read(t: text[N..., T]) -> float[N..., T, 8] { return embedding(t.ids, width: 8) |> positions(max: 8) }
  encoder scores(t: text[N..., T]) -> float[N..., T, Tag] { return linear(read(t), out: Tag) }
  encoder next(t: text[N..., T]) -> float[N..., T, text] { return linear(read(t), out: text) }
  objective tagged(text: text[B, T], tags: index(Tag)[B, T]) { return crf(scores(text), tags, rules()) }
  objective predicts(text: text[B, T]) { return cross_entropy(next(text)[:, :-1, :], text.ids[:, 1:]) }
  objective found(text: text[B, T], start: index(T)[B], end: index(T)[B]) {
    let s = sum(read(text), axis: -1)
    return cross_entropy(s, start) + cross_entropy(2 * s, end)
  }
  stage tune {
    minimize tagged on a.train batch 4 + predicts on a.train batch 4 + found on a.train batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
    measure ${measure} on a.test batch 3
  }
}
`;

/** What the measure fetches, and its feeds. */
function lowered(measure: string) {
  const { library, models, diagnostics } = check(spec(measure), 'words.mm', () => undefined);
  expect(diagnostics.map(d => d.message)).toEqual([]);
  const program = compile(library!, models[0]!).stage('tune', target, {});
  const [made] = program.measures;
  expect(verify(made!.entry.plan.graph, ops)).toEqual([]);
  return {
    name: made!.name,
    fields: made!.entry.batches.flatMap(b => b.fields.map(f => f.name)),
    values: made!.values.map(v => [v.name, v.size, v.labels?.set ?? v.text, v.keep !== undefined]),
    fetches: [...made!.entry.fetches].sort(),
  };
}

describe('are lowered to what their metrics fold', () => {
  test('tags, with the masks of both sides', () => {
    expect(lowered('entity_f1(viterbi(scores(text), rules()), tags)')).toEqual({
      name: 'entity_f1 of tags',
      fields: ['text', 'tags'],
      values: [
        ['predicted', 3, 'Tag', true],
        ['target', 3, 'Tag', true],
      ],
      fetches: ['keep/predicted', 'keep/target', 'value/predicted', 'value/target'],
    });
  });
  test('a text, by its tokens', () => {
    const { values, name } = lowered('wer(argmax(next(text)), text)');
    expect([name, values]).toEqual([
      'wer of text',
      [
        ['predicted', 300, 'text', true],
        ['reference', 300, 'text', true],
      ],
    ]);
  });
  test('spans as records of positions, with the text that they need', () => {
    const { fields, values } = lowered('span_f1({ start: end, end: start }, { start, end }, text)');
    expect([...fields].sort()).toEqual(['end', 'start', 'text']);
    expect(values.map(v => v[0])).toEqual([
      'predicted.start',
      'predicted.end',
      'target.start',
      'target.end',
      'text',
    ]);
  });
  test('a mean of a loss by how many positions it counts, others by rows', () => {
    expect(lowered('perplexity(predicts)').fetches).toEqual(['value', 'weight']);
    const { models, library } = check(spec('predicts'), 'words.mm', () => undefined);
    const graph = compile(library!, models[0]!).stage('tune', target, {}).measures[0]!.entry.plan.graph;
    const weight = graph.outputs.find(o => o.name === 'weight');
    const read = new Set<string>();
    const todo = [weight!.id];
    for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      const node = graph.nodes.find(n => n.outputs.includes(id));
      const input = graph.inputs.find(i => i.id === id);
      if (input !== undefined) read.add(input.name);
      todo.push(...(node?.inputs ?? []));
    }
    expect([...read].sort()).toEqual(['b0/keep', 'b0/text.keep']);
  });
});

describe('refused', () => {
  test.each([
    ['entity_f1(scores(text), tags)', 'predicted of entity_f1 must be an index into labels for each token'],
    [
      'entity_f1(viterbi(scores(text), rules()), start)',
      'target of entity_f1 must be an index into labels for each token',
    ],
    ['wer(viterbi(scores(text), rules()), text)', 'predicted of wer must be a text'],
    ['accuracy(argmax(next(text)), tags)', 'target of accuracy must be as predicted is, index(text)[B, T]'],
    ['span_f1(start, { start, end }, text)', 'predicted of span_f1 must be { start, end }'],
    ['mean(tags)', 'value of mean must be floats'],
    ['mean(linear(read(text), out: 1))', 'mean makes weights of its own, which no stage trains'],
    ['top_k(scores(text), tags, at: [0])', 'at of top_k must be a list of ranks from 1'],
    ['f1(argmax(scores(text)), tag)', 'there is no value named tag here'],
    ['perplexity(text)', 'there is no objective named text here'],
    ['cer(text)', 'cer needs reference: a text'],
    ['wer(text, text, text)', 'wer takes 2 arguments'],
  ])('%s', (measure, message) => {
    const { rendered, diagnostics } = checkSpec(spec(measure));
    expect(
      diagnostics.map(d => d.severity),
      rendered,
    ).toContain('error');
    expect(rendered).toContain(message);
  });
});
