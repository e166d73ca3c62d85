// One fit checked over symbolic rows: what it computes is right, calls the part that is fitted, and renews a state of it.

import { layerPaths, symbolicRows } from './check-objective.ts';
import type { Declared } from './declare.ts';
import { evaluate } from './expressions.ts';
import { fieldOf } from './fields.ts';
import type { Fit } from './model.ts';
import { fieldFrame } from './objectives.ts';
import { complain, nested } from './trace.ts';
import { showExpr } from './type-names.ts';
import { namesWeight } from './weight-pattern.ts';

/** Checks a fit in a fresh trace of the model; the paths of the weights and states that it reads. */
export function checkFit(declared: Declared, fit: Fit): readonly string[] {
  nested(declared.frame, fit.value.span, 1, undefined, () => checkIn(declared, fit));
  const { trace } = declared.frame;
  return layerPaths(trace, trace.weights.keys());
}

function checkIn(declared: Declared, fit: Fit): void {
  const { frame } = declared;
  const { trace } = frame;
  const { pattern, value, fields } = fit;
  if (fields.params.map(p => fieldOf(declared, p, fields.params)).some(f => f === undefined)) return;
  const result = evaluate(fieldFrame(declared, fields, symbolicRows(declared, fields)), value);
  if (result.kind === 'error' || trace.missing.length > 0) return;
  const own = [...trace.weights.keys()].filter(path => path.startsWith(`${fields.name}.`));
  if (own.length > 0) {
    complain(frame, 'measure-owns-weights', { metric: `the ${fields.name}`, paths: own }, value.span);
    return;
  }
  const fitted = (path: string): boolean => layerPaths(trace, [path]).some(p => namesWeight(pattern, p));
  const called = [...trace.calls.map(c => c.path), ...trace.weights.keys()];
  if (!called.some(fitted)) {
    complain(frame, 'fit-misses', { target: pattern.text, value: showExpr(value) }, pattern.span);
    return;
  }
  if (trace.updates.some(u => fitted(u.by))) return;
  complain(frame, 'fit-without-state', { target: pattern.text }, pattern.span);
}
