// Generation: a function of what there is so far gives scores over the vocabulary at each position; what the last
// position says is drawn and put behind the rest, so many times. Sizes are numbers when lowering, so all steps stand in
// the graph one after another: generation may stand inside a loss, and its draws have identities as others have.
//
// What is padded stands before what is generated: a prompt's kept positions are moved to the end of its axis, so that
// the new ones follow them. Rows that have ended go on unkept. A beam search is in generation-beam.ts.

import type { Dim } from '../../base/dim.ts';
import { dimAdd, dimSymbol, dimUpperBound, showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import { createBuilder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { isTwin, joinPath } from './call-block.ts';
import { callValue } from './calls.ts';
import { emitOp } from './emit.ts';
import { inputValue } from './formal.ts';
import { beamSearched } from './generation-beam.ts';
import { cachedScores } from './generation-cache.ts';
import { alignedPrompt, allTrue, type Going, leadOf } from './generation-prompt.ts';
import type { ModalityInfo } from './model.ts';
import { asSoft, isSoft, softened, weightsOf } from './soft.ts';
import { splitKeeps, textOf, wholeKeep } from './text-value.ts';
import { compareDims, complain, type Frame, here, scratchTrace, startBody } from './trace.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue, float, showType } from './values.ts';

export interface Generation {
  readonly frame: Frame;
  readonly span: Span;
  /** Of the part that generates: its weights and draws stand there. */
  readonly name: string;
  readonly write: { readonly value: Value; readonly span: Span };
  readonly by: { readonly value: Value; readonly span: Span };
  /** index(V)[lead…, T], of the text modality where it is one. */
  readonly prompt: TensorValue;
  readonly info: ModalityInfo | undefined;
  readonly more: Dim;
}

/** The prompt and, behind it, what was generated. */
export function generate(g: Generation): Value {
  const { frame, span, name } = g;
  const { trace } = frame;
  if (isTwin(frame, name, span, false)) return errorValue;
  if (g.by.value.kind === 'search' && isSoft(g.prompt)) {
    complain(frame, 'soft-index', { op: 'beam', got: showType(g.prompt) }, g.by.span);
    return errorValue;
  }
  const owned = trace.weights.size + trace.draws.size;
  const ids = trace.mode === 'lower' && typeof g.more === 'number' ? unrolled(g, g.more) : outline(g, g.more);
  const owns = trace.weights.size + trace.draws.size > owned;
  if (!isTwin(frame, name, span, owns)) frame.uses.set(name, { span, owns });
  if (ids.kind === 'error') return ids;
  return g.info === undefined ? ids : textOf(g.info, ids);
}

/** A frame for the calls of one step: what they own is the same in every step. */
const stepFrame = ({ frame, name, span }: Generation): Frame =>
  startBody(frame.trace, {
    scope: frame.scope,
    path: joinPath(frame.path, name),
    via: here(frame, span),
    copy: frame.copy,
  });

/** Where sizes are symbols: one step at any length, and a result of the right type that depends on it. */
function outline(g: Generation, more: Dim): ReturnType<typeof emitOp> {
  const { frame, span, prompt } = g;
  const lead = leadOf(prompt);
  const before = prompt.dims[prompt.dims.length - 1] ?? 1;
  // What was chosen last is read by none.
  const all = dimAdd(before, dimAdd(more, -1));
  const most = dimUpperBound(all);
  const length =
    frame.trace.mode === 'lower'
      ? all
      : dimSymbol({
          id: `${frame.path}:${span.start}.length`,
          name: 'length',
          role: 'data',
          ...(most === undefined ? {} : { max: most }),
        });
  const start = softBy(g) ? softened(frame, span, prompt) : prompt;
  if (start.kind === 'error') return start;
  const each: TensorValue[] = [];
  for (let at = 0; at < callsOf(g); at++) {
    const name = at === 0 ? 'generated' : `generated ${at + 1}`;
    const scores = scoresOf(g, inputValue(frame, name, start.element, undefined, [...lead, length]));
    const last = scores === undefined ? undefined : lastScores(g, scores);
    if (last === undefined) return errorValue;
    each.push(last);
  }
  const next = nextOf(g, bestOf(g, each));
  if (next === undefined) return errorValue;
  const { element } = start;
  const v = isSoft(start) ? [vocabularyOf(g)] : [];
  const raw = isSoft(start) ? weightsOf(next) : next;
  const elements = { element: isSoft(start) ? float : element, keeps: [] };
  const column = emitOp(frame, span, 'reshape', [raw], { shape: [...lead, 1, ...v] }, elements);
  if (column.kind === 'error') return column;
  const wide = emitOp(frame, span, 'broadcast', [column], { shape: [...lead, more, ...v] }, elements);
  if (wide.kind === 'error') return wide;
  const given = isSoft(start) ? weightsOf(start) : start;
  const whole = emitOp(frame, span, 'concat', [given, wide], { axis: lead.length }, elements);
  return whole.kind === 'error' || !isSoft(start) ? whole : asSoft(whole, vocabularyOf(g));
}

/** How often a step calls the function: once for each text of a beam, which counts where the graph says what it costs. */
const callsOf = ({ by, frame }: Generation): number =>
  by.value.kind === 'search' && frame.trace.mode === 'lower' ? by.value.width : 1;

function bestOf(
  { frame, span }: Generation,
  [first, ...rest]: readonly TensorValue[],
): TensorValue | undefined {
  let best = first;
  for (const scores of rest) {
    const both = best === undefined ? errorValue : emitOp(frame, span, 'max', [best, scores]);
    if (both.kind === 'error') return undefined;
    best = both;
  }
  return best;
}

/** Whether what `by` gives are weights over all entries and not one of them. */
function softBy(g: Generation): boolean {
  const { trace } = g.frame;
  const from = trace.builder.finish();
  const same = (a: Dim, b: Dim): boolean => compareDims(trace.facts, a, b) === 'equal';
  const builder = createBuilder(from.name, trace.builder.registry, { from, dims: { same } });
  const frame = { ...g.frame, trace: scratchTrace(trace, builder, () => undefined) };
  const dims = [...leadOf(g.prompt), vocabularyOf(g)];
  const scores = inputValue(frame, 'scores', float, undefined, dims);
  const next = callBy({ ...g, frame }, scores);
  return next.kind === 'tensor' && next.element.kind === 'float';
}

function unrolled(g: Generation, more: number): ReturnType<typeof emitOp> {
  const { frame, span, info, prompt } = g;
  const start = info === undefined ? unaligned(g) : alignedPrompt(frame, span, info, prompt);
  const soft = softBy(g);
  const first = soft ? softened(frame, span, start.ids) : start.ids;
  if (first.kind === 'error') return first;
  let sofar = first;
  let state = start.state;
  const search = g.by.value.kind === 'search' ? g.by.value : undefined;
  if (search !== undefined && frame.trace.cache) {
    const why = 'the texts of a beam trade places in each';
    const path = joinPath(frame.path, g.name);
    frame.trace.generations.push({
      path,
      span: here(frame, span),
      steps: more,
      kept: 0,
      why,
      place: undefined,
    });
  }
  if (search !== undefined && !frame.trace.outline) return beamSearched(g, search, start, more) ?? errorValue;
  const cached =
    search !== undefined ? undefined : cachedScores(g, joinPath(frame.path, g.name), sofar, state, more);
  if (cached === 'wrong') return errorValue;
  if (frame.trace.outline) return outline(g, more);
  for (let step = 0; step < more; step++) {
    const scores = cached === undefined ? scoresOf(g, sofar) : undefined;
    const last = scores === undefined ? cached?.(sofar, state) : lastScores(g, scores);
    const next = nextOf(g, last);
    if (next === undefined) return errorValue;
    [sofar, state] = appended(g, sofar, state, next);
  }
  return sofar;
}

function unaligned(g: Generation): { readonly ids: TensorValue; readonly state: Going } {
  const { rows, along } = splitKeeps(g.frame, g.prompt);
  return { ids: g.prompt, state: { rows, kept: along, alive: undefined, end: undefined } };
}

/** `next` index(V)[lead…] behind what there is. */
export function appended(
  g: Generation,
  sofar: TensorValue,
  state: Going,
  next: TensorValue,
): readonly [TensorValue, Going] {
  const { frame } = g;
  const { builder } = frame.trace;
  const lead = leadOf(sofar);
  const axis = lead.length;
  const v = isSoft(sofar) ? [vocabularyOf(g)] : [];
  const column = (id: ValueId, last: readonly Dim[] = []): ValueId =>
    builder.one('reshape', [id], { shape: [...lead, 1, ...last] });
  const before = builder.span;
  builder.span = here(frame, g.span);
  const { alive, end } = state;
  const zero = builder.constant(0, isSoft(sofar) ? 'f32' : 'i32');
  const goesOn = alive === undefined || v.length === 0 ? alive : column(alive);
  const shown = goesOn === undefined ? next.id : builder.one('select', [goesOn, next.id, zero]);
  const id = builder.one('concat', [sofar.id, column(shown, v)], { axis });
  const dims = builder.shapeOf(id).slice(0, axis + 1);
  const choice = v.length === 0 ? next.id : builder.one('argmax', [next.id], { axis });
  const grown = alive ?? (state.kept === undefined ? undefined : allTrue(frame, lead));
  const kept =
    state.kept === undefined || grown === undefined
      ? undefined
      : builder.one('concat', [state.kept, column(grown)], { axis });
  const ended = end === undefined ? undefined : builder.one('equal', [choice, builder.constant(end, 'i32')]);
  const goes =
    alive === undefined || ended === undefined
      ? alive
      : builder.one('and', [alive, builder.one('not', [ended])]);
  builder.span = before;
  const keeps = kept === undefined ? state.rows : [...state.rows, wholeKeep(kept, dims.length)];
  return [
    { ...sofar, id, dims, keeps },
    { ...state, kept, alive: goes },
  ];
}

/** What the function gives for what there is so far: float[lead…, T, V], else reported. */
export function scoresOf(g: Generation, sofar: TensorValue): TensorValue | undefined {
  const { frame, write, info } = g;
  const value: Value = info === undefined ? sofar : textOf(info, sofar);
  const scores = callValue(
    stepFrame(g),
    write.value,
    'write',
    [{ name: undefined, value, span: write.span }],
    write.span,
    undefined,
  );
  if (scores.kind === 'error') return undefined;
  const wanted = [...sofar.dims, vocabularyOf(g)];
  const { facts } = frame.trace;
  if (
    scores.kind === 'tensor' &&
    scores.element.kind === 'float' &&
    scores.dims.length === wanted.length &&
    scores.dims.every((d, i) => compareDims(facts, d, wanted[i] ?? 0) === 'equal')
  )
    return scores;
  const of = `float[${wanted.map(showDim).join(', ')}]`;
  complain(frame, 'not-scores', { wanted: of, got: showType(scores) }, write.span);
  return undefined;
}

const vocabularyOf = (g: Generation): Dim => (g.prompt.element.kind === 'index' ? g.prompt.element.of : 1);

/** The scores of the last position: float[lead…, V]. */
export function lastScores(g: Generation, scores: TensorValue): TensorValue | undefined {
  const { frame, span } = g;
  const rank = scores.dims.length;
  const axis = rank - 2;
  const size = scores.dims[axis] ?? 1;
  const last = emitOp(
    frame,
    span,
    'slice',
    [scores],
    {
      starts: scores.dims.map((_, i) => (i === axis ? dimAdd(size, -1) : 0)),
      limits: scores.dims,
      strides: scores.dims.map(() => 1),
    },
    { keeps: [], element: float },
  );
  if (last.kind === 'error') return undefined;
  const shape = scores.dims.filter((_, i) => i !== axis);
  const rows = scores.keeps.filter(k => k.axes.every(a => a < axis));
  const flat = emitOp(frame, span, 'reshape', [last], { shape }, { keeps: rows, element: float });
  return flat.kind === 'error' ? undefined : flat;
}

/** The next entry of each row, as `by` decides: index(V)[lead…], else reported. */
function nextOf(g: Generation, scores: TensorValue | undefined): TensorValue | undefined {
  if (scores === undefined) return undefined;
  const { frame, by } = g;
  const next = callBy(g, scores);
  if (next.kind === 'error') return undefined;
  const lead = scores.dims.slice(0, -1);
  const { facts } = frame.trace;
  const v = vocabularyOf(g);
  if (
    next.kind === 'tensor' &&
    next.element.kind === 'index' &&
    compareDims(facts, next.element.of, v) === 'equal' &&
    next.dims.length === lead.length &&
    next.dims.every((d, i) => compareDims(facts, d, lead[i] ?? 0) === 'equal')
  )
    return next;
  if (
    next.kind === 'tensor' &&
    next.element.kind === 'float' &&
    next.dims.length === scores.dims.length &&
    next.dims.every((d, i) => compareDims(facts, d, scores.dims[i] ?? 0) === 'equal')
  )
    return asSoft(next, v);
  const wanted = `index(${showDim(v)})${lead.length === 0 ? '' : `[${lead.map(showDim).join(', ')}]`}`;
  complain(frame, 'not-a-choice', { wanted, got: showType(next) }, by.span);
  return undefined;
}

function callBy(g: Generation, scores: TensorValue): Value {
  const { frame, by } = g;
  if (by.value.kind === 'search') {
    // Of the texts that go on, one step sees the best.
    const element = { kind: 'index', of: vocabularyOf(g) } as const;
    return emitOp(frame, g.span, 'argmax', [scores], { axis: scores.dims.length - 1 }, { element });
  }
  const args = [{ name: undefined, value: scores, span: by.span }];
  return callValue(stepFrame(g), by.value, 'by', args, by.span, undefined);
}
