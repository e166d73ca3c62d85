// Hand-spelled activations. Numbers have moved outward before (numbers.ts), so that each has few spellings left.

import { isFloat } from '../../base/dtype.ts';
import type { Builder } from '../../ir/builder.ts';
import { any, either, type Match, number, op, type Pattern } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { sameShapes } from './shapes.ts';

const x = any('x');
const times = (a: Pattern, b: Pattern): Pattern => op('mul', [a, b]);
const plus = (a: Pattern, b: Pattern): Pattern => op('add', [a, b]);

const square = times(x, x);
const cube = times(square, x);
/** x + 0.044715·x³, also as x·(1 + 0.044715·x²). */
const bent = either(
  plus(x, times(cube, number(0.044715))),
  times(x, plus(times(square, number(0.044715)), number(1))),
);
/** The tanh form is also x·σ(2·√(2/π)·(x + 0.044715x³)), as ½(1 + tanh z) = σ(2z). */
const tanhScale = Math.sqrt(2 / Math.PI);

function activation(name: string, because: string, pattern: Pattern, to: string, attrs = {}): Rule {
  return {
    name,
    because,
    pattern,
    replace: (m: Match, b: Builder) => {
      const value = m.value('x');
      const fits = isFloat(b.typeOf(value).dtype) && sameShapes(b.shapeOf(value), b.shapeOf(m.root));
      return fits ? b.one(to, [value], attrs) : undefined;
    },
  };
}

export const activationRules: readonly Rule[] = [
  activation(
    'relu',
    'relu(x) = max(x, 0)',
    either(op('max', [x, number(0)]), op('select', [op('less', [number(0), x]), x, number(0)])),
    'relu',
  ),
  activation(
    'gelu',
    'gelu(x) = x·½(1 + erf(x/√2))',
    either(
      times(times(x, plus(op('erf', [times(x, number(Math.SQRT1_2))]), number(1))), number(0.5)),
      times(x, plus(times(op('erf', [times(x, number(Math.SQRT1_2))]), number(0.5)), number(0.5))),
    ),
    'gelu',
    { approximate: false },
  ),
  activation(
    'gelu-tanh',
    'gelu(x) ≈ x·½(1 + tanh(√(2/π)(x + 0.044715x³)))',
    either(
      times(times(x, plus(op('tanh', [times(bent, number(tanhScale))]), number(1))), number(0.5)),
      times(x, op('sigmoid', [times(bent, number(2 * tanhScale))])),
    ),
    'gelu',
    { approximate: true },
  ),
  activation(
    'quick-gelu',
    'quick_gelu(x) = x·σ(1.702x)',
    times(x, op('sigmoid', [times(x, number(1.702))])),
    'quick_gelu',
  ),
  activation('silu', 'silu(x) = x·σ(x)', times(x, op('sigmoid', [x])), 'silu'),
];
