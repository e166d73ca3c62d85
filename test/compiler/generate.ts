// Exports of a small language model, run on texts that are given as tokens.

import type { Engine } from '../../src/backends/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { ExportOptions } from '../../src/compile.ts';
import type { ExportProgram } from '../../src/compiler/program.ts';
import { feedsOf } from '../../src/train/feeds.ts';
import { initialTensors } from '../../src/train/initialize.ts';
import { evaluationScalars, scalarFeeds } from '../../src/train/schedule.ts';
import { compiled } from '../dsl/semantics/toy-run.ts';

/** A language model whose exports score a text and continue one. */
export const gpt = (
  more: string,
  body = 'transformer(depth: 2, heads: 2, causal: true)',
): string => `model Gpt {
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
function textFeeds(
  program: ExportProgram,
  rows: readonly (readonly number[])[],
  dropped: number,
): Map<string, HostTensor> {
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
        : { dtype: 'i32', shape, data: Int32Array.from(places, i => at(i) ?? dropped) },
    );
  }
  const rowKeep = Uint8Array.from({ length: batch.size }, (_, i) => (i < rows.length ? 1 : 0));
  feeds.set(batch.keepFeed, { dtype: 'bool', shape: [batch.size], data: rowKeep });
  return feeds;
}

export const sizes = (rows: number): ReadonlyMap<string, number> =>
  new Map([
    ['prompt', rows],
    ['t', rows],
  ]);

/** Runs an export on texts; `dropped` stands where they aren't. */
export async function run(
  engine: Engine,
  spec: string,
  name: string,
  rows: readonly (readonly number[])[],
  size = rows.length,
  seed = 1,
  options: ExportOptions = {},
  dropped = 0,
): Promise<ReadonlyMap<string, HostTensor>> {
  const program = compiled(spec).export(name, engine.target, sizes(size), options);
  const { entry } = program;
  const session = await engine.open(new Map([['export', entry.plan]]), { threads: 1 });
  const read = new Set(entry.plan.graph.inputs.map(i => i.name));
  await session.write(new Map([...initialTensors(program.weights, 3)].filter(([path]) => read.has(path))));
  const feeds = [...textFeeds(program, rows, dropped), ...scalarFeeds(entry, evaluationScalars(seed))];
  const fetched = await session.run('export', feedsOf(entry, feeds));
  await session.close();
  return fetched;
}

/** What is kept of each row of a text. */
export function keptOf(fetched: ReadonlyMap<string, HostTensor>, name: string): number[][] {
  const ids = fetched.get(`result/${name}`)!;
  const keep = fetched.get(`result/${name}.keep`)!;
  const [rows = 0, length = 1] = ids.shape;
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length }, (_, t) => r * length + t)
      .filter(i => keep.data[i] === 1)
      .map(i => Number(ids.data[i])),
  );
}
