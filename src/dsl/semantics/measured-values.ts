// What a metric measures for every row: its expressions over fields of the data, which they name as objectives do.

import type { Dim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { MeasuredType, ValueParam } from '../metrics/metric.ts';
import type { Expr, Param } from '../syntax/ast.ts';
import type { Declared } from './declare.ts';
import { evaluate } from './expressions.ts';
import type { Measure, Objective, Points } from './model.ts';
import { namesRead, objectiveOf } from './objectives.ts';
import type { Frame } from './trace.ts';
import { compareDims } from './trace.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue } from './values.ts';

/** The fields that a metric's expressions read. */
export function measuredFields(
  declared: Declared,
  objectives: Iterable<Objective>,
  { metric, span }: Pick<Measure, 'metric' | 'span'>,
): Objective {
  const name = `measure ${metric.metric}`;
  return fieldsRead(declared, objectives, [...metric.values.values()], { name, span });
}

/**
 * The fields that expressions read, as the parameters of an objective without a loss: those of the first
 * objective that has them all, else each as the first one that has it declares it, else a modality of that name.
 */
export function fieldsRead(
  declared: Declared,
  objectives: Iterable<Objective>,
  expressions: readonly Expr[],
  { name, span }: { readonly name: string; readonly span: Span },
): Objective {
  const read = new Set(expressions.flatMap(namesRead));
  const known = [...objectives];
  const has = (o: Objective, name: string): boolean => o.params.some(p => p.name.text === name);
  const fields = [...read].filter(n => declared.modalities.has(n) || known.some(o => has(o, n)));
  const whole = known.find(o => fields.every(n => has(o, n)));
  const params = new Map<string, Param>();
  const put = (o: Objective, name: string): void => {
    const p = o.params.find(own => own.name.text === name);
    if (p === undefined || params.has(name)) return;
    params.set(name, p);
    // A field along another one's axis needs that one too.
    for (const other of o.params) if (sharesAxis(p, other)) put(o, other.name.text);
  };
  for (const field of fields) {
    const o = whole ?? known.find(candidate => has(candidate, field));
    if (o !== undefined) put(o, field);
  }
  const bare = fields.filter(n => !params.has(n));
  const [first = span] = expressions.map(e => e.span);
  const at = { text: name, span: first };
  const items = bare.map(text => ({ kind: 'name', text, span: first }) as const);
  const side = { kind: 'list', items, span: first } as const;
  const member = {
    kind: 'align',
    doc: undefined,
    name: at,
    renamed: undefined,
    left: side,
    right: side,
    by: side,
    span,
  } as const;
  const spelled = objectiveOf(declared, member);
  const item = whole?.item ?? spelled.item;
  return { ...spelled, item, name, params: [...params.values(), ...spelled.params] };
}

/** Whether the dims of the first name an axis of the second beside the rows. */
function sharesAxis(p: Param, other: Param): boolean {
  const names = (q: Param): readonly string[] =>
    q.type.kind !== 'tensor'
      ? []
      : [
          ...(q.type.dims ?? [])
            .slice(1)
            .flatMap(d => (d.kind === 'dim' && d.value.kind === 'name' ? [d.value.text] : [])),
          ...(q.type.of?.kind === 'name' ? [q.type.of.text] : []),
        ];
  return p !== other && names(p).some(n => names(other).includes(n));
}

/** A tensor of an argument, by the argument's name or `name.field`. */
export interface MeasuredValue {
  readonly name: string;
  readonly value: TensorValue;
}

/** The tensors of one argument; undefined where it isn't made of such. */
export function measuredValues(frame: Frame, param: ValueParam, e: Expr): readonly MeasuredValue[] | Value {
  const value = evaluate(frame, e);
  if (value.kind === 'error') return errorValue;
  if (param.fields !== undefined) {
    if (value.kind !== 'record') return value;
    const found = param.fields.map(f => ({ name: `${param.name}.${f}`, value: value.fields.get(f) }));
    const tensors = found.flatMap(f =>
      f.value?.kind === 'tensor' ? [{ name: f.name, value: f.value }] : [],
    );
    return tensors.length === found.length ? tensors : value;
  }
  // Of a text its tokens are meant.
  const tokens =
    value.kind === 'record' && value.modality !== undefined ? value.fields.get('ids') : undefined;
  const tensor = tokens?.kind === 'tensor' ? tokens : value;
  return tensor.kind === 'tensor' ? [{ name: param.name, value: tensor }] : value;
}

/** What an index points into, or what the last axis of floats counts, where that has a name. */
export function pointsOf(declared: Declared, v: TensorValue): Points | undefined {
  const last = v.dims[v.dims.length - 1];
  const dim: Dim | undefined =
    v.element.kind === 'index' ? v.element.of : v.element.kind === 'float' ? last : undefined;
  if (dim === undefined) return undefined;
  const same = (other: Dim | undefined): boolean =>
    other !== undefined && compareDims(declared.frame.trace.facts, dim, other) === 'equal';
  const labels = [...declared.labels.values()].find(l => same(l.dim));
  if (labels !== undefined) return { kind: 'labels', labels };
  const modality = [...declared.modalities.values()].find(m => same(m.vocabulary));
  return modality === undefined ? undefined : { kind: 'text', modality };
}

export const measuredType = (v: TensorValue, points: Points | undefined): MeasuredType => ({
  element: v.element.kind,
  axes: v.dims.length,
  of: points?.kind,
});
