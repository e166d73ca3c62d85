// Parts and what they own: sharing, tying, paths of layers, draws, `learning`, frozen parts, bounds.

import { describe, expect, test } from 'vitest';
import { stamps } from '../../../src/dsl/gallery/base.ts';
import { stdSources } from '../../../src/dsl/std/sources.ts';
import { minimizing } from '../../minimizing.ts';
import { checkSpec } from './check-spec.ts';
import { feeds, type Kept, probe, run } from './probe.ts';
import { bitsOf, compiled, reference, takeSteps } from './toy-run.ts';

const all: Kept = { rows: [true, true, true], places: () => true };
const x = { shape: [3, 4] };

test('the standard library is right for all its uses', () => {
  for (const { text } of stdSources) {
    const own = checkSpec(text);
    expect(
      own.diagnostics.filter(d => d.code !== 'shadows-std'),
      own.rendered,
    ).toEqual([]);
  }
});

describe('weights', () => {
  test('of a part called twice are one', () => {
    const twice = probe(
      'block probe(x: float[N..., D]) {\n  part f = linear(out: D)\n  return f(f(x))\n}\n',
      { x },
    );
    expect(twice.weights).toEqual(['probe.f.weight', 'probe.f.bias']);
  });

  test('of two calls with names are two', () => {
    const two = probe(
      'block probe(x: float[N..., D]) {\n  return linear(linear(x, out: D) as one, out: D) as two\n}\n',
      { x },
    );
    expect(two.weights).toEqual(['probe.one.weight', 'probe.one.bias', 'probe.two.weight', 'probe.two.bias']);
  });

  test('are readable values, so tying is plain code', () => {
    const tied = probe(
      'block probe(c: index(V)[N...], width: int = 6) {\n  part table = embedding(width: width)\n  let h = table(c)\n  return h @ transpose(table.weight)\n}\n',
      { c: { shape: [3, 4], of: 11 } },
      { gradients: true },
    );
    expect(tied.weights).toEqual(['probe.table.weight']);
    const given = feeds(tied, all, 0);
    const results = run(tied, given);
    expect(results.get('out')?.shape).toEqual([3, 4, 11]);
    // Row i of the scores is W · W[id].
    const table = given.get('probe.table.weight')?.data ?? [];
    const id = Number(given.get('c')?.data[0]);
    const score = Array.from({ length: 6 }, (_, k) => Number(table[k]) * Number(table[id * 6 + k]));
    expect(results.get('out')?.data[0]).toBeCloseTo(
      score.reduce((a, b) => a + b),
      5,
    );
    expect(results.has('grad probe.table.weight')).toBe(true);
  });

  test('stand at paths of the parts that own them, layers by their numbers', () => {
    const deep = probe(
      'block probe(x: float[N..., D]) {\n  repeat 2 as low {\n    x = linear(x, out: D)\n    repeat 2 as inner {\n      x = rms_norm(x)\n    }\n  }\n  return x\n}\n',
      { x },
    );
    expect(deep.weights).toEqual([
      'probe.low.0.linear.weight',
      'probe.low.0.linear.bias',
      'probe.low.0.inner.0.rms_norm.scale',
      'probe.low.0.inner.1.rms_norm.scale',
      'probe.low.1.linear.weight',
      'probe.low.1.linear.bias',
      'probe.low.1.inner.0.rms_norm.scale',
      'probe.low.1.inner.1.rms_norm.scale',
    ]);
  });
});

describe('a static condition takes one branch', () => {
  const residual = (
    stride: number,
    out: number,
  ): string => `block basic(x: float[N..., H, W, C], out: int, stride: int) -> float[N..., (H - 1) // stride + 1, (W - 1) // stride + 1, out] {
  let y = conv(x, out: out, size: 3, stride: stride, pad: 1)
  if stride == 1 and out == C {
    return x + y
  }
  return y + conv(x, out: out, size: 1, stride: stride) as short
}

block probe(x: float[B, H, W, C]) {
  return basic(x, out: ${out}, stride: ${stride})
}
`;
  const picture = { shape: [2, 8, 8, 4] };

  test('under what the condition says, whatever its sizes are', () => {
    expect(checkSpec(residual(1, 4)).rendered).toBe('');
    const wrong = residual(1, 4)
      .replace('if stride == 1 and out == C', 'if «stride» == 1')
      .replaceAll('«', '')
      .replaceAll('»', '');
    expect(checkSpec(wrong).codes).toEqual(['dims-differ']);
  });

  test('and what is promised in one branch only is promised no more', () => {
    const loss = '  return infonce(y, y, scale: 10)\n}\n';
    const maybe = `block maybe(x: float[B, D], long: bool) {\n  let y = some(x, long: long)\n${loss}\nblock some(x: float[N..., D], long: bool) {\n  if long {\n    return x\n  }\n  return unit(x)\n}\n`;
    expect(checkSpec(maybe).codes).toEqual(['not-unit', 'not-unit']);
    expect(checkSpec(maybe.replace('return x\n', 'return unit(2 * x)\n')).rendered).toBe('');
    const carried = `block deep(y: unit float[B, D]) {\n  repeat 2 {\n    y = 2 * y + infonce(y, y, scale: 10)\n  }\n  return y\n}\n`;
    expect(checkSpec(carried).codes).toEqual(['not-unit', 'not-unit']);
  });

  test('and its weights alone', () => {
    const plain = probe(residual(1, 4), { x: picture });
    expect(plain.weights.filter(w => w.includes('short'))).toEqual([]);
    const strided = probe(residual(2, 6), { x: picture });
    expect(strided.weights.filter(w => w.includes('short'))).toEqual([
      'probe.basic.short.weight',
      'probe.basic.short.bias',
    ]);
    expect(run(strided, feeds(strided, all, 0)).get('out')?.shape).toEqual([2, 4, 4, 6]);
  });
});

describe('draws', () => {
  const two =
    'block probe(x: float[N..., D]) {\n  return { a: dropout(x, rate: 0.5) as one, b: dropout(x, rate: 0.5) as two }\n}\n';
  const wide = { x: { shape: [16, 16] } };
  const kept: Kept = { rows: Array(16).fill(true), places: () => true };
  const drawn = (source: string, seed: number, step: number): readonly (readonly number[])[] => {
    const p = probe(source, wide, { learning: true });
    const given = new Map(feeds(p, kept, 0));
    given.set('seed', { dtype: 'i32', shape: [], data: Int32Array.of(seed) });
    given.set('step', { dtype: 'i32', shape: [], data: Int32Array.of(step) });
    const results = run(p, given);
    return ['out.a', 'out.b'].map(name => [...(results.get(name)?.data ?? [])].map(v => (v === 0 ? 0 : 1)));
  };

  test('of two parts differ, and are the same again for the same seed and step', () => {
    const [a, b] = drawn(two, 1, 1);
    expect(a).not.toEqual(b);
    expect(drawn(two, 1, 1)).toEqual([a, b]);
    expect(drawn(two, 2, 1)[0]).not.toEqual(a);
    expect(drawn(two, 1, 2)[0]).not.toEqual(a);
    const share = (a ?? []).reduce((n, v) => n + v, 0) / 256;
    expect(share).toBeGreaterThan(0.35);
    expect(share).toBeLessThan(0.65);
  });

  test('are keyed by the names of parts: another before them changes nothing', () => {
    const more = two.replace('return {', 'let y = x + dropout(x, rate: 0.1) as first\n  return { c: y,');
    expect(drawn(more, 1, 1)).toEqual(drawn(two, 1, 1));
  });

  test('are left out where the part doesn’t learn', () => {
    const calm = probe(two, wide, { learning: false });
    expect(calm.graph.inputs.map(i => i.name)).toEqual(['x']);
    const given = feeds(calm, kept, 0);
    expect(run(calm, given).get('out.a')?.data).toEqual(given.get('x')?.data);
  });

  test('scale up what is kept', () => {
    const p = probe('block probe(x: float[N..., D]) {\n  return dropout(x, rate: 0.75)\n}\n', wide, {
      learning: true,
    });
    const given = feeds(p, kept, 0);
    const from = given.get('x')?.data ?? [];
    const to = run(p, given).get('out')?.data ?? [];
    for (const [i, v] of [...to].entries()) if (v !== 0) expect(v).toBeCloseTo(4 * Number(from[i]), 5);
  });
});

describe('in a stage', () => {
  const noisy = stamps.replace(
    'transformer(depth: 1, heads: 4)',
    'transformer(depth: 1, heads: 4, drop: 0.5)',
  );
  const stage = (train: string) =>
    minimizing(compiled(noisy.replace('train all', train)).stage('align', reference().target));
  const draws = (program: ReturnType<typeof stage>): number =>
    program.train.plan.graph.nodes.filter(n => n.op === 'random_bits').length;

  test('frozen parts keep their bits, have no moments and drop nothing', async () => {
    const program = stage('train rest\n    freeze read');
    expect(program.frozen.every(p => p.startsWith('read.'))).toBe(true);
    expect(draws(program)).toBe(0);
    expect(
      program.train.plan.graph.inputs.filter(i => i.role === 'moment' && i.name.startsWith('read.')),
    ).toEqual([]);
    const { weights, before } = await takeSteps(program, reference(), { steps: 2 });
    for (const path of program.frozen)
      expect(bitsOf(weights.get(path)), path).toEqual(bitsOf(before.get(path)));
    for (const path of program.trained)
      expect(bitsOf(weights.get(path)), path).not.toEqual(bitsOf(before.get(path)));
  });

  test('trained parts draw, measured ones never', () => {
    const program = stage('train all');
    expect(draws(program)).toBe(2);
    for (const m of program.measures)
      expect(m.entry.plan.graph.nodes.some(n => n.op === 'random_bits')).toBe(false);
  });

  test('a part used by two objectives is evaluated once, with one set of draws', () => {
    const both = noisy
      .replace(
        'cross_entropy(linear(look(picture), out: Kind), kind)',
        'cross_entropy(linear(look(picture), out: Kind), kind) + mean(read(caption))',
      )
      .replace(
        'objective sort(picture: picture[B],',
        'objective sort(picture: picture[B], caption: caption[B],',
      );
    const program = minimizing(compiled(both).stage('align', reference().target));
    expect(draws(program)).toBe(2);
  });

  test('bounds hold after every step', async () => {
    const bounded = stamps
      .replace('learned(1 / 0.07, max: 100)', 'learned(10, max: 10.001)')
      .replace('cosine(peak: 1e-3, warmup: 10)', '0.5');
    const program = minimizing(compiled(bounded).stage('align', reference().target));
    const { weights, before } = await takeSteps(program, reference(), { steps: 3 });
    const path = 'seen.learned.log_value';
    expect(program.weights.find(w => w.path === path)?.atMost).toBeCloseTo(Math.log(10.001), 6);
    expect(before.get(path)?.data[0]).toBeCloseTo(Math.log(10), 6);
    expect(weights.get(path)?.data[0]).toBeLessThanOrEqual(Math.fround(Math.log(10.001)));
  });
});

test('several objectives have their own data and batches', () => {
  const spec = stamps.replace(
    'minimize seen + 0.5 * sort on stamps.train batch 8',
    'minimize seen on stamps.train batch 8 + 0.5 * sort on others.train with picture: [shift(2)] batch 3',
  );
  const program = minimizing(compiled(spec).stage('align', reference().target));
  expect(
    program.train.batches.map(b => ({
      data: b.data,
      size: b.size,
      fields: b.fields.map(f => f.name),
      distinct: b.distinct,
    })),
  ).toEqual([
    {
      data: { set: 'stamps', split: 'train' },
      size: 8,
      fields: ['picture', 'caption'],
      distinct: ['picture', 'caption'],
    },
    { data: { set: 'others', split: 'train' }, size: 3, fields: ['picture', 'kind'], distinct: [] },
  ]);
  expect(program.train.batches[1]?.fields[0]?.transforms.map(t => t.name)).toEqual(['shift']);
  expect(program.train.fetches).toEqual(
    expect.arrayContaining(['loss', 'loss/seen', 'loss/sort', 'gradient_norm']),
  );
});
