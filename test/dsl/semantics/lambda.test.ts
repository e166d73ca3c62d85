// Blocks written in place and blocks with settings: what they see, what they own, and what is wrong with them.

import { describe, expect, test } from 'vitest';
import { checkSpec } from './check-spec.ts';
import { feeds, keptValues, probe, run } from './probe.ts';

const inputs = { x: { shape: [2, 3] } };
const codes = (text: string): readonly string[] => checkSpec(text).codes;

function values(body: string, blocks = ''): readonly number[] {
  const p = probe(`${blocks}block probe(x: float[B, D]) {\n${body}\n}\n`, inputs);
  return keptValues(run(p, feeds(p, { rows: [true, true], places: () => true }, 0)), 'out');
}

const twice = 'block twice(x: float[N..., D], f: block = relu) -> float[N..., D] {\n  return f(f(x))\n}\n';

describe('a block written in place', () => {
  test('is what its body is', () => {
    expect(values('  let f = a => 3 * a\n  return f(x)')).toEqual(values('  return 3 * x'));
    expect(values('  return twice(x, f: a => a * a)', twice)).toEqual(values('  return x * x * x * x'));
    expect(values('  let f = (a, b) => a - b\n  return f(b: x, a: 2)')).toEqual(values('  return 2 - x'));
  });

  test('sees what is in reach where it is written', () => {
    expect(values('  let k = sum(x)\n  return twice(x, f: a => a + k)', twice)).toEqual(
      values('  return x + sum(x) + sum(x)'),
    );
  });

  test('owns weights where it is called, at the name that it has there', () => {
    const source = (f: string): string =>
      `block once(x: float[N..., D], f: block) -> float[N..., D] { return f(x) }\nblock probe(x: float[B, D]) { return once(x, f: ${f}) }\n`;
    expect(probe(source('a => linear(a, out: 3)'), inputs).weights).toEqual([
      'probe.once.f.linear.weight',
      'probe.once.f.linear.bias',
    ]);
  });

  test('called twice, it owns nothing by accident', () => {
    expect(
      codes(
        'block f(x: float[N..., D]) {\n  let g = a => linear(a, out: D)\n  return g(x) + g(x)\n}\nblock h(x: float[N..., D]) { return f(x) }\n',
      ),
    ).toEqual(['twin-parts']);
  });

  test('may not call itself, nor take too few or too many values', () => {
    expect(codes('block f(x: float[N..., D]) {\n  let g = a => g(a)\n  return g(x)\n}\n')).toEqual([
      'recursive-block',
    ]);
    const call = (args: string): string =>
      `block f(x: float[N..., D]) {\n  let g = (a, b) => a + b\n  return g(${args})\n}\n`;
    expect(codes(call('x, x'))).toEqual([]);
    expect(codes(call('x'))).toEqual(['missing-argument']);
    expect(codes(call('x, x, x'))).toEqual(['too-many-arguments']);
    expect(codes(call('x, c: x'))).toEqual(['unknown-argument']);
    expect(codes('block f(x: float[N..., D]) {\n  let g = (a, a) => a\n  return g(x, x)\n}\n')).toContain(
      'defined-twice',
    );
    expect(codes('block f(x: float[N..., D]) {\n  return 2 * (a => a)\n}\n')).toEqual(['wrong-kind']);
  });
});

describe('a block with settings', () => {
  const scaled =
    'block scaled(x: float[N..., D], by: number) -> float[N..., D] {\n  return by * x\n}\nblock outer(x: float[N..., D], f: block = relu) -> float[N..., D] {\n  return f(x)\n}\n';

  test('may stand for a block, within another too', () => {
    expect(values('  return twice(x, f: scaled(by: 2))', twice + scaled)).toEqual(values('  return 4 * x'));
    expect(values('  return twice(x, outer(scaled(4)))', twice + scaled)).toEqual(values('  return 16 * x'));
  });

  test('is told what it is not given', () => {
    const spec = (f: string): string =>
      `${scaled}block use(x: float[N..., D]) { return outer(x, f: ${f}) }\n`;
    expect(codes(spec('scaled(by: 2)'))).toEqual([]);
    expect(codes(spec('scaled()'))).toEqual(['missing-argument']);
    expect(codes(spec('scaled(times: 2)'))).toEqual(['unknown-argument']);
    expect(codes(spec('scaled(2, 3)'))).toEqual(['too-many-arguments']);
  });
});
