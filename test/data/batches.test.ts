import { expect, it } from 'vitest';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { BatchSpec } from '../../src/compiler/program.ts';
import { batchOrder, passOrder } from '../../src/data/batch/order.ts';
import { createBatches, evaluationBatches, openData } from '../../src/data/index.ts';
import { batchSpec, imageField, labelField, textField, toys, transform } from './specs.ts';

const all = (size: number, split = 'train', distinct: readonly string[] = []): BatchSpec =>
  batchSpec(split, size, [imageField(size), textField(size), labelField(size, 2)], distinct);

async function prepared(spec: BatchSpec) {
  const data = openData({ specFile: `${await toys()}/x.mm`, cacheFolder: false });
  const split = (await data.prepare(spec)).value;
  const tokenizers = (await data.fitTokenizers([spec])).value;
  if (split === undefined || tokenizers === undefined) throw new Error('the toys are broken');
  return { batch: spec, split, tokenizers, data };
}

const bytes = (tensor: HostTensor | undefined): string =>
  Buffer.from(tensor?.data.buffer ?? new ArrayBuffer()).toString('hex');

it('fills every feed with its shape and type', async () => {
  const { batch, split, tokenizers } = await prepared(all(4));
  const made = createBatches({ batch, split, tokenizers, seed: 1 }).value?.make(1);
  expect([...(made?.feeds ?? [])].map(([name, t]) => [name, t.dtype, t.shape, t.data.length])).toEqual([
    ['picture.pixels', 'f32', [4, 8, 8, 3], 768],
    ['caption.ids', 'i32', [4, 8], 32],
    ['caption.keep', 'bool', [4, 8], 32],
    ['kind.index', 'i32', [4], 4],
    ['keep', 'bool', [4], 4],
  ]);
  expect(made?.rows).toBe(4);
});

it('takes every row once in evaluation, in order, the last batch padded with zeros', async () => {
  const { batch, split, tokenizers } = await prepared(all(4));
  const made = [...evaluationBatches({ batch, split, tokenizers })];
  expect(made.map(b => b.rows)).toEqual([4, 4, 1]);
  expect(made.flatMap(b => b.ids)).toEqual(Array.from({ length: 9 }, (_, i) => `toys.csv row ${i + 1}`));
  const last = made[2]?.feeds;
  expect([...(last?.get('keep')?.data ?? [])]).toEqual([1, 0, 0, 0]);
  expect([...(last?.get('caption.keep')?.data ?? [])].slice(8).every(v => v === 0)).toBe(true);
  const pixels = last?.get('picture.pixels')?.data ?? [];
  // Row 8 is (80, 160, 200): p / 127.5 − 1; the padding is 0.
  for (const [c, p] of [80, 160, 200].entries()) expect(pixels[c]).toBeCloseTo(p / 127.5 - 1, 5);
  expect(pixels[192]).toBe(0);
  expect([...(last?.get('kind.index')?.data ?? [])]).toEqual([0, 0, 0, 0]);
  expect([...(made[0]?.feeds.get('kind.index')?.data ?? [])]).toEqual([0, 1, 0, 1]);
});

it('is a function of seed and step, epochs differ, and every row is seen once in an epoch', async () => {
  const augmented = batchSpec('train', 3, [
    imageField(3, [transform('shift', { pixels: 2 }), transform('colour', { by: 0.3 })]),
    textField(3, [transform('drop', { share: 0.3 })]),
  ]);
  const options = await prepared(augmented);
  const one = createBatches({ ...options, seed: 7 }).value;
  const two = createBatches({ ...options, seed: 7 }).value;
  const other = createBatches({ ...options, seed: 8 }).value;
  if (one === undefined || two === undefined || other === undefined) throw new Error('no batches');
  expect(one.batchesPerEpoch).toBe(3);
  const walk = [1, 2, 3, 4, 5, 6].map(s => one.make(s));
  for (const step of [5, 2, 6]) {
    const jumped = two.make(step);
    for (const [name, tensor] of jumped.feeds)
      expect(bytes(walk[step - 1]?.feeds.get(name))).toBe(bytes(tensor));
  }
  const ids = (from: number): string[] => walk.slice(from, from + 3).flatMap(b => b.ids);
  expect([...ids(0)].sort()).toEqual([...ids(3)].sort());
  expect(new Set(ids(0)).size).toBe(9);
  expect(ids(0)).not.toEqual(ids(3));
  expect(bytes(other.make(1).feeds.get('picture.pixels'))).not.toBe(
    bytes(walk[0]?.feeds.get('picture.pixels')),
  );
});

it('goes on from where a checkpoint stood, and refuses other data', async () => {
  const spec = all(4);
  const { data, tokenizers } = await prepared(spec);
  const source = data.source(tokenizers);
  const stream = await source.stream(spec, 3, undefined);
  const first = await stream.next();
  const second = await stream.next();
  const third = await stream.next();
  const resumed = await source.stream(spec, 3, JSON.parse(JSON.stringify(second.after)));
  expect((await resumed.next()).ids).toEqual(third.ids);
  expect(first.after.step).toBe(1);
  await expect(source.stream(spec, 3, { step: 2, data: 'another' })).rejects.toMatchObject({
    diagnostics: [{ code: 'data-changed' }],
  });
  await expect(source.stream(spec, 3, { step: -1 })).rejects.toMatchObject({
    diagnostics: [{ code: 'position-invalid' }],
  });
});

it('reads every row once in each pass, the rest of the rows last', () => {
  const order = passOrder({ rows: 10, size: 4, seed: 5, owner: 'b' });
  expect(order.batchesPerEpoch).toBe(3);
  const pass = (n: number): readonly number[] => [1, 2, 3].flatMap(step => [...order.rowsOf(3 * n + step)]);
  for (const n of [0, 1, 5]) {
    expect([1, 2, 3].map(step => order.rowsOf(3 * n + step).length)).toEqual([4, 4, 2]);
    expect([...pass(n)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
  expect(pass(0)).not.toEqual(pass(1));
  // A batch larger than the split is one batch.
  const small = passOrder({ rows: 3, size: 4, seed: 5, owner: 'b' });
  expect([small.batchesPerEpoch, small.rowsOf(7).length]).toEqual([1, 3]);
});

it('fills up the last batch of a pass with rows that are not kept', async () => {
  const { batch, split, tokenizers } = await prepared({ ...all(4), order: 'passes' });
  const made = createBatches({ batch, split, tokenizers, seed: 1 }).value;
  expect(made?.batchesPerEpoch).toBe(3);
  const last = made?.make(3);
  expect(last?.rows).toBe(1);
  expect([...(last?.feeds.get('keep')?.data ?? [])]).toEqual([1, 0, 0, 0]);
  expect([...(last?.feeds.get('picture.pixels')?.data ?? [])].slice(192).every(x => x === 0)).toBe(true);
});

it('never puts two equal values of a distinct field into one batch', () => {
  const groups = Int32Array.from({ length: 120 }, (_, i) => i % 40);
  const order = batchOrder({ rows: 120, size: 32, seed: 5, owner: 'b', distinct: [groups] });
  expect(order.batchesPerEpoch).toBe(3);
  for (let step = 1; step <= 30; step++) {
    const values = Array.from(order.rowsOf(step), row => groups[row]);
    expect(values.length).toBe(32);
    expect(new Set(values).size).toBe(32);
  }
  const seen = new Map<number, number>();
  for (let step = 1; step <= 3; step++)
    for (const row of order.rowsOf(step)) seen.set(row, (seen.get(row) ?? 0) + 1);
  // Each of 40 values is there three times: two batches take 32 of 40 each, so most rows are seen and few twice.
  expect(seen.size).toBeGreaterThan(88);
});

it('says at the start which batch cannot be', async () => {
  const { batch, split, tokenizers } = await prepared(all(10));
  const large = createBatches({ batch, split, tokenizers, seed: 1 });
  expect(large.diagnostics[0]?.message).toBe('batch 10 is larger than its split: toys.train has 9 rows');
  const distinct = createBatches({ batch: all(8, 'train', ['caption']), split, tokenizers, seed: 1 });
  expect(distinct.diagnostics[0]?.message).toBe(
    'batch 8 cannot hold 8 different values of caption: toys.train has 6',
  );
});

it('names fields that the manifest lacks or has as something else', async () => {
  const data = openData({ specFile: `${await toys()}/x.mm`, cacheFolder: false });
  const { feeds, type } = labelField(2, 2);
  const fields = [
    { ...textField(2), name: 'captoin' },
    { ...textField(2), name: 'picture', feeds, type },
  ];
  const { diagnostics } = await data.prepare(batchSpec('train', 2, fields));
  expect(diagnostics.map(d => [d.code, d.message, d.help])).toEqual([
    ['field-missing', 'the data set toys has no field captoin', 'did you mean caption?'],
    [
      'field-kind',
      'field picture of toys is image, and the spec reads label',
      'in the manifest: picture: { …, as: label }',
    ],
  ]);
  const other = await data.prepare(batchSpec('trian', 2, [textField(2)]));
  expect(other.diagnostics[0]).toMatchObject({
    code: 'split-missing',
    help: 'did you mean train?',
    span: { line: 3 },
  });
});

it('reads labels by the spec’s names, else by their own', async () => {
  const named = batchSpec('train', 9, [labelField(9, 2, ['odd', 'even'])]);
  const { split } = await prepared(named);
  expect(split.columns.kind).toMatchObject({ index: Int32Array.of(1, 0, 1, 0, 1, 0, 1, 0, 1) });
  const data = openData({ specFile: `${await toys()}/x.mm`, cacheFolder: false });
  const few = await data.prepare(batchSpec('train', 9, [labelField(9, 1)]));
  expect(few.diagnostics[0]?.code).toBe('labels-size');
});
