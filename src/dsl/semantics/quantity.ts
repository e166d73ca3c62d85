// Numbers with a unit, 25ms or 16kHz: exact fractions of seconds to some power. Times and frequencies cancel to
// plain numbers (25ms * 16kHz is 400); what doesn't cancel is refused where a plain number is wanted.

import {
  addRationals,
  compareRationals,
  divideRationals,
  floorRational,
  isWhole,
  multiplyRationals,
  negateRational,
  type Rational,
  rational,
  toNumber,
} from '../../base/rational.ts';
import type { Span } from '../../base/span.ts';
import type { BinaryExpr } from '../syntax/ast.ts';
import { complain, type Frame } from './trace.ts';
import { quantityType } from './units.ts';
import type { BoolValue, QuantityValue, Value } from './values.ts';
import { errorValue, int, showType } from './values.ts';

/** Says that a plain number is wanted here, with the units that were left. */
export function refuseUnits(frame: Frame, where: string, q: QuantityValue, span: Span): void {
  complain(frame, 'units-remain', { where, what: q.made ?? 'this', got: quantityType(q) }, span);
}

export function negateQuantity(q: QuantityValue): QuantityValue {
  return { ...q, amount: q.amount === undefined ? undefined : negateRational(q.amount), made: undefined };
}

type Plain = { readonly amount: Rational | undefined; readonly power: 0; readonly unit: undefined };
type Side = QuantityValue | Plain;

/** A side of an operator: a quantity, or a plain number as one of power 0. */
function side(v: Value): Side | undefined {
  if (v.kind === 'quantity') return v;
  const plain = (n: number | undefined): Plain => ({
    amount: n === undefined || !Number.isFinite(n) ? undefined : rational(n),
    power: 0,
    unit: undefined,
  });
  if (v.kind === 'number') return plain(v.value);
  return v.kind === 'int' ? plain(typeof v.dim === 'number' ? v.dim : undefined) : undefined;
}

/** An operator where at least one side has a unit. */
export function quantityBinary(frame: Frame, e: BinaryExpr, left: Value, right: Value): Value {
  const a = side(left);
  const b = side(right);
  if (a !== undefined && b !== undefined) return binary(frame, e, a, b, showType(left), showType(right));
  const [wrong, span] = a === undefined ? [left, e.left.span] : [right, e.right.span];
  const expected = 'a number, a time or a frequency';
  complain(frame, 'wrong-kind', { where: `each side of ${e.op}`, expected, got: showType(wrong) }, span);
  return errorValue;
}

function binary(frame: Frame, e: BinaryExpr, a: Side, b: Side, left: string, right: string): Value {
  const { op } = e;
  const compute = (power: number, f: (x: Rational, y: Rational) => Rational | undefined): Value => {
    const { amount: x } = a;
    const { amount: y } = b;
    const amount = x === undefined || y === undefined ? undefined : (f(x, y) ?? 'large');
    if (amount === 'large' || Math.abs(power) > 64) {
      const limit = 'units to the 64th power, some thousand digits';
      complain(frame, 'too-large', { what: `the result of ${op}`, limit }, e.span);
      return errorValue;
    }
    if (power === 0) return plainValue(amount);
    return { kind: 'quantity', amount, power, unit: a.unit ?? b.unit, made: `${left} ${op} ${right}` };
  };
  const refuse = (setting: string, reason: string): Value => {
    complain(frame, 'bad-setting', { setting, reason }, e.right.span);
    return errorValue;
  };
  const divides = op === '/' || op === '//' || op === '%';
  if (divides && b.amount?.numerator === 0n) return refuse('the divisor', 'is 0');
  switch (op) {
    case '*':
      return compute(a.power + b.power, multiplyRationals);
    case '/':
      return compute(a.power - b.power, divideRationals);
    case '^': {
      const n = b.power === 0 && b.amount !== undefined && isWhole(b.amount) ? toNumber(b.amount) : 0;
      if (n < 1 || n > 64) return refuse('the power of a quantity', 'is a whole number from 1 to 64');
      return compute(a.power * n, x => powerOf(x, n));
    }
    case 'and':
    case 'or':
    case '@':
    case '..': {
      const expected = op === '@' ? 'a tensor' : 'a bool';
      complain(frame, 'wrong-kind', { where: `each side of ${op}`, expected, got: left }, e.left.span);
      return errorValue;
    }
    default:
      break;
  }
  if (a.power !== b.power) {
    const related = [
      { span: e.left.span, message: left },
      { span: e.right.span, message: right },
    ];
    complain(frame, 'units-differ', { op, a: left, b: right }, e.span, { related });
    return errorValue;
  }
  const bool = (holds: (order: number) => boolean): BoolValue => ({
    kind: 'bool',
    value:
      a.amount === undefined || b.amount === undefined
        ? undefined
        : holds(compareRationals(a.amount, b.amount)),
    facts: [],
  });
  switch (op) {
    case '+':
      return compute(a.power, addRationals);
    case '-':
      return compute(a.power, (x, y) => addRationals(x, negateRational(y)));
    case '//':
      return compute(0, floorQuotient);
    case '%':
      return compute(a.power, remainder);
    case '==':
      return bool(o => o === 0);
    case '!=':
      return bool(o => o !== 0);
    case '<':
      return bool(o => o < 0);
    case '<=':
      return bool(o => o <= 0);
    case '>':
      return bool(o => o > 0);
    case '>=':
      return bool(o => o >= 0);
    default:
      return op satisfies never;
  }
}

function powerOf(x: Rational, n: number): Rational | undefined {
  let y: Rational | undefined = x;
  for (let i = 1; i < n && y !== undefined; i++) y = multiplyRationals(y, x);
  return y;
}

function floorQuotient(x: Rational, y: Rational): Rational | undefined {
  const quotient = divideRationals(x, y);
  return quotient && { numerator: floorRational(quotient), denominator: 1n };
}

/** x − y · ⌊x / y⌋. */
function remainder(x: Rational, y: Rational): Rational | undefined {
  const floored = floorQuotient(x, y);
  const whole = floored && multiplyRationals(y, floored);
  return whole && addRationals(x, negateRational(whole));
}

/** What is left when all units cancel: a whole number where it is one. */
function plainValue(amount: Rational | undefined): Value {
  if (amount === undefined) return { kind: 'number', value: undefined };
  const value = toNumber(amount);
  return isWhole(amount) && Number.isSafeInteger(value) ? int(value) : { kind: 'number', value };
}
