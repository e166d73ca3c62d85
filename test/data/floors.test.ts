// Floors against plain definitions on a small made-up split, and the linear algebra against what it stands for.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { cholesky, invertLower, productTransposed } from '../../src/data/floors/linear-algebra.ts';
import { computeFloors, type PreparedSplit } from '../../src/data/index.ts';
import { keyedDraws } from '../../src/data/random.ts';
import { engineProduct } from '../../src/train/engine-product.ts';

const draws = keyedDraws(5, 'floors');
const random = (n: number): Float32Array => Float32Array.from({ length: n }, () => draws.between(-1, 1));

describe('linear algebra', () => {
  it('multiplies shapes that no block divides', () => {
    const [m, n, k] = [5, 7, 3];
    const a = random(m * k);
    const b = random(n * k);
    const out = productTransposed(a, b, m, n, k);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += (a[i * k + p] as number) * (b[j * k + p] as number);
        expect(out[i * n + j]).toBeCloseTo(sum, 5);
      }
  });

  it('inverts through the Cholesky factor', () => {
    const n = 6;
    const x = random(n * n);
    const a = Float64Array.from(productTransposed(x, x, n, n, n));
    for (let i = 0; i < n; i++) a[i * n + i] = (a[i * n + i] as number) + 1;
    const { inverse, transposed } = invertLower(cholesky(a, n), n);
    // a · L⁻ᵀ L⁻¹ is the identity.
    const whole = productTransposed(transposed, transposed, n, n, n);
    const product = productTransposed(Float32Array.from(a), whole, n, n, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) expect(product[i * n + j]).toBeCloseTo(i === j ? 1 : 0, 4);
    expect(inverse[1]).toBe(0);
    expect(() => cholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow('not positive definite');
  });
});

/** Pictures of 2 × 2 pixels in one grey or colour. */
function split(rows: readonly (readonly [string, readonly [number, number, number]])[]): PreparedSplit {
  const rgba = new Uint8Array(rows.length * 16);
  for (const [i, [, [r, g, b]]] of rows.entries())
    for (let p = 0; p < 4; p++) rgba.set([r, g, b, 255], i * 16 + p * 4);
  return {
    ref: { set: 's', split: 's' },
    rows: rows.length,
    places: [],
    columns: {
      picture: { kind: 'image', height: 2, width: 2, rgba },
      caption: { kind: 'text', texts: rows.map(([text]) => text) },
    },
    groups: {},
    skipped: [],
    fingerprint: '',
  };
}

const train = split([
  ['red ball', [250, 10, 10]],
  ['red ball', [230, 30, 20]],
  ['green ball', [10, 240, 10]],
  ['blue ball', [10, 10, 240]],
  ['red cube', [200, 0, 60]],
  ['green cube', [0, 200, 60]],
  ['blue cube', [0, 0, 190]],
]);

const options = { train, picture: 'picture', caption: 'caption', at: [1, 2] };

it('finds captions that were trained by the nearest picture', async () => {
  const test = split([
    ['red ball', [240, 20, 20]],
    ['green cube', [5, 205, 55]],
    ['blue ball', [0, 5, 195]],
  ]);
  const floors = await computeFloors({ ...options, test });
  expect(floors).toMatchObject({ queries: 3, candidates: 3, chance: [1 / 3, 2 / 3] });
  // The third is nearest to the blue cube, which isn't a candidate; of the candidates the blue ball is the nearest.
  expect(floors.floors[0]?.recall).toEqual([1, 1]);
});

it('carries words over to captions that were never trained', async () => {
  const test = split([
    ['red star', [240, 15, 30]],
    ['green star', [5, 220, 30]],
    ['blue star', [5, 5, 220]],
  ]);
  const floors = await computeFloors({ ...options, test, penalties: [0.1, 1] });
  expect(floors.floors.map(f => [f.name, f.recall[0]])).toEqual([
    ['nearest picture', 1],
    ['ridge, words to pixels', 1],
  ]);
});

it('counts ties against the floor', async () => {
  const test = split([
    ['grey dog', [128, 128, 128]],
    ['grey cat', [128, 128, 128]],
  ]);
  const floors = await computeFloors({ ...options, test });
  for (const floor of floors.floors) expect(floor.recall).toEqual([0, 1]);
});

it('takes its products from an engine as from plain loops', async () => {
  const [m, n, k] = [3, 4, 5];
  const a = random(m * k);
  const b = random(n * k);
  const product = engineProduct(createReferenceEngine({ precision: 'f32' }));
  const expected = productTransposed(a, b, m, n, k);
  for (const [i, value] of (await product(a, b, m, n, k)).entries())
    expect(value).toBeCloseTo(expected[i] as number, 5);
});
