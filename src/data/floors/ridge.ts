// Ridge regression from bags of words to pixels, in its dual form over the distinct training captions.

import type { Captions, Pixels } from './columns.ts';
import { cholesky, invertLower, type Product } from './linear-algebra.ts';
import { bagger } from './words.ts';

/**
 * Ridge regression of mean pixels ȳ on bags of words b over the n distinct training captions, weighted by how many
 * drawings each has: W = B̃ᵀ (B̃ B̃ᵀ + λ D⁻¹)⁻¹ Ỹ with D the counts. All that is needed of pixels is their products.
 */
export interface RidgeFit {
  readonly n: number;
  readonly candidates: number;
  readonly queries: number;
  /** B̃ B̃ᵀ, [n, n]. */
  readonly kernel: Float64Array;
  readonly counts: Float64Array;
  /** B̃ b̃ of every candidate, [candidates, n]. */
  readonly towards: Float32Array;
  /** Ỹ Ỹᵀ, [n, n]. */
  readonly targets: Float32Array;
  /** (x − μ) · ỹ, [queries, n]. */
  readonly asked: Float32Array;
}

export async function prepareRidge(
  gram: Float32Array,
  trained: Pixels,
  known: Captions,
  queries: number,
  candidates: Captions,
  product: Product,
): Promise<RidgeFit> {
  const n = known.distinct.length;
  const { rows, width, data } = trained;
  const counts = new Float64Array(n);
  for (const caption of known.of) counts[caption] = (counts[caption] as number) + 1;
  const centre = new Float64Array(width);
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < width; i++)
      centre[i] = (centre[i] as number) + (data[r * width + i] as number) / rows;
  const means = new Float32Array(n * width);
  for (let r = 0; r < rows; r++) {
    const caption = known.of[r] as number;
    for (let i = 0; i < width; i++)
      means[caption * width + i] =
        (means[caption * width + i] as number) +
        ((data[r * width + i] as number) - (centre[i] as number)) / (counts[caption] as number);
  }
  const targets = await product(means, means, n, n, width);
  // x · ỹ_c from x · y of its drawings; x · μ shifts all of a row and x − μ needs μ · ỹ_c, which is subtracted.
  const centreDots = Float64Array.from({ length: n }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (means[c * width + i] as number) * (centre[i] as number);
    return sum;
  });
  const asked = new Float32Array(queries * n);
  for (let q = 0; q < queries; q++) {
    let mean = 0;
    const row = new Float64Array(n);
    for (let r = 0; r < rows; r++) {
      const dot = gram[q * rows + r] as number;
      mean += dot / rows;
      const caption = known.of[r] as number;
      row[caption] = (row[caption] as number) + dot / (counts[caption] as number);
    }
    for (let c = 0; c < n; c++) asked[q * n + c] = (row[c] as number) - mean - (centreDots[c] as number);
  }
  const { kernel, towards } = wordKernels(known, counts, candidates);
  return { n, candidates: candidates.distinct.length, queries, kernel, counts, towards, targets, asked };
}

/** Products of centred bags of words: among training captions, and of these with candidates. */
function wordKernels(
  known: Captions,
  counts: Float64Array,
  candidates: Captions,
): { readonly kernel: Float64Array; readonly towards: Float32Array } {
  const { bag, size } = bagger(known.distinct);
  const total = counts.reduce((a, b) => a + b, 0);
  const centre = new Float64Array(size);
  const bags = known.distinct.map(bag);
  for (const [c, { words, weight }] of bags.entries())
    for (const w of words) centre[w] = (centre[w] as number) + (weight * (counts[c] as number)) / total;
  const norm = centre.reduce((sum, v) => sum + v * v, 0);
  const byWord: [number, number][][] = Array.from({ length: size }, () => []);
  for (const [c, { words, weight }] of bags.entries()) for (const w of words) byWord[w]?.push([c, weight]);
  const toCentre = ({ words, weight }: ReturnType<typeof bag>): number =>
    words.reduce((sum, w) => sum + weight * (centre[w] as number), 0);
  const centred = bags.map(toCentre);
  const n = bags.length;
  /** b̃_c · b̃ = b_c · b − b_c · m − b · m + m · m for every training caption c. */
  const column = (b: ReturnType<typeof bag>): Float64Array => {
    const out = new Float64Array(n);
    for (const w of b.words)
      for (const [c, weight] of byWord[w] ?? []) out[c] = (out[c] as number) + weight * b.weight;
    const own = toCentre(b);
    for (let c = 0; c < n; c++) out[c] = (out[c] as number) - (centred[c] as number) - own + norm;
    return out;
  };
  const kernel = new Float64Array(n * n);
  for (const [c, b] of bags.entries()) kernel.set(column(b), c * n);
  const towards = new Float32Array(n * candidates.distinct.length);
  for (const [q, caption] of candidates.distinct.entries()) towards.set(column(bag(caption)), q * n);
  return { kernel, towards };
}

/** Scores [queries, candidates]: cosine and (negative, squared) distance of x − μ and the predicted pixels. */
export async function ridgeScores(
  fit: RidgeFit,
  penalty: number,
  product: Product,
): Promise<{ readonly cosine: Float64Array; readonly distance: Float64Array }> {
  const { n, candidates, queries } = fit;
  const matrix = Float64Array.from(fit.kernel);
  for (let i = 0; i < n; i++)
    matrix[i * n + i] = (matrix[i * n + i] as number) + penalty / (fit.counts[i] as number);
  // (L Lᵀ)⁻¹ t = L⁻ᵀ (L⁻¹ t): with L⁻¹ at hand these are products. z in rows: the predicted pixels of q are Ỹᵀ z_q.
  const { inverse, transposed } = invertLower(cholesky(matrix, n), n);
  const halfway = await product(fit.towards, inverse, candidates, n, n);
  const z = await product(halfway, transposed, candidates, n, n);
  const dots = await product(fit.asked, z, queries, candidates, n);
  const through = await product(z, fit.targets, candidates, n, n);
  const norms = Float64Array.from({ length: candidates }, (_, q) => {
    let sum = 0;
    for (let c = 0; c < n; c++) sum += (through[q * n + c] as number) * (z[q * n + c] as number);
    return Math.max(sum, 1e-12);
  });
  const cosine = new Float64Array(queries * candidates);
  const distance = new Float64Array(queries * candidates);
  for (let i = 0; i < cosine.length; i++) {
    const norm = norms[i % candidates] as number;
    cosine[i] = (dots[i] as number) / Math.sqrt(norm);
    distance[i] = 2 * (dots[i] as number) - norm;
  }
  return { cosine, distance };
}
