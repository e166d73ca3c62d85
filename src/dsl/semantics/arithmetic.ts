// Operators. On static numbers and dims they compute; on tensors they emit elementwise ops.

import type { Dim } from '../../base/dim.ts';
import {
  dimAdd,
  dimEqual,
  dimExactDiv,
  dimFloorDiv,
  dimLowerBound,
  dimMul,
  dimNegate,
  dimSub,
  dimSymbols,
  dimUpperBound,
  showDim,
} from '../../base/dim.ts';
import type { BinaryExpr, BinaryOp, UnaryExpr } from '../syntax/ast.ts';
import { asTensor, broadcastDims, emitOp } from './emit.ts';
import { evaluate } from './expressions.ts';
import { matmul } from './intrinsics/contract.ts';
import type { Frame } from './trace.ts';
import { atMost, compareDims, complain, dimsCost, spend } from './trace.ts';
import { asDim } from './types.ts';
import type { BoolValue, Element, TensorValue, Value } from './values.ts';
import { errorValue, float, int, showType } from './values.ts';

export function evaluateUnary(frame: Frame, e: UnaryExpr): Value {
  const v = evaluate(frame, e.operand);
  if (v.kind === 'error') return v;
  if (e.op === '-') {
    if (v.kind === 'int') return int(dimNegate(v.dim));
    if (v.kind === 'number') return { kind: 'number', value: v.value === undefined ? undefined : -v.value };
    if (v.kind === 'tensor' && v.element.kind === 'float') return emitOp(frame, e.span, 'neg', [v]);
  } else {
    if (v.kind === 'bool')
      return { kind: 'bool', value: v.value === undefined ? undefined : !v.value, facts: [] };
    if (v.kind === 'tensor' && v.element.kind === 'bool') return emitOp(frame, e.span, 'not', [v]);
  }
  complain(
    frame,
    'wrong-kind',
    {
      where: `what ${e.op} is applied to`,
      expected: e.op === '-' ? 'a number or a float tensor' : 'a bool',
      got: showType(v),
    },
    e.operand.span,
  );
  return errorValue;
}

export function evaluateBinary(frame: Frame, e: BinaryExpr): Value {
  const left = evaluate(frame, e.left);
  const right = evaluate(frame, e.right);
  if (left.kind === 'error' || right.kind === 'error') return errorValue;
  if (left.kind !== 'tensor' && right.kind !== 'tensor') return staticBinary(frame, e, left, right);
  return tensorBinary(frame, e, left, right);
}

function staticBinary(frame: Frame, e: BinaryExpr, left: Value, right: Value): Value {
  const { op } = e;
  if (left.kind === 'bool' && right.kind === 'bool') return boolBinary(frame, e, left, right);
  if (left.kind === 'string' && right.kind === 'string' && (op === '==' || op === '!=')) {
    return { kind: 'bool', value: (left.value === right.value) === (op === '=='), facts: [] };
  }
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
      complain(
        frame,
        'wrong-kind',
        {
          where: `each side of ${e.op}`,
          expected: e.op === '@' ? 'a tensor' : 'a bool',
          got: `the number ${showDim(a)}`,
        },
        e.left.span,
      );
      return errorValue;
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
      complain(
        frame,
        'wrong-kind',
        {
          where: `each side of ${e.op}`,
          expected: e.op === '@' ? 'a tensor' : 'a bool',
          got: `the number ${x ?? y}`,
        },
        e.span,
      );
      return errorValue;
    default:
      return e.op satisfies never;
  }
}

const arithmetic: Partial<Record<BinaryOp, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'rem',
  '^': 'pow',
};

function tensorBinary(frame: Frame, e: BinaryExpr, left: Value, right: Value): Value {
  if (e.op === '@') {
    const a = asTensor(frame, left, e.left.span, 'the left side of @');
    const b = asTensor(frame, right, e.right.span, 'the right side of @');
    return a.kind === 'error' || b.kind === 'error' ? errorValue : matmul(frame, e.span, a, b);
  }
  // A static number beside an index counts positions, beside a float it is a float.
  const other = left.kind === 'tensor' ? left.element : right.kind === 'tensor' ? right.element : float;
  const element: Element = other.kind === 'bool' ? float : other.kind === 'float' ? float : { kind: 'int' };
  const a = asTensor(frame, left, e.left.span, `the left side of ${e.op}`, element);
  const b = asTensor(frame, right, e.right.span, `the right side of ${e.op}`, element);
  if (a.kind === 'error' || b.kind === 'error') return errorValue;
  const op = arithmetic[e.op];
  if (op !== undefined) {
    if (!wants(frame, e, a, b, v => v.element.kind === 'float' || v.element.kind === 'int', 'numbers'))
      return errorValue;
    return broadcastDims(frame, e.span, e.op, a, b) ? emitOp(frame, e.span, op, [a, b]) : errorValue;
  }
  switch (e.op) {
    case 'and':
    case 'or':
      if (!wants(frame, e, a, b, v => v.element.kind === 'bool', 'bool tensors')) return errorValue;
      return broadcastDims(frame, e.span, e.op, a, b) ? emitOp(frame, e.span, e.op, [a, b]) : errorValue;
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(frame, e, a, b);
    default:
      complain(
        frame,
        'wrong-kind',
        {
          where: `each side of ${e.op}`,
          expected: 'a static number',
          got: showType(left.kind === 'tensor' ? left : right),
        },
        e.span,
      );
      return errorValue;
  }
}

function wants(
  frame: Frame,
  e: BinaryExpr,
  a: TensorValue,
  b: TensorValue,
  ok: (v: TensorValue) => boolean,
  expected: string,
): boolean {
  const kindOf = (v: TensorValue): string => (v.element.kind === 'index' ? 'int' : v.element.kind);
  const wrong = [a, b].find(v => !ok(v));
  if (wrong !== undefined) {
    const help =
      wrong.element.kind === 'index'
        ? 'an index names a position and is no number: to_float(x) makes it one'
        : wrong.element.kind === 'bool'
          ? 'to_float(x) makes 0 and 1 of it'
          : undefined;
    complain(
      frame,
      'wrong-kind',
      { where: `each side of ${e.op}`, expected, got: showType(wrong) },
      wrong === a ? e.left.span : e.right.span,
      help === undefined ? {} : { help },
    );
    return false;
  }
  if (kindOf(a) === kindOf(b)) return true;
  complain(
    frame,
    'wrong-kind',
    {
      where: `both sides of ${e.op}`,
      expected: 'the same kind of numbers',
      got: `${showType(a)} and ${showType(b)}`,
    },
    e.span,
  );
  return false;
}

function comparison(frame: Frame, e: BinaryExpr, a: TensorValue, b: TensorValue): Value {
  if (!wants(frame, e, a, b, v => v.element.kind !== 'bool', 'numbers or indices')) return errorValue;
  if (
    a.element.kind === 'index' &&
    b.element.kind === 'index' &&
    compareDims(frame.trace.facts, a.element.of, b.element.of) !== 'equal'
  ) {
    complain(
      frame,
      'wrong-kind',
      {
        where: `both sides of ${e.op}`,
        expected: 'indices into the same dim',
        got: `${showType(a)} and ${showType(b)}`,
      },
      e.span,
    );
    return errorValue;
  }
  if (!broadcastDims(frame, e.span, e.op, a, b)) return errorValue;
  const bool = { element: { kind: 'bool' } } as const;
  switch (e.op) {
    case '<':
      return emitOp(frame, e.span, 'less', [a, b], {}, bool);
    case '<=':
      return emitOp(frame, e.span, 'less_equal', [a, b], {}, bool);
    case '>':
      return emitOp(frame, e.span, 'less', [b, a], {}, bool);
    case '>=':
      return emitOp(frame, e.span, 'less_equal', [b, a], {}, bool);
    default: {
      const equal = emitOp(frame, e.span, 'equal', [a, b], {}, bool);
      return e.op === '==' || equal.kind === 'error' ? equal : emitOp(frame, e.span, 'not', [equal]);
    }
  }
}
