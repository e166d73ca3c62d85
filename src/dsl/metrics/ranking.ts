// Retrieval in both directions over a whole set. Every row asks with its left value for its right one, among the
// distinct right values of the set, and the other way round. Where a value stands in several rows, all its partners
// are right answers and the best placed counts.
// Ties are counted against the model: a wrong candidate with an equal score (or one that is NaN) ranks before the
// right one, so a collapsed encoder scores 0 and not 1.

import type { Embedded } from './metric.ts';

export interface Recall {
  readonly k: number;
  /** The share of queries whose right answer is among the first k. */
  readonly value: number;
  /** What a random ranking would reach: the mean of 1 − C(n − r, k) / C(n, k), n candidates, r of them right. */
  readonly chance: number;
}

export interface Ranked {
  /** The row whose value this candidate is (the first of those with it). */
  readonly row: number;
  readonly score: number;
  readonly right: boolean;
}

/** A measure of rankings over all questions, and what a random ranking would reach. */
export interface Ranking {
  readonly value: number;
  readonly chance: number;
}

/** R@k of `from` rows asking for their `to` values. */
export function recallAt(from: Embedded, to: Embedded, at: readonly number[]): readonly Recall[] {
  const candidates = distinct(to.keys);
  const partners = partnersOf(from.keys, to.keys);
  const ranks: number[] = [];
  const rightCounts: number[] = [];
  for (const [row, vector] of from.vectors.entries()) {
    const right = partners.get(from.keys[row] ?? '') ?? new Set();
    rightCounts.push(right.size);
    ranks.push(rankOfBest(vector, to, candidates, right));
  }
  return at.map(k => ({
    k,
    value: mean(ranks.map(rank => (rank < k ? 1 : 0))),
    chance: mean(rightCounts.map(r => chanceOf(candidates.length, r, k))),
  }));
}

/** The first `count` candidates for one row's question, best first, equal scores by row. */
export function topCandidates(from: Embedded, to: Embedded, row: number, count: number): readonly Ranked[] {
  const right = partnersOf(from.keys, to.keys).get(from.keys[row] ?? '') ?? new Set();
  const vector = from.vectors[row] ?? new Float32Array();
  return distinct(to.keys)
    .map(candidate => ({
      row: candidate,
      score: dot(vector, to.vectors[candidate] ?? vector),
      right: right.has(to.keys[candidate] ?? ''),
    }))
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, count);
}

/** The mean of 1 / rank of the best placed right answer. */
export function reciprocalRank(from: Embedded, to: Embedded): Ranking {
  const candidates = distinct(to.keys);
  const partners = partnersOf(from.keys, to.keys);
  const asked = from.vectors.map((vector, row) => {
    const right = partners.get(from.keys[row] ?? '') ?? new Set<string>();
    return { rank: rankOfBest(vector, to, candidates, right), right: right.size };
  });
  return {
    value: mean(asked.map(q => 1 / (q.rank + 1))),
    chance: mean(asked.map(q => randomReciprocal(candidates.length, q.right))),
  };
}

/** The mean over questions of the mean precision at each right answer's rank. */
export function averagePrecision(from: Embedded, to: Embedded): Ranking {
  const candidates = distinct(to.keys);
  const partners = partnersOf(from.keys, to.keys);
  const asked = from.vectors.map((vector, row) => {
    const right = partners.get(from.keys[row] ?? '') ?? new Set<string>();
    const scores = candidates.map(c => ({
      score: dot(vector, to.vectors[c] ?? vector),
      right: right.has(to.keys[c] ?? ''),
    }));
    const wrong = scores.filter(s => !s.right);
    const precisions = scores
      .filter(s => s.right)
      .sort((a, b) => b.score - a.score)
      .map(({ score }, j) => (j + 1) / (j + 1 + wrong.filter(w => !(w.score < score)).length));
    return { precision: mean(precisions), right: right.size };
  });
  return {
    value: mean(asked.map(q => q.precision)),
    chance: mean(asked.map(q => randomPrecision(candidates.length, q.right))),
  };
}

/** E[1 / rank of the first of r right answers] in a random order of n. */
function randomReciprocal(n: number, r: number): number {
  let [sum, missed] = [0, 1];
  for (let k = 1; k <= n - r + 1; k += 1) {
    // The first k − 1 are wrong, the k-th is right.
    const hit = missed * (r / (n - k + 1));
    sum += hit / k;
    missed -= hit;
  }
  return sum;
}

/** E[average precision] = (1/n) · [(r − 1) / (n − 1) · (n − Hₙ) + Hₙ] in a random order of n (Bestgen, 2015). */
function randomPrecision(n: number, r: number): number {
  const harmonic = Array.from({ length: n }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b, 0);
  return (((r - 1) / Math.max(1, n - 1)) * (n - harmonic) + harmonic) / n;
}

/** 1 − C(n − r, k) / C(n, k), as a product. */
export function chanceOf(n: number, r: number, k: number): number {
  let miss = 1;
  for (let i = 0; i < Math.min(k, n); i += 1) miss *= Math.max(0, n - r - i) / (n - i);
  return 1 - miss;
}

/** The first row of each value. */
function distinct(keys: readonly string[]): readonly number[] {
  const first = new Map<string, number>();
  for (const [row, key] of keys.entries()) if (!first.has(key)) first.set(key, row);
  return [...first.values()];
}

function partnersOf(
  from: readonly string[],
  to: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const partners = new Map<string, Set<string>>();
  for (const [row, key] of from.entries()) {
    const known = partners.get(key);
    const partner = to[row] ?? '';
    if (known === undefined) partners.set(key, new Set([partner]));
    else known.add(partner);
  }
  return partners;
}

function rankOfBest(
  query: Float32Array,
  to: Embedded,
  candidates: readonly number[],
  right: ReadonlySet<string>,
): number {
  const scores = candidates.map(row => dot(query, to.vectors[row] ?? query));
  const isRight = candidates.map(row => right.has(to.keys[row] ?? ''));
  let best = Number.NEGATIVE_INFINITY;
  for (const [i, score] of scores.entries()) if (isRight[i] === true && score > best) best = score;
  let rank = 0;
  for (const [i, score] of scores.entries()) if (isRight[i] !== true && !(score < best)) rank += 1;
  return rank;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, v) => sum + v, 0) / values.length;
