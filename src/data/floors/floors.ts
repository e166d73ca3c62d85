// What retrieval reaches without a neural network, on the very rows and candidates that a model is measured on:
// the nearest training picture on raw pixels, and ridge regression from bags of words to pixels.

import type { PreparedSplit } from '../prepare.ts';
import { type Captions, captionsOf, type Pixels, pixelsOf } from './columns.ts';
import { type Product, productTransposed } from './linear-algebra.ts';
import { prepareRidge, ridgeScores } from './ridge.ts';
import { bagger } from './words.ts';

export interface FloorsOptions {
  readonly train: PreparedSplit;
  /** Pictures that ask for their captions, among the distinct captions of this split. */
  readonly test: PreparedSplit;
  readonly picture: string;
  readonly caption: string;
  readonly at: readonly number[];
  /** Ridge penalties (0.1, 1, 3); the floor is the best of them on the test itself, so it errs against the model. */
  readonly penalties?: readonly number[];
  /** a [m, k] · b [n, k]ᵀ → [m, n]: an engine's, where one is at hand; else plain loops (some seconds). */
  readonly product?: Product;
}

export interface Floor {
  readonly name: 'nearest picture' | 'ridge, words to pixels';
  /** R@k in the order of `at`, 0 … 1. Ties count against it. */
  readonly recall: readonly number[];
  /** How it was made, e.g. `penalty 0.3, cosine`. */
  readonly settings: string;
}

export interface Floors {
  readonly at: readonly number[];
  readonly chance: readonly number[];
  readonly queries: number;
  readonly candidates: number;
  readonly floors: readonly Floor[];
}

export async function computeFloors(options: FloorsOptions): Promise<Floors> {
  const { train, test, at } = options;
  const product = options.product ?? productTransposed;
  const trained = pixelsOf(train, options.picture);
  const asked = pixelsOf(test, options.picture);
  const known = captionsOf(train, options.caption);
  const candidates = captionsOf(test, options.caption);
  const gram = await product(asked.data, trained.data, asked.rows, trained.rows, asked.width);
  const score = { rows: asked.rows, columns: candidates.distinct.length, right: candidates.of, at };
  const nearest = nearestScores(gram, trained, known, candidates);
  const ridge: Floor[] = [];
  const fit = await prepareRidge(gram, trained, known, asked.rows, candidates, product);
  for (const penalty of options.penalties ?? [0.1, 1, 3]) {
    const { cosine, distance } = await ridgeScores(fit, penalty, product);
    for (const [how, scores] of [
      ['cosine', cosine],
      ['distance', distance],
    ] as const)
      ridge.push({
        name: 'ridge, words to pixels',
        recall: recallOf(scores, score),
        settings: `penalty ${penalty}, ${how}`,
      });
  }
  const last = at.length - 1;
  const best = ridge.reduce((a, b) => ((b.recall[last] ?? 0) > (a.recall[last] ?? 0) ? b : a));
  return {
    at,
    chance: at.map(k => Math.min(1, k / candidates.distinct.length)),
    queries: asked.rows,
    candidates: candidates.distinct.length,
    floors: [
      { name: 'nearest picture', recall: recallOf(nearest, score), settings: 'squared distance of pixels' },
      best,
    ],
  };
}

/**
 * A candidate is as near as the nearest training picture with its caption. Where no training picture has it, it
 * follows those that have, by what its words share with the caption of the nearest picture.
 */
function nearestScores(
  gram: Float32Array,
  trained: Pixels,
  known: Captions,
  candidates: Captions,
): Float64Array {
  const { rows, width, data } = trained;
  const norms = Float64Array.from({ length: rows }, (_, r) => {
    let sum = 0;
    for (let i = r * width; i < (r + 1) * width; i++) sum += (data[i] as number) ** 2;
    return sum;
  });
  const numberOf = new Map(known.distinct.map((caption, i) => [caption, i]));
  const trainedCaption = candidates.distinct.map(c => numberOf.get(c));
  const { bag } = bagger([...known.distinct, ...candidates.distinct]);
  const bags = candidates.distinct.map(bag);
  const queries = gram.length / rows;
  const out = new Float64Array(queries * candidates.distinct.length);
  const best = new Float64Array(known.distinct.length);
  for (let q = 0; q < queries; q++) {
    best.fill(Number.NEGATIVE_INFINITY);
    let nearest = 0;
    for (let r = 0; r < rows; r++) {
      const closeness = 2 * (gram[q * rows + r] as number) - (norms[r] as number);
      const caption = known.of[r] as number;
      if (closeness > (best[caption] as number)) best[caption] = closeness;
      if (closeness > (best[nearest] as number)) nearest = caption;
    }
    const { words } = bag(known.distinct[nearest] as string);
    const seen = new Set(words);
    for (const [c, number] of trainedCaption.entries()) {
      const { words, weight } = bags[c] as (typeof bags)[number];
      const shared = weight * words.filter(w => seen.has(w)).length;
      out[q * candidates.distinct.length + c] =
        number === undefined ? shared - 1e9 : (best[number] as number);
    }
  }
  return out;
}

/** The share of rows whose right candidate is among the k best; an equal score ranks before it. */
function recallOf(
  scores: Float64Array,
  set: {
    readonly rows: number;
    readonly columns: number;
    readonly right: Int32Array;
    readonly at: readonly number[];
  },
): number[] {
  const ranks = Array.from({ length: set.rows }, (_, q) => {
    const right = set.right[q] as number;
    const own = scores[q * set.columns + right] as number;
    let rank = 0;
    for (let c = 0; c < set.columns; c++)
      if (c !== right && (scores[q * set.columns + c] as number) >= own) rank += 1;
    return rank;
  });
  return set.at.map(k => ranks.filter(rank => rank < k).length / set.rows);
}
