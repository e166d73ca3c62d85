// Operators: static values compute at once; on tensors they emit elementwise ops.

import { dimNegate } from '../../base/dim.ts';
import type { BinaryExpr, BinaryOp, Expr, UnaryExpr } from '../syntax/ast.ts';
import { asTensor, broadcastDims, emitOp } from './emit.ts';
import { evaluate } from './expressions.ts';
import { matmul } from './intrinsics/contract.ts';
import { negateQuantity } from './quantity.ts';
import { staticBinary } from './static-arithmetic.ts';
import type { Frame } from './trace.ts';
import { compareDims, complain, nested } from './trace.ts';
import { asDim } from './types.ts';
import type { Element, TensorValue, Value } from './values.ts';
import { errorValue, float, int, showType } from './values.ts';

export function evaluateUnary(frame: Frame, e: UnaryExpr): Value {
  const v = evaluate(frame, e.operand);
  if (v.kind === 'error') return v;
  if (e.op === '-') {
    if (v.kind === 'int') return int(dimNegate(v.dim));
    if (v.kind === 'number') return { kind: 'number', value: v.value === undefined ? undefined : -v.value };
    if (v.kind === 'quantity') return negateQuantity(v);
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

/** Where `counted`, sums of indices and whole numbers are whole numbers: what stands before `% D` is an index again. */
export function evaluateBinary(frame: Frame, e: BinaryExpr, counted = false): Value {
  const left = evaluateOperand(frame, e.left, counted || e.op === '%');
  const right = evaluateOperand(frame, e.right, counted);
  if (left.kind === 'error' || right.kind === 'error') return errorValue;
  if (left.kind !== 'tensor' && right.kind !== 'tensor') return staticBinary(frame, e, left, right);
  if (e.op === '%' && isWhole(left) && right.kind !== 'tensor') return modulo(frame, e, left, right);
  if (counted && isWhole(left) && isWhole(right))
    return tensorBinary(frame, e, asWhole(left), asWhole(right));
  return tensorBinary(frame, e, left, right);
}

function evaluateOperand(frame: Frame, e: Expr, counted: boolean): Value {
  if (!counted || e.kind !== 'binary' || (e.op !== '+' && e.op !== '-')) return evaluate(frame, e);
  return nested(frame, e.span, 1, errorValue, () => evaluateBinary(frame, e, true));
}

/** Whether a value is a whole number or an index. */
function isWhole(v: Value): boolean {
  return (
    v.kind === 'int' || (v.kind === 'tensor' && (v.element.kind === 'index' || v.element.kind === 'int'))
  );
}

const asWhole = (v: Value): Value => (v.kind === 'tensor' ? { ...v, element: { kind: 'int' } } : v);

/** `(i + 1) % D`: positions that go round a dim, an index into it. */
function modulo(frame: Frame, e: BinaryExpr, left: Value, right: Value): Value {
  const of = asDim(right);
  const a = asWhole(left);
  if (of === undefined || a.kind !== 'tensor') return tensorBinary(frame, e, left, right);
  const size = asTensor(frame, int(of), e.right.span, 'the right side of %', { kind: 'int' });
  if (size.kind === 'error') return errorValue;
  return emitOp(frame, e.span, 'rem', [a, size], {}, { element: { kind: 'index', of } });
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
      if (!wants(frame, e, a, b, v => v.element.kind === 'bool', 'masks')) return errorValue;
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
