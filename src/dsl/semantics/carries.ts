// What `repeat` and `scan` carry from one run of their body to the next: names from outside that the body gives new
// values of the same type.

import type { Statement } from '../syntax/ast.ts';
import { compareDims, type Frame } from './trace.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue } from './values.ts';

/** What is carried from one run of a body to the next is promised nothing: the next one's needn't be. */
export function plain(value: Value): Value {
  if (value.kind === 'tensor') return { ...value, quality: undefined };
  if (value.kind !== 'record') return value;
  return { ...value, fields: new Map([...value.fields].map(([name, v]) => [name, plain(v)])) };
}

/** The names that statements give new values. */
export function assignedIn(statements: readonly Statement[]): readonly string[] {
  return statements.flatMap(s => {
    if (s.kind === 'assign') return [s.name.text];
    if (s.kind === 'repeat' || s.kind === 'scan') return assignedIn(s.body.statements);
    if (s.kind === 'if')
      return [...assignedIn(s.body.statements), ...assignedIn(s.otherwise?.statements ?? [])];
    return [];
  });
}

/** One type apart from what is promised of the last axis. */
export function sameType(frame: Frame, a: Value, b: Value): boolean {
  if (a.kind === 'error' || b.kind === 'error') return true;
  if (a.kind === 'record' && b.kind === 'record') {
    return (
      a.fields.size === b.fields.size &&
      [...a.fields].every(([n, v]) => sameType(frame, v, b.fields.get(n) ?? errorValue))
    );
  }
  if (a.kind !== 'tensor' || b.kind !== 'tensor') return a.kind === b.kind;
  return (
    sameElement(frame, a, b) &&
    a.dims.length === b.dims.length &&
    a.dims.every((d, i) => compareDims(frame.trace.facts, d, b.dims[i] ?? 0) === 'equal')
  );
}

function sameElement(frame: Frame, { element: a }: TensorValue, { element: b }: TensorValue): boolean {
  if (a.kind !== 'index' || b.kind !== 'index') return a.kind === b.kind;
  return compareDims(frame.trace.facts, a.of, b.of) === 'equal';
}
