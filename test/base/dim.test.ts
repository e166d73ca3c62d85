// Dims against plain numbers: whatever is put in the place of its symbols, a dim's normal form has the value that the
// arithmetic it was built with has.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Dim,
  DimLimit,
  dimAdd,
  dimEqual,
  dimExactDiv,
  dimFloorDiv,
  dimKey,
  dimLowerBound,
  dimMul,
  dimNegate,
  dimProduct,
  dimSub,
  dimSubstitute,
  dimSymbol,
  dimSymbols,
  dimUpperBound,
  showDim,
} from '../../src/base/dim.ts';

const limits = { a: 7, b: 12, c: 40 } as const;
type Name = keyof typeof limits;
const names = Object.keys(limits) as Name[];
const symbol = (name: Name): Dim => dimSymbol({ id: name, name, role: 'formal', max: limits[name] });
const [a, b, c] = names.map(symbol) as [Dim, Dim, Dim];

/** Arithmetic as written; quotients are by a positive number or by a symbol. */
type Written =
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'symbol'; readonly name: Name }
  | { readonly op: '+' | '-' | '*'; readonly left: Written; readonly right: Written }
  | { readonly op: '//'; readonly left: Written; readonly right: Written };

const leaf: fc.Arbitrary<Written> = fc.oneof(
  fc.integer({ min: -6, max: 9 }).map(value => ({ op: 'number' as const, value })),
  fc.constantFrom(...names).map(name => ({ op: 'symbol' as const, name })),
);
const divisor: fc.Arbitrary<Written> = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map(value => ({ op: 'number' as const, value })),
  fc.constantFrom(...names).map(name => ({ op: 'symbol' as const, name })),
);
const written: fc.Arbitrary<Written> = fc.letrec<{ all: Written }>(tie => ({
  all: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      op: fc.constantFrom('+' as const, '-' as const, '*' as const),
      left: tie('all'),
      right: tie('all'),
    }),
    fc.record({ op: fc.constant('//' as const), left: tie('all'), right: divisor }),
  ),
})).all;

function built(w: Written): Dim {
  switch (w.op) {
    case 'number':
      return w.value;
    case 'symbol':
      return symbol(w.name);
    case '+':
      return dimAdd(built(w.left), built(w.right));
    case '-':
      return dimSub(built(w.left), built(w.right));
    case '*':
      return dimMul(built(w.left), built(w.right));
    case '//':
      return dimFloorDiv(built(w.left), built(w.right));
    default:
      return w satisfies never;
  }
}

type Values = Readonly<Record<Name, number>>;
const values: fc.Arbitrary<Values> = fc.record({
  a: fc.integer({ min: 1, max: limits.a }),
  b: fc.integer({ min: 1, max: limits.b }),
  c: fc.integer({ min: 1, max: limits.c }),
});

function worth(w: Written, at: Values): number {
  switch (w.op) {
    case 'number':
      return w.value;
    case 'symbol':
      return at[w.name];
    case '+':
      return worth(w.left, at) + worth(w.right, at);
    case '-':
      return worth(w.left, at) - worth(w.right, at);
    case '*':
      return worth(w.left, at) * worth(w.right, at);
    case '//':
      return Math.floor(worth(w.left, at) / worth(w.right, at));
    default:
      return w satisfies never;
  }
}

const numberOf = (dim: Dim, at: Values): Dim => dimSubstitute(dim, new Map(Object.entries(at)));
const plain = (n: number): number => (n === 0 ? 0 : n);

describe('whatever stands for its symbols', () => {
  test('a dim has the value of what it was built from', () => {
    fc.assert(
      fc.property(written, values, (w, at) => {
        expect(numberOf(built(w), at)).toBe(plain(worth(w, at)));
      }),
      { numRuns: 1000 },
    );
  });

  test('equal normal forms have equal values, different ones never', () => {
    fc.assert(
      fc.property(written, written, values, (v, w, at) => {
        const verdict = dimEqual(built(v), built(w));
        if (verdict === 'equal') expect(plain(worth(v, at))).toBe(plain(worth(w, at)));
        if (verdict === 'different') expect(plain(worth(v, at))).not.toBe(plain(worth(w, at)));
        expect(dimKey(built(v)) === dimKey(built(w))).toBe(verdict === 'equal');
      }),
      { numRuns: 500 },
    );
  });

  test('its value lies between its bounds', () => {
    fc.assert(
      fc.property(written, values, (w, at) => {
        const dim = built(w);
        expect(dimLowerBound(dim) ?? Number.NEGATIVE_INFINITY).toBeLessThanOrEqual(worth(w, at));
        expect(dimUpperBound(dim) ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(worth(w, at));
      }),
      { numRuns: 1000 },
    );
  });

  test('substitution one by one is substitution at once', () => {
    fc.assert(
      fc.property(written, written, values, (w, inner, at) => {
        const expected = worth(inner, at);
        // A symbol is at least 1, and so is what may stand for it.
        fc.pre((dimLowerBound(built(inner)) ?? 0) >= 1);
        const within = dimSubstitute(built(w), new Map([['a', built(inner)]]));
        expect(numberOf(within, at)).toBe(plain(worth(w, { ...at, a: expected })));
      }),
      { numRuns: 300 },
    );
  });
});

describe('laws', () => {
  const dim = written.map(built);
  const positive = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom<Dim>(a, b, c));
  const same = (x: Dim, y: Dim): void =>
    expect(`${showDim(x)} ${dimEqual(x, y)}`).toBe(`${showDim(x)} equal`);

  test.each<readonly [string, (x: Dim, y: Dim, z: Dim, s: Dim, t: Dim) => readonly [Dim, Dim]]>([
    ['x + y = y + x', (x, y) => [dimAdd(x, y), dimAdd(y, x)]],
    ['x · y = y · x', (x, y) => [dimMul(x, y), dimMul(y, x)]],
    ['(x + y) + z = x + (y + z)', (x, y, z) => [dimAdd(dimAdd(x, y), z), dimAdd(x, dimAdd(y, z))]],
    ['x · (y + z) = x·y + x·z', (x, y, z) => [dimMul(x, dimAdd(y, z)), dimAdd(dimMul(x, y), dimMul(x, z))]],
    ['x − x = 0', x => [dimSub(x, x), 0]],
    ['−(−x) = x', x => [dimNegate(dimNegate(x)), x]],
    [
      '(x + s·y) // s = x // s + y',
      (x, y, _, s) => [dimFloorDiv(dimAdd(x, dimMul(s, y)), s), dimAdd(dimFloorDiv(x, s), y)],
    ],
    ['(x · s) // s = x', (x, _, __, s) => [dimFloorDiv(dimMul(x, s), s), x]],
  ])('%s', (_, law) => {
    fc.assert(
      fc.property(dim, dim, dim, positive, positive, (x, y, z, s, t) => {
        try {
          const [left, right] = law(x, y, z, s, t);
          same(left, right);
        } catch (limit) {
          if (!(limit instanceof DimLimit)) throw limit;
        }
      }),
      { numRuns: 200 },
    );
  });

  // Of sums that are sizes: with negative terms two forms of one value may not be told equal.
  test('(x // s) // t = x // (s·t)', () => {
    const size = fc
      .array(
        fc.tuple(
          fc.integer({ min: 1, max: 9 }),
          fc.array(fc.constantFrom<Dim>(1, a, b, c), { maxLength: 2 }),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map(terms => terms.map(([n, factors]) => dimMul(n, dimProduct(factors))).reduce(dimAdd));
    fc.assert(
      fc.property(size, positive, positive, (x, s, t) => {
        same(dimFloorDiv(dimFloorDiv(x, s), t), dimFloorDiv(x, dimMul(s, t)));
      }),
      { numRuns: 500 },
    );
  });

  test('an exact quotient times its divisor is what was divided', () => {
    same(dimMul(dimExactDiv(c, a), a), c);
    same(dimMul(dimMul(b, dimExactDiv(c, 4)), 4), dimMul(b, c));
    same(dimExactDiv(dimMul(6, dimMul(a, b)), dimMul(2, b)), dimMul(3, a));
    expect(dimEqual(dimMul(dimFloorDiv(c, 4), 4), c)).toBe('unknown');
  });

  test('exact quotients are compared as fractions', () => {
    same(dimSub(c, dimExactDiv(c, 2)), dimExactDiv(c, 2));
    same(dimMul(2, dimExactDiv(c, 4)), dimExactDiv(c, 2));
    same(dimAdd(dimExactDiv(c, 3), dimExactDiv(dimMul(2, c), 3)), c);
    same(dimSub(dimExactDiv(dimAdd(c, a), b), dimExactDiv(c, b)), dimExactDiv(a, b));
    expect(dimEqual(dimAdd(dimExactDiv(c, 2), 1), dimExactDiv(c, 2))).toBe('different');
    expect(dimEqual(dimExactDiv(c, 2), dimExactDiv(c, 4))).toBe('unknown');
    expect(dimEqual(dimSub(c, dimFloorDiv(c, 2)), dimFloorDiv(c, 2))).toBe('unknown');
  });

  test('a symbol that occurs is found', () => {
    expect(dimSymbols(dimAdd(dimFloorDiv(c, a), dimSub(b, b))).map(s => s.name)).toEqual(['a', 'c']);
  });
});

test.each<readonly [Dim, string]>([
  [dimAdd(1, dimMul(2, a)), '2·a + 1'],
  [dimSub(a, 1), 'a - 1'],
  [dimMul(-1, a), '-a'],
  [dimFloorDiv(dimAdd(c, 1), 2), '(c + 1) // 2'],
  [dimExactDiv(c, a), 'c / a'],
  [dimMul(dimFloorDiv(c, 2), a), 'a·c // 2'],
])('as a person writes it: %#', (dim, text) => {
  // Factors stand in the order of their names; a quotient is one of them.
  expect(showDim(dim).split('·').sort().join('·')).toBe(text.split('·').sort().join('·'));
});

describe('what would explode is refused', () => {
  const refused = (grow: () => Dim): void => {
    const started = performance.now();
    expect(grow).toThrow(DimLimit);
    expect(performance.now() - started).toBeLessThan(500);
  };
  const sums = (n: number): Dim =>
    Array.from({ length: n }, (_, i) => dimSymbol({ id: `s${i}`, name: `s${i}`, role: 'formal' })).reduce(
      dimAdd,
    );

  test('powers of sums', () => refused(() => dimProduct(Array<Dim>(40).fill(sums(6)))));
  test('long sums', () => refused(() => sums(500)));
  test('long products', () => refused(() => dimProduct(Array<Dim>(500).fill(a))));
  test('nested quotients', () =>
    refused(() => {
      let x: Dim = a;
      for (let i = 0; i < 100; i++) x = dimFloorDiv(dimAdd(x, 1), dimAdd(x, b));
      return x;
    }));
  test('numbers past those that are exact', () => refused(() => dimProduct(Array<Dim>(100).fill(1_000_000))));
});
