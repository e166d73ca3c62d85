// Beam search (Sutskever et al. 2014, arXiv:1409.3215): of all continuations of the texts that are kept, the `width`
// best go on. A text of n new tokens scores log P / ((5 + n) / 6)^α (Wu et al. 2016, arXiv:1609.08144); one that has
// ended stays as it is and scores what it scored.
//
// The function is called once for each text of the beam, each time with as many rows as the prompt has, so whatever
// else it reads (what an encoder gave for these rows) fits. The texts stand together as [lead…, W, T]; all that is
// done here stays within a row, so a row that isn't there changes no other.

import type { Dim } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { type Generation, lastScores, scoresOf } from './generation.ts';
import { allTrue, type Going, leadOf } from './generation-prompt.ts';
import { wholeKeep } from './text-value.ts';
import { here } from './trace.ts';
import type { SearchValue, TensorValue } from './values.ts';

/** A score below all that stand for something: of texts that aren't there yet, and of what none may choose. */
const lowest = -1e30;

/** The texts of a beam, best first. */
interface Members {
  /** i32[lead…, W, T]. */
  readonly ids: ValueId;
  /** bool[lead…, W, T]; undefined where all is kept. */
  readonly kept: ValueId | undefined;
  /** Which haven't ended: bool[lead…, W]; undefined where nothing ends. */
  readonly alive: ValueId | undefined;
  /** log P and the score: f32[lead…, W]. */
  readonly sum: ValueId;
  readonly score: ValueId;
}

/** The best text of each row; undefined where something was reported. */
export function beamSearched(
  g: Generation,
  search: SearchValue,
  start: { readonly ids: TensorValue; readonly state: Going },
  more: number,
): TensorValue | undefined {
  const { state } = start;
  let members = beginning(g, search.width, start.ids, state);
  for (let step = 0; step < more; step++) {
    const scores =
      step === 0 ? firstScores(g, search.width, start) : scoresOfAll(g, search.width, start, members);
    if (scores === undefined) return undefined;
    const penalty = ((5 + step + 1) / 6) ** search.lengthPenalty;
    members = placed(g, () => extended(g, search.width, members, state.end, scores, penalty));
  }
  return placed(g, () => memberAt(g, start, members, 0));
}

/** Before the first step only one text of each beam is there. */
function beginning(g: Generation, width: number, ids: TensorValue, state: Going): Members {
  const { builder } = g.frame.trace;
  const lead = leadOf(ids);
  const axis = lead.length;
  return placed(g, () => {
    const wide = (id: ValueId): ValueId => {
      const [length = 1] = ids.dims.slice(axis);
      const column = builder.one('reshape', [id], { shape: [...lead, 1, length] });
      return builder.one('broadcast', [column], { shape: [...lead, width, length] });
    };
    const member = builder.one('iota', [], { dtype: 'i32', shape: [...lead, width], axis });
    const isFirst = builder.one('equal', [member, builder.constant(0, 'i32')]);
    const sum = builder.one('select', [isFirst, builder.constant(0, 'f32'), builder.constant(lowest, 'f32')]);
    return {
      ids: wide(ids.id),
      kept: state.kept === undefined ? undefined : wide(state.kept),
      alive: state.alive === undefined ? undefined : allTrue(g.frame, [...lead, width]),
      sum,
      score: sum,
    };
  });
}

/** What the function gives for the prompt, as scores of all members: f32[lead…, W, V]. */
function firstScores(
  g: Generation,
  width: number,
  { ids }: { readonly ids: TensorValue },
): ValueId | undefined {
  const last = lastOf(g, ids);
  if (last === undefined) return undefined;
  const { builder } = g.frame.trace;
  const [v = 1] = last.dims.slice(-1);
  const lead = last.dims.slice(0, -1);
  return placed(g, () => {
    const column = builder.one('reshape', [last.id], { shape: [...lead, 1, v] });
    return builder.one('broadcast', [column], { shape: [...lead, width, v] });
  });
}

/** What the function gives for each member: f32[lead…, W, V]. */
function scoresOfAll(
  g: Generation,
  width: number,
  start: { readonly ids: TensorValue; readonly state: Going },
  members: Members,
): ValueId | undefined {
  const { builder } = g.frame.trace;
  const columns: ValueId[] = [];
  for (let at = 0; at < width; at++) {
    const last = lastOf(
      g,
      placed(g, () => memberAt(g, start, members, at)),
    );
    if (last === undefined) return undefined;
    const shape = [...last.dims.slice(0, -1), 1, ...last.dims.slice(-1)];
    columns.push(placed(g, () => builder.one('reshape', [last.id], { shape })));
  }
  const axis = leadOf(start.ids).length;
  return placed(g, () => builder.one('concat', columns, { axis }));
}

function lastOf(g: Generation, sofar: TensorValue): TensorValue | undefined {
  const scores = scoresOf(g, sofar);
  return scores === undefined ? undefined : lastScores(g, scores);
}

/** One text of each beam: index(V)[lead…, T]. */
function memberAt(
  g: Generation,
  { ids, state }: { readonly ids: TensorValue; readonly state: Going },
  members: Members,
  at: number,
): TensorValue {
  const { builder } = g.frame.trace;
  const axis = leadOf(ids).length;
  const of = (id: ValueId): ValueId => {
    const shape = builder.shapeOf(id);
    const starts = shape.map((_, i) => (i === axis ? at : 0));
    const limits = shape.map((d, i) => (i === axis ? at + 1 : d));
    const one = builder.one('slice', [id], { starts, limits, strides: shape.map(() => 1) });
    return builder.one('reshape', [one], { shape: shape.filter((_, i) => i !== axis) });
  };
  const id = of(members.ids);
  const dims = builder.shapeOf(id);
  const keeps =
    members.kept === undefined ? state.rows : [...state.rows, wholeKeep(of(members.kept), dims.length)];
  return { ...ids, id, dims, keeps };
}

/** One more token: the W best of the W · V texts that there may be. Of equal ones the first. */
function extended(
  g: Generation,
  width: number,
  before: Members,
  end: number | undefined,
  scores: ValueId,
  penalty: number,
): Members {
  const { builder } = g.frame.trace;
  const { one } = builder;
  const shape = builder.shapeOf(scores);
  const axis = shape.length - 2;
  const lead = shape.slice(0, axis);
  const v = Number(shape[axis + 1]);
  const column = (id: ValueId): ValueId => one('reshape', [id], { shape: [...lead, width, 1] });
  const low = builder.constant(lowest, 'f32');
  const { alive } = before;
  // What has ended goes on by nothing, which stands at entry 0.
  const isNothing = one('equal', [
    one('iota', [], { dtype: 'i32', shape: [v], axis: 0 }),
    builder.constant(0, 'i32'),
  ]);
  const orStays = (goesOn: ValueId, stays: ValueId): ValueId =>
    alive === undefined
      ? goesOn
      : one('select', [column(alive), goesOn, one('select', [isNothing, column(stays), low])]);
  const grown = one('add', [column(before.sum), logSoftmax(builder, scores)]);
  const normed = penalty === 1 ? grown : one('div', [grown, builder.constant(penalty, 'f32')]);
  const flat = (id: ValueId): ValueId => one('reshape', [id], { shape: [...lead, width * v] });
  const sums = flat(orStays(grown, before.sum));
  const [score = sums, index = sums] = builder.emit('top_k', [flat(orStays(normed, before.score))], {
    k: width,
  });
  const parent = one('div', [index, builder.constant(v, 'i32')]);
  const entry = one('sub', [index, one('mul', [parent, builder.constant(v, 'i32')])]);
  const wasAlive = alive === undefined ? undefined : one('take_along', [alive, parent], { axis });
  const behind = (ids: ValueId, next: ValueId): ValueId => {
    const from = one('broadcast', [column(parent)], { shape: builder.shapeOf(ids) });
    return one('concat', [one('take_along', [ids, from], { axis }), column(next)], { axis: axis + 1 });
  };
  const shown = wasAlive === undefined ? entry : one('select', [wasAlive, entry, builder.constant(0, 'i32')]);
  const ended = end === undefined ? undefined : one('equal', [entry, builder.constant(end, 'i32')]);
  const beam: readonly Dim[] = [...lead, width];
  return {
    ids: behind(before.ids, shown),
    kept: before.kept === undefined ? undefined : behind(before.kept, wasAlive ?? allTrue(g.frame, beam)),
    alive:
      wasAlive === undefined || ended === undefined ? wasAlive : one('and', [wasAlive, one('not', [ended])]),
    sum: one('take_along', [sums, index], { axis }),
    score,
  };
}

/** x − max x − log Σ exp(x − max x) along the last axis. */
function logSoftmax(builder: Builder, x: ValueId): ValueId {
  const axes = [builder.shapeOf(x).length - 1];
  const below = builder.one('sub', [x, builder.one('reduce_max', [x], { axes, keepdims: true })]);
  const sum = builder.one('reduce_sum', [builder.one('exp', [below])], { axes, keepdims: true });
  return builder.one('sub', [below, builder.one('log', [sum])]);
}

/** What is built here stands at the place of the generation. */
function placed<T>(g: Generation, build: () => T): T {
  const { builder } = g.frame.trace;
  const before = builder.span;
  builder.span = here(g.frame, g.span);
  const built = build();
  builder.span = before;
  return built;
}
