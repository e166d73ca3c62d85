// What a loss leaves out with `only(…, tell:)` is counted on every engine, and told when it first happens and at the end.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import { createTally } from '../../src/train/told.ts';
import { checkSpec } from '../dsl/semantics/check-spec.ts';
import { batchFeeds, compiled, takeSteps } from '../dsl/semantics/toy-run.ts';
import { minimizing } from '../minimizing.ts';

const rows = 4;
const speech = `model Speech {
  modality clip: Video(frames: 3, height: 2, width: 2, rate: 4fps)
  modality text: Text(tokenizer: characters(), length: 4)
  part names = linear(out: text + 1)
  objective spoken(clip: clip[B, T], text: text[B, U]) {
    let seen = rearrange(clip.pixels, "n t h w c -> n t (h w c)")
    return ctc(names(seen), text.ids)
  }
  stage learn {
    minimize spoken on clips.train batch ${rows}
    train all
    optimizer adamw(rate: 1e-3)
    steps 3
  }
}
`;

/** Videos of three frames, and texts of so many characters each. */
function feedsFor(stage: ReturnType<typeof learn>, lengths: readonly number[]): Map<string, HostTensor> {
  const feeds = new Map(stage.train.batches.flatMap(b => [...batchFeeds(b)]));
  const whole = feeds.get('b0/clip.keep')!;
  feeds.set('b0/clip.keep', { ...whole, dtype: 'bool', data: new Uint8Array(rows * 3).fill(1) });
  const kept = Array.from({ length: rows * 4 }, (_, i) => Number(i % 4 < (lengths[Math.floor(i / 4)] ?? 0)));
  feeds.set('b0/text.keep', { dtype: 'bool', shape: [rows, 4], data: Uint8Array.from(kept) });
  // No two neighbours are equal, so a text needs as many frames as it has characters.
  const ids = Int32Array.from(kept, (k, i) => k * (10 + (i % 4)));
  feeds.set('b0/text.ids', { dtype: 'i32', shape: [rows, 4], data: ids });
  return feeds;
}

const learn = (target = createReferenceEngine({ precision: 'f32' }).target) =>
  minimizing(compiled(speech).stage('learn', target));

describe.each([
  ['reference', createReferenceEngine({ precision: 'f32' })],
  ['onnx', createOnnxEngine()],
] as const)('on %s', (_, engine) => {
  const stage = learn(engine.target);
  const step = (lengths: readonly number[]) => takeSteps(stage, engine, { feeds: feedsFor(stage, lengths) });

  test('texts longer than their videos are counted and left out', async () => {
    const [told] = stage.told;
    expect(stage.told).toHaveLength(1);
    const { fetches, losses, weights } = await step([2, 4, 3, 4]);
    expect(fetches[0]?.get(told!.dropped)?.data[0]).toBe(2);
    expect(fetches[0]?.get(told!.of)?.data[0]).toBe(rows);
    for (const w of weights.values()) for (const v of w.data) expect(Number.isFinite(Number(v))).toBe(true);
    // The loss is the mean of the two that fit: of either alone beside three that don't, its own.
    const [first] = (await step([2, 4, 4, 4])).losses;
    const [second] = (await step([4, 4, 3, 4])).losses;
    expect(losses[0]).toBeCloseTo((first! + second!) / 2, 4);
  });

  test('of a batch in which none fits nothing is learnt, and no number is lost', async () => {
    const { losses, before, weights } = await step([4, 4, 4, 4]);
    expect(losses).toEqual([0]);
    expect(weights.get('names.bias')?.data).toEqual(before.get('names.bias')?.data);
  });
});

test('it is told of the user’s line, when it first happens and in all', () => {
  const stage = learn();
  const [spec] = stage.told;
  const told: string[] = [];
  const tally = createTally(stage, (e: TrainEvent) => {
    if (e.kind !== 'note') return;
    const { code, severity, message, span } = e.diagnostic;
    told.push(`${severity}[${code}] ${speech.slice(span?.start, span?.end)}: ${message}`);
  });
  const scalar = (value: number): HostTensor => ({ dtype: 'f32', shape: [], data: Float32Array.of(value) });
  const add = (step: number, dropped: number): void =>
    tally.add(
      step,
      new Map([
        [spec!.dropped, scalar(dropped)],
        [spec!.of, scalar(rows)],
      ]),
    );
  add(1, 0);
  add(2, 1);
  add(3, 2);
  tally.end();
  const why = 'sequences with more labels than positions';
  expect(told).toEqual([
    `warning[left-out] ctc(names(seen), text.ids): in step 2 the loss of learn left out 1 of 4: ${why}`,
    `warning[left-out] ctc(names(seen), text.ids): in 3 steps the loss of learn left out 3 of 12: ${why}`,
  ]);
});

test('padding is no part of what is counted, and tell takes words', async () => {
  const text = speech.replace(
    'return ctc(names(seen), text.ids)',
    'let s = logsumexp(names(seen))\n    return mean(only(s, s > 0 or s <= 0, tell: "all")) + mean(only(s, s < -100, tell: "none"))',
  );
  const engine = createReferenceEngine({ precision: 'f32' });
  const stage = minimizing(compiled(text).stage('learn', engine.target));
  const feeds = feedsFor(stage, [1, 1, 1, 1]);
  const kept = Uint8Array.from([1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1]);
  feeds.set('b0/clip.keep', { dtype: 'bool', shape: [rows, 3], data: kept });
  const { fetches } = await takeSteps(stage, engine, { feeds });
  const counts = stage.told.map(t => [t.dropped, t.of].map(name => fetches[0]?.get(name)?.data[0]));
  expect(stage.told.map(t => t.what)).toEqual(['all', 'none']);
  expect(counts).toEqual([
    [0, 9],
    [9, 9],
  ]);
  expect(checkSpec(text.replace('tell: "none"', 'tell: 3')).rendered).toContain(
    'tell of only must be a string',
  );
});
