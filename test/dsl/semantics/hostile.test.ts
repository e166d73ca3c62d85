// Whatever a spec says, checking it answers in bounded time and with diagnostics: no exception, no hang.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compile.ts';
import { LoweringError } from '../../../src/compiler/lower.ts';
import { stamps } from '../../../src/dsl/gallery/base.ts';
import { stdSources } from '../../../src/dsl/std/sources.ts';
import { checkSpec } from './check-spec.ts';
import { reference } from './toy-run.ts';

const emoji = readFileSync('specs/emoji.mm', 'utf8');
const seeds = [stamps, emoji, ...stdSources.map(s => s.text)].map(
  text => text.match(/\w+|\s+|[^\w\s]/g) ?? [],
);
/** Words of all of them, so that a mutation may put any name in any place. */
const words = [...new Set(seeds.flat())];
const numbers = [
  '0',
  '-1',
  '1',
  '3',
  '0.5',
  '1e9',
  '1000000000',
  '99999999999999999999',
  '1e-30',
  '10000',
  '2',
];

type Mutation =
  | { readonly kind: 'delete' | 'double' | 'swap' | 'number'; readonly at: number; readonly by: number }
  | { readonly kind: 'word'; readonly at: number; readonly by: number };

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('delete', 'double', 'swap', 'number', 'word'),
  at: fc.nat(),
  by: fc.nat(),
});

function mutated(tokens: readonly string[], mutations: readonly Mutation[]): string {
  const out = [...tokens];
  const solid = (): number[] => out.flatMap((t, i) => (t.trim() === '' ? [] : [i]));
  const figures = (): number[] => out.flatMap((t, i) => (/^\d+$/.test(t) ? [i] : []));
  const pick = (from: readonly number[], n: number): number => from[n % Math.max(1, from.length)] ?? 0;
  for (const m of mutations) {
    const at = pick(m.kind === 'number' ? figures() : solid(), m.at);
    const other = pick(solid(), m.by);
    if (m.kind === 'delete') out.splice(at, 1);
    else if (m.kind === 'double') out.splice(at, 0, out[at] ?? '', ' ');
    else if (m.kind === 'number') out[at] = numbers[m.by % numbers.length] ?? '0';
    else if (m.kind === 'word') out[at] = words[m.by % words.length] ?? 'x';
    else [out[at], out[other]] = [out[other] ?? '', out[at] ?? ''];
  }
  return out.join('');
}

/** Checks, and compiles a first model that is right; only diagnostics may come of it. */
function survive(text: string): void {
  const started = process.cpuUsage();
  const { library, models, diagnostics } = checkSpec(text);
  for (const d of diagnostics) expect(d.message).not.toMatch(/undefined|NaN|\[object/);
  for (const model of models.slice(0, 1)) {
    if (library === undefined || model.stages.size === 0) continue;
    const [name] = [...model.stages.keys()];
    try {
      compile(library, model).stage(name ?? '', reference().target, { batch: 2 });
    } catch (fault) {
      if (!(fault instanceof LoweringError)) throw new Error(`${(fault as Error).stack}\n${text}`);
      expect(fault.diagnostics.length, text).toBeGreaterThan(0);
    }
  }
  // Of the processor: other tests run beside it.
  expect(process.cpuUsage(started).user / 1000, text).toBeLessThan(45_000);
}

describe('mutated specs', () => {
  test.each([
    ['a few words', 1, 3, 80],
    ['many words', 4, 20, 40],
  ] as const)(
    '%s',
    (_, least, most, numRuns) => {
      const mutations = fc.array(mutation, { minLength: least, maxLength: most });
      fc.assert(
        fc.property(fc.constantFrom(...seeds), mutations, (tokens, list) => survive(mutated(tokens, list))),
        { numRuns, seed: 20261124 },
      );
    },
    60_000,
  );
});

const body = (text: string, params = 'x: float[N..., T, D], n: int, m: int'): string =>
  `block f(${params}) {\n${text}\n  return x\n}\n`;
const repeated = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join('\n');

describe('what is built to explode', () => {
  test.each<readonly [string, string]>([
    [
      'powers of a sum of dims',
      body(repeated(40, i => `  let a${i} = ${i === 0 ? '(T + D + n + m + 1)' : `a${i - 1} * a${i - 1}`}`)),
    ],
    ['products of dims', body(repeated(300, i => `  let a${i} = ${i === 0 ? 'T' : `a${i - 1} * D`}`))],
    [
      'nested quotients',
      body(repeated(100, i => `  let a${i} = ${i === 0 ? 'T' : `(a${i - 1} + 1) // (a${i - 1} + D)`}`)),
    ],
    [
      'numbers past the exact ones',
      body(repeated(80, i => `  let a${i} = ${i === 0 ? '1000' : `a${i - 1} * a${i - 1}`}`)),
    ],
    [
      'a repeat of repeats',
      body('  repeat 10000 as a {\n repeat 10000 as b {\n x = feed_forward(x)\n }\n }'),
    ],
    [
      'a width of a thousand million',
      body('  let y = linear(x, out: 1000000000) |> linear(out: 1000000000) as two'),
    ],
    [
      'calls that double with every block',
      repeated(
        40,
        i =>
          `block b${i}(x: float[N..., D]) {\n  return ${i === 39 ? 'x' : `b${i + 1}(b${i + 1}(x)) as once`}\n}`,
      ),
    ],
    [
      'calls that double and do something',
      repeated(
        30,
        i =>
          `block b${i}(x: float[N..., D]) {\n  return ${i === 29 ? 'x + 1' : `b${i + 1}(x) + b${i + 1}(2 * x)`}\n}`,
      ),
    ],
    [
      'a chain of many blocks',
      repeated(
        3000,
        i => `block b${i}(x: float[N..., D]) {\n  return ${i === 2999 ? 'x' : `b${i + 1}(x)`}\n}`,
      ),
    ],
    [
      'many unknown names among many known ones',
      body(
        `${repeated(3000, i => `  let name${i} = ${i}`)}\n${repeated(3000, i => `  let other${i} = nome${i}`)}`,
      ),
    ],
    [
      'one sum of many dims',
      body(
        `  let s = ${Array.from({ length: 200 }, (_, i) => `d${i}`).join(' + ')}`,
        `${Array.from({ length: 200 }, (_, i) => `d${i}: int`).join(', ')}, x: float[N..., D]`,
      ),
    ],
    [
      'many labels',
      `model M {\n  labels L { ${Array.from({ length: 30_000 }, (_, i) => `l${i}`).join(', ')} }\n}\n`,
    ],
    ['many variants', `${stamps}${repeated(60, i => `variant V${i} = Stamps(width: ${4 * i + 4})`)}\n`],
    [
      'many stages in a ring',
      `${stamps.replace('stage align', 'stage s0 from s299')}`.replace(
        '  export',
        `${repeated(299, i => `  stage s${i + 1} from s${i} {\n    minimize seen on stamps.train batch 8\n    train all\n    optimizer adamw(rate: 0.1)\n    steps 1\n  }`)}\n  export`,
      ),
    ],
    [
      'many patterns',
      stamps.replace(
        'train all',
        `train ${Array.from({ length: 500 }, () => '**.**.**.weight').join(', ')}\n    freeze rest`,
      ),
    ],
    ['a weight read through a thousand fields', body(`  return x${'.a'.repeat(390)}`)],
  ])(
    '%s',
    (_, text) => {
      survive(text);
    },
    20_000,
  );

  test('says so', () => {
    const codes = (text: string): readonly string[] => checkSpec(text).codes;
    expect(
      codes(
        body(repeated(40, i => `  let a${i} = ${i === 0 ? '(T + D + n + m + 1)' : `a${i - 1} * a${i - 1}`}`)),
      ),
    ).toEqual(['too-large']);
    expect(codes(body('  let y = linear(x, out: 1000000000) |> linear(out: 1000000000) as two'))).toEqual([
      'too-large',
    ]);
    expect(
      codes(
        repeated(
          300,
          i => `block b${i}(x: float[N..., D]) {\n  return ${i === 299 ? 'x' : `b${i + 1}(x)`}\n}`,
        ),
      ),
    ).toEqual(['too-large']);
  });

  test('also where it shows only with all sizes known', () => {
    const deep = stamps.replace('transformer(depth: 1, heads: 4)', 'transformer(depth: 10000, heads: 4)');
    survive(deep);
  });
});
