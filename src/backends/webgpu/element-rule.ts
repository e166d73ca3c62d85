// What the rule of an op is given that makes each element of its output by itself: where the element stands, and ways
// to read elements of the inputs.

import type { NodeQuery } from '../node-query.ts';
import { type Index, stretchedIndex } from './indexing.ts';
import type { Scribe } from './scribe.ts';

export interface ElementQuery extends NodeQuery<never> {
  /** The element of the output that is wanted. */
  readonly at: Index;
  readonly scribe: Scribe;
  /** Names the element of input `i` at an index of its own shape; an index outside gives any number. */
  readonly read: (i: number, at: Index) => string;
}

/** The element as an expression of WGSL. */
export type ElementRule = (q: ElementQuery) => string;

/** The element of input `i` that stands where the output's does, stretched. */
export const along = (q: ElementQuery, i: number): string =>
  q.read(i, stretchedIndex(q.scribe, q.at, q.types[i]?.shape ?? []));
