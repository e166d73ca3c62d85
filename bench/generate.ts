// What keeping earlier positions is worth in generation: the same texts written with and without it, in turns in one
// run, by a language model of four layers 256 wide.

import { createOnnxEngine } from '../src/backends/onnx/engine.ts';
import type { HostTensor } from '../src/base/tensor.ts';
import { elements } from '../src/base/tensor.ts';
import { check, compile } from '../src/compile.ts';
import { feedsOf } from '../src/train/feeds.ts';
import { initialTensors } from '../src/train/initialize.ts';
import { evaluationScalars, scalarFeeds } from '../src/train/schedule.ts';

const [rows, prompt, more, rounds] = [4, 64, 64, 5];
const spec = `model Gpt {
  modality text: Text(tokenizer: bpe(8192), length: ${prompt + more})
  part words = embedding(width: 256)
  encoder write(t: text[N..., T]) -> float[N..., T, text] {
    let h = words(t.ids) |> positions(max: text.max) |> transformer(depth: 4, heads: 4, causal: true)
    return h @ transpose(words.weight)
  }
  objective next(text: text[B, T]) { return cross_entropy(write(text)[:, :-1], text.ids[:, 1:]) }
  export continue(p: text[B, ${prompt}]) -> text[B, text.max] {
    return generate(t => write(t), p, more: ${more}, by: greedy())
  }
}
`;

export async function main(): Promise<number> {
  const { library, models } = check(spec, 'generate.mm', () => undefined);
  const [model] = models;
  if (library === undefined || model === undefined) throw new Error('the spec of the benchmark is wrong');
  const engine = createOnnxEngine();
  const sides = await Promise.all(
    [true, false].map(async cache => {
      const program = compile(library, model).export('continue', engine.target, new Map([['p', rows]]), {
        cache,
      });
      const { entry } = program;
      const session = await engine.open(new Map([['export', entry.plan]]), { threads: 1 });
      const read = new Set(entry.plan.graph.inputs.map(i => i.name));
      await session.write(
        new Map([...initialTensors(program.weights, 1)].filter(([path]) => read.has(path))),
      );
      const feeds = new Map<string, HostTensor>(scalarFeeds(entry, evaluationScalars(1)));
      for (const batch of entry.batches) {
        feeds.set(batch.keepFeed, { dtype: 'bool', shape: [rows], data: new Uint8Array(rows).fill(1) });
        for (const { feed, component, shape } of batch.fields.flatMap(f => f.feeds)) {
          const size = elements(shape);
          feeds.set(
            feed,
            component === 'keep'
              ? { dtype: 'bool', shape, data: new Uint8Array(size).fill(1) }
              : {
                  dtype: 'i32',
                  shape,
                  data: Int32Array.from({ length: size }, (_, i) => 3 + ((7 * i) % 8000)),
                },
          );
        }
      }
      return { session, feeds: feedsOf(entry, [...feeds]), times: [] as number[], cache };
    }),
  );
  const written: string[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const side of sides) {
      const start = performance.now();
      const fetched = await side.session.run('export', side.feeds);
      if (round > 0) side.times.push(performance.now() - start);
      else written.push(String(fetched.get('result/continue')?.data));
    }
  }
  for (const { session } of sides) await session.close();
  const [kept, anew] = sides.map(s => [...s.times].sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN);
  if (kept === undefined || anew === undefined) return 1;
  const ms = (t: number): string => `${t.toFixed(0)} ms`;
  console.log(`${rows} rows, ${prompt} tokens continued by ${more}, one thread, medians of ${rounds}`);
  console.log(`earlier positions kept:   ${ms(kept)}`);
  console.log(`computed anew each step:  ${ms(anew)}, ${(anew / kept).toFixed(1)} times as long`);
  console.log(written[0] === written[1] ? 'both wrote the same' : 'they wrote different texts');
  return written[0] === written[1] ? 0 : 1;
}
