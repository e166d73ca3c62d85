// Settings given as a call: adamw(rate: …, decay: 0.1), cosine(peak: 5e-4, warmup: 200). Each has a table of names
// with ranges; whatever isn't in it is an error.

import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { CallExpr, Expr } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import { complain, type Frame } from './trace.ts';
import { showType } from './values.ts';

export interface NumberSetting {
  readonly name: string;
  readonly fallback?: number;
  readonly above?: number;
  readonly least?: number;
  readonly most?: number;
  readonly whole?: true;
}

/** The arguments of a call by its settings' names, and whether all of them fit. */
export interface Placed {
  readonly callee: string;
  readonly placed: ReadonlyMap<string, Expr>;
  readonly fits: boolean;
  readonly span: Span;
}

/** Where each argument of a call stands, by its setting's name, and whether all fit; what doesn't is reported. */
export function placeArgs(frame: Frame, call: CallExpr, callee: string, names: readonly string[]): Placed {
  const placed = new Map<string, Expr>();
  let next = 0;
  let fits = true;
  for (const a of call.args) {
    const name = a.name?.text ?? names[next++];
    if (name === undefined) {
      complain(frame, 'too-many-arguments', { callee, takes: names.length, known: names }, a.span);
      fits = false;
    } else if (!names.includes(name)) {
      complain(
        frame,
        'unknown-argument',
        { callee, name, known: names, suggestion: nearestName(name, names) },
        a.name?.span ?? a.span,
      );
      fits = false;
    } else if (placed.has(name)) {
      complain(frame, 'argument-twice', { callee, name }, a.span);
      fits = false;
    } else placed.set(name, a.value);
  }
  return { callee, placed, fits, span: call.span };
}

/** Number settings read and held to their ranges; every mistake is reported, undefined if there was one. */
export function readNumbers(
  frame: Frame,
  call: Placed,
  settings: readonly NumberSetting[],
): ReadonlyMap<string, number> | undefined {
  const numbers = new Map<string, number>();
  const { callee, placed } = call;
  let { fits } = call;
  for (const s of settings) {
    const e = placed.get(s.name);
    if (e === undefined) {
      if (s.fallback === undefined) {
        // A name that doesn't fit may well have been meant for this one.
        if (call.fits)
          complain(frame, 'missing-argument', { callee, name: s.name, type: 'number' }, call.span);
        fits = false;
      } else numbers.set(s.name, s.fallback);
      continue;
    }
    const value = readNumber(frame, e, `${s.name} of ${callee}`, s);
    if (value === undefined) fits = false;
    else numbers.set(s.name, value);
  }
  return fits ? numbers : undefined;
}

/** One number in its range. */
export function readNumber(
  frame: Frame,
  e: Expr,
  where: string,
  range: Omit<NumberSetting, 'name'>,
): number | undefined {
  const v = evaluate(frame, e);
  const value =
    v.kind === 'number' ? v.value : v.kind === 'int' && typeof v.dim === 'number' ? v.dim : undefined;
  if (value === undefined) {
    if (v.kind !== 'error')
      complain(
        frame,
        'wrong-kind',
        { where, expected: range.whole === true ? 'a whole number' : 'a number', got: showType(v) },
        e.span,
      );
    return undefined;
  }
  const say = (reason: string): undefined => {
    complain(frame, 'bad-setting', { setting: where, reason }, e.span);
    return undefined;
  };
  if (range.whole === true && !Number.isInteger(value)) return say(`must be a whole number; it is ${value}`);
  if (range.above !== undefined && value <= range.above)
    return say(`must be more than ${range.above}; it is ${value}`);
  if (range.least !== undefined && value < range.least)
    return say(`must be at least ${range.least}; it is ${value}`);
  if (range.most !== undefined && value > range.most)
    return say(`must be at most ${range.most}; it is ${value}`);
  return value;
}
