// specs/zeroshot.mm answers for any number of labels, and for labels in several wordings of which some are missing.

import { expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { compile } from '../../src/compile.ts';
import { feedsOf } from '../../src/train/feeds.ts';
import { initialTensors } from '../../src/train/initialize.ts';
import { madeUp } from '../specs/harness.ts';
import { openSpec } from './programs.ts';

const engine = createReferenceEngine({ precision: 'f32' });
const { models, library } = openSpec('zeroshot.mm');
const tiny = models.find(m => m.variant === 'tiny');

async function run(
  name: string,
  sizes: Readonly<Record<string, number>>,
  change: (feeds: Map<string, HostTensor>) => void,
) {
  if (library === undefined || tiny === undefined) throw new Error('no tiny variant');
  const program = compile(library, tiny).export(name, engine.target, new Map(Object.entries(sizes)));
  const session = await engine.open(new Map([['run', program.entry.plan]]), { threads: 1 });
  await session.write(initialTensors(program.weights, 1));
  const feeds = new Map(program.params.flatMap(p => [...madeUp(p.batch, 3)]));
  change(feeds);
  const out = await session.run('run', feedsOf(program.entry, feeds));
  await session.close();
  return out;
}

test.each([1, 2, 5])('classifies among %i labels', async labels => {
  const out = await run('classify', { picture: 3, labels }, () => undefined);
  const share = out.get('result/share');
  expect(share?.shape).toEqual([3, labels]);
  const best = [...(out.get('result/best')?.data ?? [])];
  for (const [row, found] of best.entries()) {
    const shares = [...(share?.data ?? [])].slice(row * labels, (row + 1) * labels);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(found).toBe(shares.indexOf(Math.max(...shares)));
  }
});

test('wordings that are not there change nothing', async () => {
  const answers = async (words: number): Promise<readonly number[]> => {
    const out = await run('classify_prompts', { picture: 3, labels: 4 }, feeds => {
      const keep = feeds.get('labels/labels.keep');
      const ids = feeds.get('labels/labels.ids');
      if (keep === undefined || ids === undefined) throw new Error(`feeds are ${[...feeds.keys()].join()}`);
      for (const [i, kept] of keep.data.entries()) if (kept === 0) ids.data[i] = words;
    });
    return [...(out.get('result/classify_prompts')?.data ?? [])];
  };
  const found = await answers(0);
  expect(found.length).toBe(3);
  expect(await answers(77)).toEqual(found);
});
