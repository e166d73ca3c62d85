// Generation one position at a time. The function that is called is traced three times beside the graph, at a small
// length, at one more and at the longest; where it looks back alone, its steps are computed from those traces and what
// earlier positions gave is kept. Otherwise the reason is told and it is called anew for each position.

import type { Diagnostic } from '../../base/diagnostic.ts';
import { userPlace } from '../../base/span.ts';
import { createBuilder } from '../../ir/builder.ts';
import { createSteps } from '../../ir/dependence/steps.ts';
import { type NoTemplate, type Template, type Traced, templateOf } from '../../ir/dependence/template.ts';
import type { ValueId } from '../../ir/graph.ts';
import { elementDType } from './emit.ts';
import { type Generation, scoresOf } from './generation.ts';
import { type Going, leadOf } from './generation-prompt.ts';
import { isSoft } from './soft.ts';
import { wholeKeep } from './text-value.ts';
import { here, scratchTrace, type Trace } from './trace.ts';
import type { TensorValue } from './values.ts';
import { float } from './values.ts';

/** The last position's scores float[lead…, V] for what there is so far. */
export type NextScores = (sofar: TensorValue, state: Going) => TensorValue;

/** Unlike the sizes that heads and widths have, so that no axis is taken for another. */
const small = 13;

/** 'wrong' where something was reported. */
export function cachedScores(
  g: Generation,
  path: string,
  prompt: TensorValue,
  state: Going,
  steps: number,
): NextScores | 'wrong' | undefined {
  const { trace } = g.frame;
  const note = (kept: number, no: NoTemplate | undefined): void => {
    const span = no?.node?.span;
    trace.generations.push({
      path,
      span: here(g.frame, g.span),
      steps,
      kept,
      why: no?.why,
      place: span === undefined ? undefined : userPlace(span),
    });
  };
  if (!trace.cache) return undefined;
  const longest = Number(prompt.dims[prompt.dims.length - 1]) + steps - 1;
  const length = Math.min(small, longest - 1);
  if (length < 2 || steps < 2) {
    note(0, { why: 'there is but one step', node: undefined });
    return undefined;
  }
  const last = rehearsed(g, prompt, state, longest, trace.report);
  if (last === undefined) return 'wrong';
  adoptWeights(trace, last.trace);
  const again = (n: number): Rehearsal | undefined => rehearsed(g, prompt, state, n, () => undefined);
  const [a, b, c] = [again(length), again(length + 1), again(longest)];
  if (a === undefined || b === undefined || c === undefined) {
    note(0, { why: `it can't be called for ${length} positions`, node: undefined });
    return undefined;
  }
  if (c.trace.updates.length > trace.updates.length) {
    note(0, { why: 'it updates a state', node: undefined });
    return undefined;
  }
  const template = templateOf(a.traced, b.traced, c.traced, {
    registry: trace.builder.registry,
    length,
    longest,
    inputs: a.inputs.map(id => ({ id, axis: prompt.dims.length - 1 })),
  });
  if ('why' in template) {
    note(0, template);
    return undefined;
  }
  const next = stepwise(g, template);
  note(next.kept, undefined);
  return next.scores;
}

interface Rehearsal {
  readonly trace: Trace;
  readonly traced: Traced;
  /** The ids so far and, where there is one, their mask. */
  readonly inputs: readonly ValueId[];
}

/** One call of the function beside the graph; undefined where something is wrong with it. */
function rehearsed(
  g: Generation,
  prompt: TensorValue,
  state: Going,
  length: number,
  report: (d: Diagnostic) => void,
): Rehearsal | undefined {
  const { trace } = g.frame;
  const from = trace.builder.finish();
  const builder = createBuilder(from.name, trace.builder.registry, { from });
  let right = true;
  const scratch = scratchTrace(trace, builder, d => {
    right = right && d.severity !== 'error';
    report(d);
  });
  const dims = [...leadOf(prompt), length];
  const { element } = prompt;
  const entries = element.kind === 'index' && isSoft(prompt) ? [element.of] : [];
  const type = { dtype: elementDType(element), shape: [...dims, ...entries] };
  const ids = builder.input('sofar', 'feed', type);
  const mask =
    state.kept === undefined ? undefined : builder.input('kept', 'feed', { dtype: 'bool', shape: dims });
  const keeps = mask === undefined ? state.rows : [...state.rows, wholeKeep(mask, dims.length)];
  const scores = scoresOf(
    { ...g, frame: { ...g.frame, trace: scratch } },
    { ...prompt, id: ids, dims, keeps },
  );
  if (scores === undefined || !right) return undefined;
  const graph = builder.finish();
  const traced = { graph, nodes: graph.nodes.slice(from.nodes.length), output: scores.id };
  return { trace: scratch, traced, inputs: mask === undefined ? [ids] : [ids, mask] };
}

/** Weights that were first met beside the graph become inputs of it. */
function adoptWeights(trace: Trace, scratch: Trace): void {
  for (const [path, weight] of scratch.weights) {
    if (trace.weights.has(path)) continue;
    const type = scratch.builder.typeOf(weight.value.id);
    const role = scratch.builder.finish().inputs.find(i => i.id === weight.value.id)?.role ?? 'weight';
    const id = trace.builder.input(path, role, type);
    trace.weights.set(path, { ...weight, value: { ...weight.value, id } });
    trace.paths.set(id, path);
  }
}

function stepwise(g: Generation, template: Template): { readonly scores: NextScores; readonly kept: number } {
  const { builder } = g.frame.trace;
  const steps = createSteps(template, builder, id => id);
  const scores: NextScores = (sofar, state) => {
    const dims = sofar.dims as readonly number[];
    const axis = dims.length - 1;
    const length = dims[axis] ?? 1;
    const lastOf = (id: ValueId): ValueId => {
      const whole = builder.shapeOf(id);
      const starts = whole.map((_, i) => (i === axis ? length - 1 : 0));
      return builder.one('slice', [id], { starts, limits: whole, strides: whole.map(() => 1) });
    };
    const given = [sofar.id, ...(state.kept === undefined ? [] : [state.kept])];
    const last = steps.next(
      length,
      given.map(id => ({ whole: id, last: lastOf(id) })),
    );
    const shape = builder.shapeOf(last).filter((_, i) => i !== axis);
    return {
      kind: 'tensor',
      id: builder.one('reshape', [last], { shape }),
      element: float,
      dims: shape,
      quality: undefined,
      keeps: state.rows,
      origins: new Map(),
    };
  };
  return { scores, kept: steps.kept };
}
