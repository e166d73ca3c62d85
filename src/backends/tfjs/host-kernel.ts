// What a kernel of ours on host memory is given: the op with its types, and its inputs and results as typed arrays.

import type { NodeQuery } from '../node-query.ts';
import type { View } from './host-memory.ts';

export interface HostQuery extends NodeQuery<View> {
  /** To be filled whole: they hold anything before. */
  readonly results: readonly View[];
}

export type HostKernel = (q: HostQuery) => void;

export function result(q: HostQuery, i = 0): View {
  const view = q.results[i];
  if (view === undefined) throw new Error(`${q.node.op} has no result ${i}`);
  return view;
}
