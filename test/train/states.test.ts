// States in a run: interrupted training goes on to the same bits, later stages start from them, a copy that is new
// starts from what was trained.

import { expect, test } from 'vitest';
import { hashTensors, readCheckpoint } from '../../src/train/checkpoint.ts';
import type { DataSource } from '../../src/train/feeds.ts';
import { stageFolder } from '../../src/train/run-folder.ts';
import { trainStage } from '../../src/train/train-stage.ts';
import { batchFeeds, bitsOf, compiled, reference } from '../dsl/semantics/toy-run.ts';
import { minimizing } from '../minimizing.ts';
import { freshFolder, toyOptions } from './toy.ts';

const clauses = 'train all  optimizer sgd(rate: 0.05, momentum: 0.9)  steps 6';
const spec = `model Slow {
  modality picture: Image(height: 2, width: 2)
  space shared(4)

  encoder look(p: picture[N...]) -> shared[N...] {
    return tokens(p.pixels) |> linear(out: 4) |> batch_norm() |> mean(axis: -2) |> into(shared)
  }
  part slow = copy look by ema(0.9)

  objective plain(picture: picture[B]) {
    return mean(square(look(picture)[:, 0] - 1))
  }
  objective contrast(picture: picture[B]) {
    state queue: shared[8] = normal(1) |> unit()
    state at: index(8) = 0
    let key = stop(slow(picture))
    update queue = put(queue, key, at)
    update at = (at + B) % 8
    return mean(logsumexp(look(picture) @ transpose(concat(key, queue, axis: 0))))
  }

  stage first { minimize plain on a.train batch 3  ${clauses} }
  stage second from first {
    minimize contrast on a.train batch 3  ${clauses}
    measure contrast on a.test every 2
  }
}
`;

/** Batch n depends on n alone. */
const data: DataSource = {
  async stream(batch, _seed, from) {
    let given = typeof from === 'number' ? from : 0;
    return {
      async next() {
        given += 1;
        return { feeds: batchFeeds(batch, { seed: given }), rows: batch.size, ids: [], after: given };
      },
      close: async () => undefined,
    };
  },
  async *sweep(batch) {
    yield { feeds: batchFeeds(batch, { seed: 99 }), rows: batch.size, ids: [] };
  },
};

const options = (dir: string, stage: string, more: Parameters<typeof toyOptions>[1] = {}, steps?: number) =>
  toyOptions(dir, {
    program: minimizing(
      compiled(spec).stage(stage, reference().target, steps === undefined ? {} : { steps }),
    ),
    engine: reference(),
    data,
    folder: stageFolder(dir, stage),
    checkpointEvery: 2,
    ...more,
  });
const lastOf = (dir: string, stage: string) => readCheckpoint(stageFolder(dir, stage).last)!.tensors;

test('a stage that was stopped goes on to the same bits, states and copies too', async () => {
  const whole = freshFolder();
  await trainStage(options(whole, 'second'));
  const names = [...lastOf(whole, 'second').keys()];
  for (const state of ['contrast.at', 'contrast.queue', 'look.batch_norm.running_mean', 'slow.linear.weight'])
    expect(names).toContain(state);
  for (const stopAt of [1, 3, 4]) {
    const dir = freshFolder();
    const controller = new AbortController();
    await trainStage(
      options(dir, 'second', {
        signal: controller.signal,
        onEvent: event => {
          if (event.kind === 'step' && event.step === stopAt) controller.abort();
        },
      }),
    );
    await trainStage(options(dir, 'second'));
    expect(hashTensors(lastOf(dir, 'second'))).toBe(hashTensors(lastOf(whole, 'second')));
  }
});

test('the best weights come with their states', async () => {
  const dir = freshFolder();
  await trainStage(options(dir, 'second'));
  const best = readCheckpoint(stageFolder(dir, 'second').best)!;
  const last = [...lastOf(dir, 'second').keys()].filter(name => !name.includes('#'));
  expect([...best.tensors.keys()].sort()).toEqual(last.sort());
});

test('a later stage starts from states, and its new copy from what was trained', async () => {
  const dir = freshFolder();
  await trainStage(options(dir, 'first'));
  const trained = new Map([...lastOf(dir, 'first')].filter(([name]) => !name.includes('#')));
  expect([...trained.keys()]).toContain('look.batch_norm.running_mean');
  await trainStage(options(dir, 'second', { start: trained }, 1));
  const after = lastOf(dir, 'second');
  const [old, now, slow] = [
    trained.get('look.linear.weight'),
    after.get('look.linear.weight'),
    after.get('slow.linear.weight'),
  ];
  for (const [i, v] of (slow?.data ?? []).entries())
    expect(v).toBeCloseTo(0.9 * (old?.data[i] ?? 0) + 0.1 * (now?.data[i] ?? 0), 6);
  expect(bitsOf(after.get('look.batch_norm.running_mean'))).not.toEqual(
    bitsOf(trained.get('look.batch_norm.running_mean')),
  );
});
