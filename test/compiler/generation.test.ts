// Generation against a loop of single steps on the host: what is chosen, where it is put, and where it ends.

import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/backends/engine.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { ExportProgram } from '../../src/compiler/program.ts';
import { feedsOf } from '../../src/train/feeds.ts';
import { initialTensors } from '../../src/train/initialize.ts';
import { evaluationScalars, scalarFeeds } from '../../src/train/schedule.ts';
import { compiled, reference } from '../dsl/semantics/toy-run.ts';

const gpt = (more: string, body = 'transformer(depth: 2, heads: 2, causal: true)'): string => `model Gpt {
  modality text: Text(tokenizer: bpe(300), length: 12)
  part words = embedding(width: 8)
  encoder write(t: text[N..., T]) -> float[N..., T, text] {
    let h = words(t.ids) |> positions(max: 12) |> ${body}
    return 40 * (h @ transpose(words.weight))
  }
  objective next(text: text[B, T]) { return cross_entropy(write(text)[:, :-1], text.ids[:, 1:]) }
  stage pretrain {
    minimize next on books.train batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
  export scores(t: text[B, T]) -> float[B, T, text] { return write(t) }
  export continue(prompt: text[B, 7]) -> text[B, 12] { return generate(c => write(c), prompt, more: 5, ${more}) }
}
`;

/** Left-filled texts as feeds of an export's only parameter. */
function textFeeds(program: ExportProgram, rows: readonly (readonly number[])[]): Map<string, HostTensor> {
  const batch = program.params[0]!.batch;
  const feeds = new Map<string, HostTensor>();
  for (const { component, feed, shape } of batch.fields[0]!.feeds) {
    const length = shape[1]!;
    const at = (i: number): number | undefined => rows[Math.floor(i / length)]?.[i % length];
    const places = Array.from({ length: shape[0]! * length }, (_, i) => i);
    feeds.set(
      feed,
      component === 'keep'
        ? { dtype: 'bool', shape, data: Uint8Array.from(places, i => (at(i) === undefined ? 0 : 1)) }
        : { dtype: 'i32', shape, data: Int32Array.from(places, i => at(i) ?? 0) },
    );
  }
  const rowKeep = Uint8Array.from({ length: batch.size }, (_, i) => (i < rows.length ? 1 : 0));
  feeds.set(batch.keepFeed, { dtype: 'bool', shape: [batch.size], data: rowKeep });
  return feeds;
}

async function run(
  engine: Engine,
  spec: string,
  name: string,
  rows: readonly (readonly number[])[],
  size = rows.length,
  seed = 1,
): Promise<ReadonlyMap<string, HostTensor>> {
  const program = compiled(spec).export(
    name,
    engine.target,
    new Map([
      ['prompt', size],
      ['t', size],
    ]),
  );
  const { entry } = program;
  const session = await engine.open(new Map([['export', entry.plan]]), { threads: 1 });
  const read = new Set(entry.plan.graph.inputs.map(i => i.name));
  await session.write(new Map([...initialTensors(program.weights, 3)].filter(([path]) => read.has(path))));
  const feeds = [...textFeeds(program, rows), ...scalarFeeds(entry, evaluationScalars(seed))];
  const fetched = await session.run('export', feedsOf(entry, feeds));
  await session.close();
  return fetched;
}

/** What is kept of each row of a text. */
function keptOf(fetched: ReadonlyMap<string, HostTensor>, name: string): number[][] {
  const ids = fetched.get(`result/${name}`)!;
  const keep = fetched.get(`result/${name}.keep`)!;
  const [rows = 0, length = 1] = ids.shape;
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length }, (_, t) => r * length + t)
      .filter(i => keep.data[i] === 1)
      .map(i => Number(ids.data[i])),
  );
}

/** Greedy continuation, one run of the model for each token. */
async function byHand(spec: string, prompt: readonly number[], more: number): Promise<number[]> {
  const row = [...prompt];
  if (row.at(-1) === 2) row.pop();
  if (row.length === 0) row.push(1);
  for (let i = 0; i < more && row.at(-1) !== 2; i++) {
    const scores = (await run(reference(), spec, 'scores', [row])).get('result/scores')!;
    const V = scores.shape[2]!;
    const own = Array.from(scores.data.subarray((row.length - 1) * V, row.length * V), Number);
    row.push(own.indexOf(Math.max(...own)));
  }
  return row;
}

const prompts = [[5, 9, 7, 2], [200, 3], [11, 12, 13, 14, 15, 16, 2], [2]];

describe('greedy generation', () => {
  test('gives what single steps give, whatever the padding', async () => {
    const spec = gpt('by: greedy()');
    const found = keptOf(await run(reference(), spec, 'continue', prompts), 'continue');
    expect(found).toEqual(await Promise.all(prompts.map(p => byHand(spec, p, 5))));
    expect(keptOf(await run(createOnnxEngine(), spec, 'continue', prompts), 'continue')).toEqual(found);
  });
});

describe('draws', () => {
  const drawn = async (by: string, seed: number): Promise<number[][]> =>
    keptOf(await run(reference(), gpt(`by: ${by}`), 'continue', prompts, prompts.length, seed), 'continue');

  test('depend on the seed and on nothing else', async () => {
    const [a, again, b] = await Promise.all([1, 1, 2].map(seed => drawn('sample(temperature: 40)', seed)));
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
    const onnx = await run(createOnnxEngine(), gpt('by: sample(temperature: 40)'), 'continue', prompts);
    expect(keptOf(onnx, 'continue')).toEqual(a);
    // Different rows and steps see different draws.
    const same = [[5], [5], [5], [5]];
    const spec = gpt('by: sample(temperature: 100)');
    const rows = keptOf(await run(reference(), spec, 'continue', same), 'continue');
    expect(new Set(rows.map(String)).size).toBe(4);
    expect(new Set(rows.flat()).size).toBeGreaterThan(8);
  });

  test('among one entry are greedy', async () => {
    const greedy = await drawn('greedy()', 1);
    expect(await drawn('sample(temperature: 40, top_k: 1)', 1)).toEqual(greedy);
    expect(await drawn('sample(temperature: 40, top_p: 1e-6)', 1)).toEqual(greedy);
    expect(await drawn('s => argmax(s)', 1)).toEqual(greedy);
    expect(await drawn('sample(temperature: 1e-4)', 1)).toEqual(greedy);
  });
});

test('rows that are not there change no others', async () => {
  const spec = gpt('by: greedy()');
  const all = keptOf(await run(reference(), spec, 'continue', prompts), 'continue');
  const some = keptOf(await run(reference(), spec, 'continue', prompts.slice(0, 2), 4), 'continue');
  expect(some.slice(0, 2)).toEqual(all.slice(0, 2));
});
