// `text with { ids: hidden }`: a record with other values in some of its fields, of the types that they had.

import { showDim } from '../../base/dim.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type { Keep } from '../../ir/op.ts';
import type { WithExpr } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import { compareDims, complain, type Frame, keepKey } from './trace.ts';
import {
  type ErrorValue,
  errorValue,
  type RecordValue,
  showElement,
  showType,
  type TensorValue,
  type Value,
} from './values.ts';

export function evaluateWith(frame: Frame, e: WithExpr): Value {
  const value = evaluate(frame, e.value);
  if (value.kind !== 'error' && value.kind !== 'record') {
    const got = showType(value);
    complain(
      frame,
      'wrong-kind',
      { where: 'what stands before with', expected: 'a record', got },
      e.value.span,
    );
  }
  const known = value.kind === 'record' ? [...value.fields.keys()] : [];
  const given = new Map<string, Value>();
  for (const f of e.fields) {
    const name = f.name.text;
    const field = evaluate(frame, f.value);
    if (given.has(name)) complain(frame, 'defined-twice', { name, what: 'field' }, f.name.span);
    const was = value.kind === 'record' ? value.fields.get(name) : undefined;
    if (value.kind === 'record' && was === undefined)
      complain(
        frame,
        'unknown-field',
        { field: name, of: showType(value), known, suggestion: nearestName(name, known) },
        f.name.span,
      );
    given.set(
      name,
      value.kind !== 'record' || was === undefined
        ? errorValue
        : changed(frame, value, name, was, field, f.value.span),
    );
  }
  if (value.kind !== 'record' || [...given.values()].some(v => v.kind === 'error')) return errorValue;
  return { ...value, fields: new Map([...value.fields, ...given]) };
}

/** What stands in a field from here on: of the type it had, and kept where it was kept. */
function changed(
  frame: Frame,
  record: RecordValue,
  field: string,
  was: Value,
  now: Value,
  span: WithExpr['span'],
): Value {
  if (was.kind === 'error' || now.kind === 'error') return errorValue;
  if (was.kind !== 'tensor' && was.kind === now.kind) return now;
  const say = (why: string): ErrorValue => {
    complain(
      frame,
      'field-changes-type',
      { field, of: showType(record), was: showType(was), is: showType(now), why },
      span,
    );
    return errorValue;
  };
  if (was.kind !== 'tensor' || now.kind !== 'tensor') return say('');
  const { facts } = frame.trace;
  if (was.element.kind !== now.element.kind) return say('');
  if (
    was.element.kind === 'index' &&
    now.element.kind === 'index' &&
    compareDims(facts, was.element.of, now.element.of) !== 'equal'
  )
    return say(`they are ${showElement(was.element)}`);
  if (was.dims.length !== now.dims.length) return say('');
  // A modality's own axes come with the value: a text may be made longer or shorter.
  const lead = record.modality === undefined ? was.dims.length : record.lead.length;
  const own = record.modality?.axes.length ?? 0;
  const fixed = (axis: number): boolean => axis < lead || axis >= lead + own;
  const same = was.dims.map((d, i) => compareDims(facts, d, now.dims[i] ?? 0) === 'equal');
  const wrong = same.findIndex((s, axis) => !s && fixed(axis));
  if (wrong >= 0) return say(`axis ${wrong} is ${showDim(was.dims[wrong] ?? 1)}`);
  if (was.quality !== undefined && now.quality !== was.quality) return say(`its vectors are ${was.quality}`);
  return {
    ...now,
    keeps: bothKeeps(was, now, same),
  };
}

/** What either value drops, of the axes that are as long as they were. */
function bothKeeps(was: TensorValue, now: TensorValue, same: readonly boolean[]): readonly Keep[] {
  const keeps = new Map(now.keeps.map(k => [keepKey(k), k]));
  for (const k of was.keeps) if (k.axes.every(a => same[a] === true)) keeps.set(keepKey(k), k);
  return [...keeps.values()];
}
