// The reference engine: sessions, state that replaces itself, halves, and clear errors.

import { describe, expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { fromHalf, toHalf } from '../../src/backends/reference/half.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { Plan } from '../../src/compiler/plan.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph, TensorType } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { bits, floats, ints, valuesOf } from '../ops/run-op.ts';

const pair: TensorType = { dtype: 'f32', shape: [2] };

/** w' = w + x; fetches the sum of the old w. */
function accumulate(): Graph {
  const b = createBuilder('accumulate', ops);
  const w = b.input('w', 'weight', pair);
  const x = b.input('x', 'feed', pair);
  b.output('w', 'next', b.one('add', [w, x]));
  b.output('total', 'fetch', b.one('reduce_sum', [w], { axes: [0], keepdims: false }));
  return b.finish();
}

/** Fetches w as it is. */
function peek(): Graph {
  const b = createBuilder('peek', ops);
  b.output('w', 'fetch', b.input('w', 'weight', pair));
  return b.finish();
}

const planOf = (graph: Graph): Plan => ({
  graph,
  buffers: [],
  bufferOf: new Map(),
  releases: [],
  peakBytes: 0,
  fusions: [],
});

const open = (precision: 'f32' | 'f64' = 'f32') =>
  createReferenceEngine({ precision }).open(
    new Map([
      ['step', planOf(accumulate())],
      ['peek', planOf(peek())],
    ]),
    {},
  );

const x = new Map([['x', floats([2], [10, 20])]]);

describe('a session', () => {
  test('next values replace the inputs of their names, for all entries', async () => {
    const session = await open();
    await session.write(new Map([['w', floats([2], [1, 2])]]));
    expect((await session.run('step', x)).get('total')!.data).toEqual(Float32Array.of(3));
    expect((await session.run('step', x)).get('total')!.data).toEqual(Float32Array.of(33));
    expect((await session.run('peek', new Map())).get('w')!.data).toEqual(Float32Array.of(21, 42));
    expect((await session.read(['w'])).get('w')!.data).toEqual(Float32Array.of(21, 42));
  });

  test('what is written and read are copies', async () => {
    const session = await open();
    const given = floats([2], [1, 2]);
    await session.write(new Map([['w', given]]));
    given.data[0] = 99;
    const read = (await session.read(['w'])).get('w')!;
    expect(read.data).toEqual(Float32Array.of(1, 2));
    read.data[0] = 99;
    const fetched = (await session.run('peek', new Map())).get('w')!;
    fetched.data[1] = 99;
    expect((await session.read(['w'])).get('w')!.data).toEqual(Float32Array.of(1, 2));
  });

  test('f64 keeps its state in double precision and gives f32 out', async () => {
    const session = await open('f64');
    const tiny = new Map([['x', floats([2], [2 ** -40, 0])]]);
    await session.write(new Map([['w', floats([2], [1, 0])]]));
    for (let i = 0; i < 4; i++) await session.run('step', tiny);
    await session.run('step', new Map([['x', floats([2], [-1, 0])]]));
    const read = (await session.read(['w'])).get('w')!;
    expect(read.data).toEqual(Float32Array.of(2 ** -38, 0));
  });

  test('errors say what is missing or wrong', async () => {
    const session = await open();
    await expect(session.run('step', x)).rejects.toThrow('w has no value yet: write it before the first run');
    await expect(session.read(['w'])).rejects.toThrow('w has no value yet');
    await expect(session.write(new Map([['v', floats([2], [1, 2])]]))).rejects.toThrow(
      'no entry has a weight, state or moment named v',
    );
    await expect(session.write(new Map([['w', floats([3], [1, 2, 3])]]))).rejects.toThrow(
      'w is f32[2]; it was given f32[3] with 3 elements',
    );
    await session.write(new Map([['w', floats([2], [1, 2])]]));
    await expect(session.run('step', new Map())).rejects.toThrow('entry step wants a feed named x');
    await expect(session.run('stop', x)).rejects.toThrow('no entry named stop');
    await expect(session.run('peek', x)).rejects.toThrow('entry peek has no feed named x');
    await expect(session.run('step', new Map([['x', ints([2], [1, 2])]]))).rejects.toThrow(
      'x is f32[2]; it was given i32[2]',
    );
  });

  test('entries that disagree about a weight are refused', async () => {
    const b = createBuilder('other', ops);
    b.output('w', 'fetch', b.input('w', 'weight', { dtype: 'f32', shape: [3] }));
    const entries = new Map([
      ['step', planOf(accumulate())],
      ['other', planOf(b.finish())],
    ]);
    await expect(createReferenceEngine({ precision: 'f32' }).open(entries, {})).rejects.toThrow(
      'entry other has w under another type',
    );
  });

  test('the target runs every composite whole but the flash forms, which save memory for work', () => {
    const { target } = createReferenceEngine({ precision: 'f32' });
    const composites = [...ops.values()].filter(def => def.kind === 'composite').map(def => def.name);
    const whole = composites.filter(name => !name.startsWith('flash_'));
    expect(whole.length).toBeLessThan(composites.length);
    expect([...target.composites].sort()).toEqual(whole.sort());
  });
});

describe('evaluate', () => {
  test('a missing input is named', () => {
    expect(() => evaluate(peek(), new Map(), { precision: 'f32' })).toThrow('wants an input named w');
  });

  test('f64 gives more digits than f32', () => {
    const b = createBuilder('third', ops);
    b.output('y', 'fetch', b.one('div', [b.constant(1), b.constant(3)]));
    const graph = b.finish();
    const at = (precision: 'f32' | 'f64') => evaluate(graph, new Map(), { precision }).get('y')!.data[0];
    expect(at('f64')).toBe(1 / 3);
    expect(at('f32')).toBe(Math.fround(1 / 3));
  });
});

describe('halves', () => {
  test('f16 bits agree with IEEE 754', () => {
    const known: readonly (readonly [number, number])[] = [
      [1, 15360],
      [-2.5, 49408],
      [0.1, 11878],
      [65504, 31743],
      [6e-8, 1],
      [3.05e-5, 512],
      [1e-4, 1678],
      [2049, 26624],
      [2051, 26626],
      [1 - 2 ** -12, 15360],
      [70000, 0x7c00],
    ];
    expect([
      ...toHalf(
        'f16',
        known.map(([value]) => value),
      ),
    ]).toEqual(known.map(([, bit]) => bit));
  });

  test('every f16 and bf16 survives the way there and back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    for (const dtype of ['f16', 'bf16'] as const) {
      const values = fromHalf(dtype, all);
      const back = toHalf(dtype, values);
      const wrong = all.filter(i => !Number.isNaN(values[i]!) && back[i] !== i);
      expect([...wrong]).toEqual([]);
    }
  });

  test('bf16 rounds to even', () => {
    expect([...toHalf('bf16', [1 + 2 ** -8, 1 + 3 * 2 ** -8, Number.NaN])]).toEqual([0x3f80, 0x3f82, 0x7fc0]);
  });

  test('an op on bf16 rounds its result', () => {
    const one = 0x3f80;
    const small = 0x3b00; // 2⁻⁹: lost beside 1 in bf16
    expect(valuesOf('add', [bits('bf16', [one]), bits('bf16', [small])])).toEqual([one]);
  });

  test('casting from f32 gives bits', () => {
    const cast = (value: number): HostTensor['data'][number] =>
      valuesOf('cast', [floats([1], [value])], { to: 'f16' })[0]!;
    expect(cast(-2.5)).toBe(49408);
  });
});
