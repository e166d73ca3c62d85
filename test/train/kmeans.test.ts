// k-means as a stage fits it: colours of very unequal shares are all found, whatever is dropped or equal.

import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/backends/engine.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { randomStream } from '../../src/base/random.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { feedsOf } from '../../src/train/feeds.ts';
import { initialTensors } from '../../src/train/initialize.ts';
import { fitScalars, scalarFeeds } from '../../src/train/schedule.ts';
import { compiled } from '../dsl/semantics/toy-run.ts';

const rows = 8;
const pixels = 8 * 8;
type Colour = readonly [number, number, number];

const spec = (colours: number, more = ''): string => `model Palette {
  modality picture: Image(height: 8, width: 8)
  vocabulary colour(${colours})
  part palette = kmeans(colour${more})
  encoder draw(p: picture[N...]) -> index(colour)[N..., 8, 8] { return palette(p.pixels) }
  stage colouring { fit palette: draw(picture) on any.train batch ${rows} passes 1 }
}
`;

/** Pictures whose every pixel is one of the colours, by their shares. */
function drawn(colours: readonly (readonly [Colour, number])[], step: number): Float32Array {
  const stream = randomStream(1, `pixels ${step}`);
  const all = colours.reduce((n, [, share]) => n + share, 0);
  const data = new Float32Array(rows * pixels * 3);
  for (let i = 0; i < rows * pixels; i += 1) {
    let left = stream.uniform(i) * all;
    const found = colours.find(([, share]) => {
      left -= share;
      return left < 0;
    });
    data.set((found ?? colours[0]!)[0], i * 3);
  }
  return data;
}

interface Run {
  readonly engine?: Engine;
  readonly seed?: number;
  readonly steps?: number;
  readonly more?: string;
  readonly keep?: readonly number[];
  /** Another spec. */
  readonly text?: string;
}

/** The states after so many steps. */
async function fitted(
  colours: number,
  batch: (step: number) => Float32Array,
  {
    engine = createReferenceEngine({ precision: 'f32' }),
    seed = 1,
    steps = 12,
    more = '',
    keep,
    text,
  }: Run = {},
): Promise<ReadonlyMap<string, HostTensor>> {
  const program = compiled(text ?? spec(colours, more)).stage(
    text === undefined ? 'colouring' : 'sorting',
    engine.target,
  );
  if (program.kind !== 'fit') throw new Error('this stage fits');
  const [fit] = program.fits;
  const { entry } = fit!;
  const session = await engine.open(new Map([[entry.name, entry.plan]]), { threads: 1 });
  try {
    await session.write(initialTensors(program.weights, 1));
    for (let step = 1; step <= steps; step += 1) {
      const given = new Map<string, HostTensor>([
        ['b0/picture.pixels', { dtype: 'f32', shape: [rows, 8, 8, 3], data: batch(step) }],
        ['b0/keep', { dtype: 'bool', shape: [rows], data: Uint8Array.from(keep ?? Array(rows).fill(1)) }],
      ]);
      const scalars = scalarFeeds(entry, fitScalars(step, seed));
      const fetched = await session.run(entry.name, feedsOf(entry, [...given, ...scalars]));
      expect(Number.isFinite(fetched.get('change')?.data[0])).toBe(true);
    }
    return await session.read(program.weights.map(w => w.path));
  } finally {
    await session.close();
  }
}

/** How far each colour is from its nearest centre. */
function misses(colours: readonly Colour[], states: ReadonlyMap<string, HostTensor>): readonly number[] {
  const { data } = states.get('palette.centers') ?? states.get('things.centers')!;
  return colours.map(c =>
    Math.min(
      ...Array.from({ length: data.length / 3 }, (_, k) =>
        Math.hypot(...c.map((v, i) => v - (data[3 * k + i] ?? 0))),
      ),
    ),
  );
}

const bits = (states: ReadonlyMap<string, HostTensor>): string =>
  [...states.values()].map(t => Buffer.from(t.data.buffer).toString('hex')).join(' ');

// White covers nine tenths, and one colour a few pixels in a batch.
const unequal: readonly (readonly [Colour, number])[] = [
  [[1, 1, 1], 0.9],
  [[-1, -1, -1], 0.04],
  [[0, 0, 0], 0.03],
  [[1, -1, -1], 0.01],
  [[0.9, -1, -1], 0.01],
  [[-0.5, 0.5, 1], 0.01],
];
const colours = unequal.map(([c]) => c);

describe.each([
  ['reference', createReferenceEngine({ precision: 'f32' })],
  ['onnx', createOnnxEngine()],
] as const)('on %s', (_, engine) => {
  test('with a few to spare every colour gets a centre, however rare it is', async () => {
    for (const seed of [1, 2]) {
      const states = await fitted(8, step => drawn(unequal, step), { engine, seed, steps: 150 });
      expect(Math.max(...misses(colours, states)), `seed ${seed}`).toBeLessThan(1e-2);
    }
  });

  test('more centres than colours: the colours are exact and the rest stands idle', async () => {
    const states = await fitted(16, step => drawn(unequal, step), { engine, steps: 200 });
    expect(Math.max(...misses(colours, states))).toBeLessThan(1e-5);
    const used = [...states.get('palette.seen')!.data].filter(n => Number(n) >= 1);
    expect(used.length).toBe(6);
  });

  test('what is dropped changes no bit, NaN neither', async () => {
    const keep = [1, 1, 1, 1, 1, 0, 0, 0];
    const with_ = (dropped: number) => (step: number) => drawn(unequal, step).fill(dropped, 5 * pixels * 3);
    const zero = await fitted(6, with_(0), { engine, keep });
    expect(bits(await fitted(6, with_(Number.NaN), { engine, keep }))).toBe(bits(zero));
    expect(bits(await fitted(6, with_(1e30), { engine, keep }))).toBe(bits(zero));
    const all = [...zero.get('palette.seen')!.data].reduce((a, b) => a + Number(b), 0);
    // 12 batches of 5 rows, each older one counting less by 0.95.
    expect(all).toBeCloseTo((5 * pixels * (1 - 0.95 ** 12)) / 0.05, 0);
  });
});

test('equal draws give equal bits, other draws another order', async () => {
  const run = (seed: number) => fitted(6, step => drawn(unequal, step), { seed });
  expect(bits(await run(4))).toBe(bits(await run(4)));
  expect(bits(await run(4))).not.toBe(bits(await run(5)));
});

test('a centre whose colour comes no more is placed anew', async () => {
  const later = unequal.map(([c, share], i): readonly [Colour, number] =>
    i === 2 ? [[0.2, 0.9, -0.7], share] : [c, share],
  );
  const batch = (step: number): Float32Array => drawn(step <= 10 ? unequal : later, step);
  const states = await fitted(6, batch, { steps: 90, more: ', decay: 0.9' });
  expect(
    Math.max(
      ...misses(
        later.map(([c]) => c),
        states,
      ),
    ),
  ).toBeLessThan(1e-2);
});

test('without decay a centre is the mean of all that was nearest to it', async () => {
  const grey = (step: number): Float32Array =>
    new Float32Array(rows * pixels * 3).map((_, i) => (step + (Math.floor(i / 3) % 2)) / 10);
  const states = await fitted(1, grey, { steps: 4, more: ', decay: 1' });
  expect(states.get('palette.seen')?.data[0]).toBe(4 * rows * pixels);
  for (const v of states.get('palette.centers')!.data) expect(v).toBeCloseTo(0.3, 5);
});

// ── Batches with fewer vectors than centres: one vector for each picture.

const things = 12;
const ones = Array<number>(rows).fill(1);
const few = `model Few {
  modality picture: Image(height: 8, width: 8)
  vocabulary thing(${things + 4})
  part things = kmeans(thing)
  encoder name(p: picture[N...]) -> index(thing)[N...] {
    return things(rearrange(p.pixels, "n h w c -> n (h w) c") |> mean(axis: -2))
  }
  stage sorting { fit things: name(picture) on any.train batch ${rows} passes 1 }
}
`;
const thing = (i: number): Colour => [Math.cos(i), Math.sin(i), i / things - 0.5];

/** Pictures of one colour each: the next ones in turn, so that some batch holds every two together. */
const inTurn = (step: number): Float32Array =>
  Float32Array.from({ length: rows * pixels * 3 }, (_, i) => {
    const row = Math.floor(i / (pixels * 3));
    return thing(((step - 1) * 5 + row) % things)[i % 3]!;
  });

describe.each([
  ['reference', createReferenceEngine({ precision: 'f32' })],
  ['onnx', createOnnxEngine()],
] as const)('with fewer vectors in a batch than centres, on %s', (_, engine) => {
  const all = Array.from({ length: things }, (_, i) => thing(i));

  test('the first batch places as many centres as it has vectors, the rest later ones', async () => {
    const once = await fitted(things, inTurn, { engine, steps: 1, text: few });
    expect([...once.get('things.seen')!.data].map(Number).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, ...ones]);
    const states = await fitted(things, inTurn, { engine, steps: 40, text: few });
    expect(Math.max(...misses(all, states))).toBeLessThan(1e-4);
    expect([...states.get('things.seen')!.data].filter(n => Number(n) >= 1).length).toBe(things);
  });

  test('what is dropped is never placed', async () => {
    const keep = [1, 1, 1, 0, 0, 0, 0, 0];
    const with_ = (dropped: number) => (step: number) => inTurn(step).fill(dropped, 3 * pixels * 3);
    const zero = await fitted(things, with_(0), { engine, keep, steps: 3, text: few });
    expect(bits(await fitted(things, with_(Number.NaN), { engine, keep, steps: 3, text: few }))).toBe(
      bits(zero),
    );
  });
});
