// Settings given as a call: adamw(rate: …, decay: 0.1), cosine(peak: 5e-4, warmup: 200). Each has a table of names
// with ranges; whatever isn't in it is an error.

import { nearestName } from '../../base/nearest-name.ts';
import { compareRationals, type Rational } from '../../base/rational.ts';
import type { Span } from '../../base/span.ts';
import type { CallExpr, Expr } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import { refuseUnits } from './quantity.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';
import { showQuantity } from './units.ts';
import { showType } from './values.ts';

export interface NumberSetting {
  readonly name: string;
  readonly fallback?: number;
  /** May be left out, and is then in no table of values. */
  readonly optional?: true;
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
      if (s.fallback === undefined && s.optional === undefined) {
        // A name that doesn't fit may well have been meant for this one.
        if (call.fits)
          complain(frame, 'missing-argument', { callee, name: s.name, type: 'number' }, call.span);
        fits = false;
      } else if (s.fallback !== undefined) numbers.set(s.name, s.fallback);
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
    if (v.kind === 'quantity') refuseUnits(frame, where, v, e.span);
    else if (v.kind !== 'error')
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

/** What a setting is: a number in its range, a time, a frequency, a word, or another call. */
export type Setting =
  | NumberSetting
  | QuantitySetting
  | {
      readonly name: string;
      readonly kind: 'call' | 'word';
      readonly words: readonly string[];
      readonly fallback?: string;
    };

/** A time or a frequency that a setting was given. */
export interface Measured {
  readonly amount: Rational;
  /** As it was written. */
  readonly shown: string;
  readonly span: Span;
}

export interface QuantitySetting {
  readonly name: string;
  readonly kind: 'time' | 'frequency';
  /** 0 may be given. */
  readonly zero?: true;
  /** What holds where it isn't given; without it, it has to be. */
  readonly fallback?: string;
}

/** The time or frequency that a setting is given; undefined where something is wrong, which is reported. */
export function readQuantity(
  frame: Frame,
  call: Placed,
  setting: QuantitySetting,
): Measured | undefined | 'absent' {
  const { name, kind, fallback } = setting;
  const e = call.placed.get(name);
  if (e !== undefined) return evaluateQuantity(frame, e, { ...setting, name: `${name} of ${call.callee}` });
  if (fallback !== undefined) return 'absent';
  if (call.fits) complain(frame, 'missing-argument', { callee: call.callee, name, type: kind }, call.span);
  return undefined;
}

/** A time or a frequency in its range; `name` is what messages call it. */
export function evaluateQuantity(
  frame: Frame,
  e: Expr,
  { name: where, kind, zero }: QuantitySetting,
): Measured | undefined {
  const v = evaluate(frame, e);
  if (v.kind === 'error') return undefined;
  if (v.kind !== 'quantity' || v.power !== (kind === 'time' ? 1 : -1) || v.amount === undefined) {
    const expected = kind === 'time' ? 'a time, as 25ms' : 'a frequency, as 16kHz';
    complain(frame, 'wrong-kind', { where, expected, got: showType(v) }, e.span);
    return undefined;
  }
  const sign = compareRationals(v.amount, { numerator: 0n, denominator: 1n });
  if (sign < 0 || (sign === 0 && zero !== true)) {
    const least = zero === true ? 'at least 0' : 'more than 0';
    complain(
      frame,
      'bad-setting',
      { setting: where, reason: `must be ${least}; it is ${showQuantity(v)}` },
      e.span,
    );
    return undefined;
  }
  return { amount: v.amount, shown: showQuantity(v), span: e.span };
}

/** One of a setting's words, as in `scale: htk`. */
export function readChoice<const T extends string>(
  frame: Frame,
  call: Placed,
  name: string,
  words: readonly T[],
  fallback: T,
): T | undefined {
  const e = call.placed.get(name);
  if (e === undefined) return fallback;
  const word = e.kind === 'name' ? words.find(w => w === e.text) : undefined;
  if (word === undefined) {
    const near = e.kind === 'name' ? nearestName(e.text, words) : undefined;
    complain(
      frame,
      'bad-setting',
      { setting: `${name} of ${call.callee}`, reason: `is one of ${words.join(', ')}; it is ${showExpr(e)}` },
      e.span,
      near === undefined ? {} : { help: `did you mean ${near}?` },
    );
  }
  return word;
}

/** Of `a when condition else b`, the one that holds: a model's parameter may choose between settings. */
export function chosen(frame: Frame, e: Expr): Expr | undefined {
  if (e.kind !== 'when') return e;
  const condition = evaluate(frame, e.condition);
  if (condition.kind === 'bool' && condition.value !== undefined)
    return chosen(frame, condition.value ? e.value : e.otherwise);
  if (condition.kind !== 'error')
    complain(frame, 'not-static', { where: 'the condition of when' }, e.condition.span);
  return undefined;
}
