// The batch worker as it is bundled, against batches made in this thread.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBatches, createBatchStream, openData } from '../../src/data/index.ts';
import { batchSpec, imageField, textField, toys, transform } from './specs.ts';

const root = join(import.meta.dirname, '../..');
// Beside the packages, so that the worker finds them.
const folder = join(root, 'node_modules', `.mmlang-test-${process.pid}`);
const worker = join(folder, 'batch-worker.mjs');

beforeAll(() =>
  build({
    entryPoints: { 'batch-worker': join(root, 'src/data/batch-worker.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function options() {
  const batch = batchSpec('train', 4, [
    imageField(4, [transform('shift', { pixels: 2 }), transform('noise', { by: 0.1 })]),
    textField(4, [transform('words', { from: 0.5, to: 1 })]),
  ]);
  const data = openData({ specFile: `${await toys()}/x.mm`, cacheFolder: false });
  const split = (await data.prepare(batch)).value;
  const tokenizers = (await data.fitTokenizers([batch])).value;
  if (split === undefined || tokenizers === undefined) throw new Error('the toys are broken');
  return { batch, split, tokenizers, seed: 3 };
}

it('makes the same bits as this thread, from any step on', async () => {
  const made = await options();
  const here = createBatches(made).value;
  const stream = createBatchStream({ ...made, from: 5, worker });
  const asked = [stream.next(), stream.next(), stream.next(), stream.next(), stream.next()];
  for (const [i, batch] of (await Promise.all(asked)).entries()) {
    const expected = here?.make(5 + i);
    expect(batch.ids).toEqual(expected?.ids);
    for (const [name, tensor] of expected?.feeds ?? []) expect(batch.feeds.get(name)).toEqual(tensor);
  }
  await stream.close();
  await expect(stream.next()).rejects.toThrow('it was closed');
});

it('says what went wrong in the worker', async () => {
  const made = await options();
  // A split that lost its pictures on the way: only the worker runs into it.
  const columns = { ...made.split.columns };
  delete columns.picture;
  const stream = createBatchStream({ ...made, split: { ...made.split, columns }, from: 1, worker });
  await expect(stream.next()).rejects.toMatchObject({ diagnostics: [{ code: 'worker-failed' }] });
  await stream.close();
});

it('fails where the worker is not there', async () => {
  const stream = createBatchStream({ ...(await options()), from: 1, worker: join(folder, 'none.mjs') });
  await expect(stream.next()).rejects.toMatchObject({ diagnostics: [{ code: 'worker-failed' }] });
});
