// One objective checked over symbolic rows, and which weights its loss depends on.

import { type Span, userPlace } from '../../base/span.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { ModelItem, StageMember } from '../syntax/ast.ts';
import { isAtLayer } from './adapt.ts';
import type { Declared } from './declare.ts';
import { fieldOf, leadName } from './fields.ts';
import { formalValue } from './formal.ts';
import { layersOf } from './layers.ts';
import type { Objective } from './model.ts';
import { symbolicFields, traceObjective } from './objectives.ts';
import { refuseSeenAnswers } from './sees-answer.ts';
import { complain, nested, type Trace, type TracedWeight } from './trace.ts';
import type { Value } from './values.ts';

/** The weights that an objective's loss depends on. */
export interface Reached {
  /** By the paths of a check, in which each repeat ran once. */
  readonly weights: ReadonlySet<string>;
  /** By their own paths, in order. */
  readonly layers: readonly string[];
  /** As `layers`, with those that are read behind `stop` alone: of a teacher, say, which no gradient reaches. */
  readonly read: readonly string[];
  /** Of `layers`, those that start at random numbers. */
  readonly random: ReadonlySet<string>;
  /** Of `layers`, those that functions on weights have made. */
  readonly adapters: ReadonlySet<string>;
  /** The states that it reads or updates: no gradient reaches them. */
  readonly states: readonly { readonly path: string; readonly copy: boolean }[];
}

/** Checks one objective over symbolic rows; undefined where something is wrong, which is reported. */
export function checkObjective(declared: Declared, objective: Objective): Reached | undefined {
  const { span } = objective.member.name;
  return nested(declared.frame, span, 1, undefined, () => reachedBy(declared, objective));
}

function reachedBy(declared: Declared, objective: Objective): Reached | undefined {
  const { frame } = declared;
  const { trace } = frame;
  if (objective.params.length === 0) {
    complain(
      frame,
      'no-fields',
      { name: objective.name, align: objective.member.kind === 'align' },
      objective.member.name.span,
    );
    return undefined;
  }
  const [first] = objective.params;
  const lead = first === undefined ? undefined : leadName(first);
  for (const p of objective.params.slice(1)) {
    const other = leadName(p);
    if (lead !== undefined && other !== undefined && other !== lead)
      complain(frame, 'fields-of-other-rows', { a: lead, b: other }, p.type.span);
  }
  if (objective.params.map(p => fieldOf(declared, p, objective.params)).some(f => f === undefined))
    return undefined;
  const loss = traceObjective(declared, objective, symbolicRows(declared, objective));
  if (loss === undefined || trace.missing.length > 0) return undefined;
  refuseSeenAnswers(trace, objective, loss.id);
  const weights = weightsBehind(trace, loss.id);
  const states = [...trace.weights.values()].flatMap(w =>
    w.kind === 'weight'
      ? []
      : layerPaths(trace, [w.path]).map(path => ({ path, copy: w.follows !== undefined })),
  );
  // One that reads what a stage fits may be a measure.
  if (weights.size === 0 && states.length === 0)
    complain(frame, 'dead-objective', { objective: objective.name }, objective.member.name.span);
  const random = [...weights].filter(path => isRandom(trace.weights.get(path)));
  const made = [...weights].filter(path => trace.adapters.some(a => path.startsWith(`${a.path}.`)));
  return {
    weights,
    layers: layerPaths(trace, weights),
    read: layerPaths(trace, weightsBehind(trace, loss.id, 'stopped')),
    adapters: new Set(layerPaths(trace, made)),
    random: new Set(layerPaths(trace, random)),
    states,
  };
}

const isRandom = (weight: TracedWeight | undefined): boolean =>
  weight !== undefined && weight.initializer.kind !== 'constant';

/** Values of an objective's fields in which every size that comes with the data is a symbol. */
export function symbolicRows(declared: Declared, objective: Objective): ReadonlyMap<string, Value> {
  const binding = { scope: declared.scope, bound: new Map(), pack: undefined };
  return symbolicFields(declared, objective, (at, p, rows) => {
    // All rows are one dim, under whatever name.
    const scope = at.scope;
    const name = leadName(p);
    if (name !== undefined) scope.names.set(name, { value: { kind: 'int', dim: rows }, span: p.span });
    return formalValue(at, { ...binding, scope }, p.type, p.name.text);
  });
}

/** Paths of the weights from which a value is computed: those that its gradient reaches, or those behind `stop` too. */
export function weightsBehind(
  trace: Trace,
  id: ValueId,
  which: 'reached' | 'stopped' = 'reached',
): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<ValueId>();
  const todo = [id];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const path = trace.paths.get(at);
    if (path !== undefined && trace.weights.get(path)?.kind === 'weight') found.add(path);
    const node = trace.builder.producer(at);
    if (node !== undefined && (node.op !== 'stop_gradient' || which === 'stopped')) todo.push(...node.inputs);
  }
  return found;
}

/** Paths of a check as the paths of every layer that they stand for, in order. */
export function layerPaths(trace: Trace, paths: Iterable<string>): readonly string[] {
  const all = [...paths].flatMap(path => layersOf(path, trace.repeats));
  return (trace.adapters.length === 0 ? all : all.filter(path => isAtLayer(trace, path))).sort();
}

/** The user's line that made a weight, without the calls that led to it. */
function ownPlace(weight: TracedWeight): Span {
  const { via, ...place } = userPlace(weight.span);
  return place;
}

/** Warns of the model's own parts that nothing calls. */
export function warnUncalled(declared: Declared, item: ModelItem, called: ReadonlySet<string>): void {
  for (const m of item.members) {
    if (m.kind !== 'part') continue;
    const value = declared.scope.names.get(m.name.text)?.value;
    if (value?.kind === 'part' && value.path === m.name.text && !called.has(value.path))
      complain(declared.frame, 'unused-part', { name: m.name.text }, m.name.span);
  }
}

/** Warns of weights that no objective reaches (of those that some stage minimizes, where there are stages). */
export function warnUnreached(
  declared: Declared,
  owned: ReadonlyMap<string, TracedWeight>,
  objectives: ReadonlyMap<string, Objective>,
  stages: readonly StageMember[],
  reached: ReadonlyMap<string, Reached>,
): void {
  const minimized = stages
    .flatMap(s => s.clauses)
    .flatMap(c => (c.kind === 'minimize' ? c.terms.map(t => t.objective.text) : []));
  const counted = minimized.length > 0 ? minimized : [...objectives.keys()];
  if (counted.length === 0 || counted.some(name => !reached.has(name))) return;
  const found = new Set(counted.flatMap(name => [...(reached.get(name)?.weights ?? [])]));
  const member = (path: string): string => path.split('.')[0] ?? path;
  const idle = [...owned.values()].filter(w => !found.has(w.path));
  for (const name of new Set(idle.map(w => member(w.path)))) {
    const own = idle.filter(w => member(w.path) === name);
    const whole = [...owned.keys()].filter(path => member(path) === name).length === own.length;
    const [first] = own;
    const place = whole ? declared.scope.names.get(name)?.span : first && ownPlace(first);
    const paths = whole ? [name] : own.map(w => w.path).sort();
    if (place !== undefined) complain(declared.frame, 'unreached-weights', { paths }, place);
  }
}
