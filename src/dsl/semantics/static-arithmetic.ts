// Operators on what is known before the model runs: numbers, dims, conditions.

import type { Dim } from '../../base/dim.ts';
import {
  dimAdd,
  dimEqual,
  dimExactDiv,
  dimFloorDiv,
  dimLowerBound,
  dimMul,
  dimSub,
  dimSymbols,
  dimUpperBound,
  showDim,
} from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { BinaryExpr } from '../syntax/ast.ts';
import { quantityBinary } from './quantity.ts';
import type { Frame } from './trace.ts';
import { atMost, compareDims, complain, dimsCost, spend } from './trace.ts';
import { asDim } from './types.ts';
import type { BoolValue, Value } from './values.ts';
import { errorValue, int, showType } from './values.ts';

export function staticBinary(frame: Frame, e: BinaryExpr, left: Value, right: Value): Value {
  const { op } = e;
  if (left.kind === 'bool' && right.kind === 'bool') return boolBinary(frame, e, left, right);
  if (left.kind === 'string' && right.kind === 'string' && (op === '==' || op === '!=')) {
    return { kind: 'bool', value: (left.value === right.value) === (op === '=='), facts: [] };
  }
  if (left.kind === 'quantity' || right.kind === 'quantity') return quantityBinary(frame, e, left, right);
  const a = asDim(left);
  const b = asDim(right);
  if (a !== undefined && b !== undefined) return dimBinary(frame, e, a, b);
  const x = numberOf(left);
  const y = numberOf(right);
  if (x === 'none' || y === 'none') {
    const wrong = x === 'none' ? left : right;
    complain(
      frame,
      'wrong-kind',
      { where: `each side of ${op}`, expected: 'a number or a tensor', got: showType(wrong) },
      x === 'none' ? e.left.span : e.right.span,
    );
    return errorValue;
  }
  return numberBinary(frame, e, x, y);
}

/** The number of a static value; undefined where it isn't known yet. */
function numberOf(v: Value): number | undefined | 'none' {
  if (v.kind === 'number') return v.value;
  const dim = asDim(v);
  return dim === undefined ? 'none' : typeof dim === 'number' ? dim : undefined;
}

function boolBinary(frame: Frame, e: BinaryExpr, a: BoolValue, b: BoolValue): Value {
  switch (e.op) {
    case 'and': {
      const value =
        a.value === false || b.value === false
          ? false
          : a.value === undefined || b.value === undefined
            ? undefined
            : true;
      const canFail = value === undefined && (a.canFail ?? b.canFail) === true;
      return { kind: 'bool', value, facts: [...a.facts, ...b.facts], ...(canFail ? { canFail } : {}) };
    }
    case 'or': {
      const value =
        a.value === true || b.value === true
          ? true
          : a.value === undefined || b.value === undefined
            ? undefined
            : false;
      return { kind: 'bool', value, facts: [] };
    }
    case '==':
    case '!=': {
      const known = a.value !== undefined && b.value !== undefined;
      return {
        kind: 'bool',
        value: known ? (a.value === b.value) === (e.op === '==') : undefined,
        facts: [],
      };
    }
    default:
      complain(
        frame,
        'wrong-kind',
        { where: `each side of ${e.op}`, expected: 'a number', got: showType(a) },
        e.span,
      );
      return errorValue;
  }
}

function dimBinary(frame: Frame, e: BinaryExpr, a: Dim, b: Dim): Value {
  if (!spend(frame, e.span, dimsCost([a, b]) * Math.max(1, dimsCost([b])))) return errorValue;
  switch (e.op) {
    case '+':
      return int(dimAdd(a, b));
    case '-':
      return int(dimSub(a, b));
    case '*':
      return int(dimMul(a, b));
    case '//':
    case '%':
      if (isBadDivisor(a, b)) return badDivisor(frame, e, b);
      return int(e.op === '//' ? dimFloorDiv(a, b) : dimSub(a, dimMul(b, dimFloorDiv(a, b))));
    case '/':
      if (isBadDivisor(a, b)) return badDivisor(frame, e, b);
      if (typeof a === 'number' && typeof b === 'number')
        return a % b === 0 ? int(a / b) : { kind: 'number', value: a / b };
      return int(dimExactDiv(a, b));
    case '^':
      return typeof a === 'number' && typeof b === 'number'
        ? numberBinary(frame, e, a, b)
        : { kind: 'number', value: undefined };
    case '==':
    case '!=': {
      const equal = compare(frame, a, b);
      return {
        kind: 'bool',
        value: equal === undefined ? undefined : equal === (e.op === '=='),
        facts: e.op === '==' ? [{ left: a, right: b }] : [],
      };
    }
    case '<=':
      return ordered(a, b);
    case '>=':
      return ordered(b, a);
    case '<':
      return ordered(dimAdd(a, 1), b);
    case '>':
      return ordered(dimAdd(b, 1), a);
    case 'and':
    case 'or':
    case '@':
    case '..':
      return notForNumbers(frame, e, showDim(a), e.left.span);
    default:
      return e.op satisfies never;
  }
}

/** low ≤ high. */
function ordered(low: Dim, high: Dim): BoolValue {
  const value = atMost(low, high);
  const difference = dimSub(low, high);
  const most = dimUpperBound(difference);
  // Bounds of data are met by its longest batch; what a block is given may well be smaller than it could be.
  const ofData = dimSymbols(difference).every(s => s.role === 'data' || s.size !== undefined);
  const canFail = value === undefined && ofData && most !== undefined && most > 0;
  return { kind: 'bool', value, facts: [], ...(canFail ? { canFail } : {}) };
}

function compare(frame: Frame, a: Dim, b: Dim): boolean | undefined {
  const form = compareDims(frame.trace.facts, a, b);
  if (form !== 'unknown') return form === 'equal';
  const difference = dimSub(a, b);
  const lower = dimLowerBound(difference);
  const upper = dimUpperBound(difference);
  if ((lower !== undefined && lower > 0) || (upper !== undefined && upper < 0)) return false;
  return dimEqual(a, b) === 'different' ? false : undefined;
}

/** Numbers divide by anything but 0, dims by what is at least 1. */
function isBadDivisor(a: Dim, b: Dim): boolean {
  return b === 0 || (typeof a !== 'number' && typeof b === 'number' && b < 1);
}

function badDivisor(frame: Frame, e: BinaryExpr, b: Dim): Value {
  const reason = b === 0 ? 'is 0' : `is ${showDim(b)}; a dim is divided by 1 or more`;
  complain(frame, 'bad-setting', { setting: 'the divisor', reason }, e.right.span);
  return errorValue;
}

function numberBinary(frame: Frame, e: BinaryExpr, x: number | undefined, y: number | undefined): Value {
  const both = <T>(f: (x: number, y: number) => T): T | undefined =>
    x === undefined || y === undefined ? undefined : f(x, y);
  const number = (f: (x: number, y: number) => number): Value => ({ kind: 'number', value: both(f) });
  const bool = (f: (x: number, y: number) => boolean): Value => ({ kind: 'bool', value: both(f), facts: [] });
  switch (e.op) {
    case '+':
      return number((a, b) => a + b);
    case '-':
      return number((a, b) => a - b);
    case '*':
      return number((a, b) => a * b);
    case '/':
      return y === 0 ? badDivisor(frame, e, 0) : number((a, b) => a / b);
    case '//':
      return y === 0 ? badDivisor(frame, e, 0) : number((a, b) => Math.floor(a / b));
    case '%':
      return y === 0 ? badDivisor(frame, e, 0) : number((a, b) => a - b * Math.floor(a / b));
    case '^':
      return number((a, b) => a ** b);
    case '==':
      return bool((a, b) => a === b);
    case '!=':
      return bool((a, b) => a !== b);
    case '<':
      return bool((a, b) => a < b);
    case '<=':
      return bool((a, b) => a <= b);
    case '>':
      return bool((a, b) => a > b);
    case '>=':
      return bool((a, b) => a >= b);
    case 'and':
    case 'or':
    case '@':
    case '..':
      return notForNumbers(frame, e, String(x ?? y), e.span);
    default:
      return e.op satisfies never;
  }
}

/** `and`, `or`, `@` and `..` mean nothing between numbers. */
function notForNumbers(frame: Frame, e: BinaryExpr, number: string, span: Span): Value {
  const expected = e.op === '@' ? 'a tensor' : 'a bool';
  complain(
    frame,
    'wrong-kind',
    { where: `each side of ${e.op}`, expected, got: `the number ${number}` },
    span,
  );
  return errorValue;
}
