// Hand-spelled layer norm and rms norm over the last axis. Quotients by roots have become products with inverse
// roots, means sums times 1/n with kept axes (numbers.ts, shapes.ts).

import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, either, type Match, number, op, type Pattern } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';

/** Σ/n over the last axis; several of them agree on n, and `lastAxis` checks that n is its length. */
const mean = (of: Pattern, sum: string): Pattern =>
  op('mul', [op('reduce_sum', [of], { as: sum, attrs: a => a.keepdims === true }), number('inverse_n')]);

const x = any('x');
const centre = op('sub', [x, mean(x, 'sum')], { as: 'centre' });
const square = (of: Pattern): Pattern => op('mul', [of, of]);
/** x·x, or where x is a reshape of y, the reshape of y·y. */
const squareOfX = either(square(x), op('reshape', [square(any('y'))]));
/** mean((x − μ)²), or mean(x²) − μ². */
const variance = either(
  mean(square(centre), 'squares'),
  op('sub', [mean(squareOfX, 'squares'), square(mean(x, 'sum'))]),
);
const inverse = (of: Pattern): Pattern =>
  either(op('rsqrt', [op('add', [of, number('epsilon')])]), op('rsqrt', [of]));

/** The sums run over the last axis only and are divided by its length. */
function lastAxis(m: Match, b: Builder, sums: readonly string[]): boolean {
  const reshape = b.producer(m.value('x'));
  if (m.has('y') && (reshape?.op !== 'reshape' || reshape.inputs[0] !== m.value('y'))) return false;
  const shape = b.shapeOf(m.value('x'));
  const length = shape.at(-1);
  if (typeof length !== 'number' || Math.abs(m.number('inverse_n') * length - 1) > 1e-6) return false;
  return sums.every(name => {
    const axes = m.node(name).attrs.axes as readonly number[];
    return axes.length === 1 && axes[0] === shape.length - 1;
  });
}

const epsilonOf = (m: Match): number => (m.has('epsilon') ? m.number('epsilon') : 0);

/** A norm, either factor perhaps multiplied by a scale first: c·(r·g) = (c·g)·r = (c·r)·g. */
function norm(
  name: string,
  because: string,
  of: Pattern,
  r: Pattern,
  to: string,
  sums: readonly string[],
): Rule {
  return {
    name,
    because,
    pattern: either(
      op('mul', [of, r]),
      op('mul', [of, op('mul', [r, any('scale')], { once: true })]),
      op('mul', [op('mul', [of, any('scale')], { once: true }), r]),
    ),
    replace: (m, b) => {
      if (!lastAxis(m, b, sums)) return undefined;
      const [normal] = b.emit(to, [m.value('x')], { epsilon: epsilonOf(m) });
      return m.has('scale') ? b.one('mul', [normal as ValueId, m.value('scale')]) : normal;
    },
  };
}

export const normRules: readonly Rule[] = [
  norm(
    'layer-norm',
    'x̂ = (x − mean(x))/√(mean((x − mean(x))²) + ε), and mean((x − μ)²) = mean(x²) − μ²',
    centre,
    inverse(variance),
    'layer_norm',
    ['sum', 'squares'],
  ),
  norm('rms-norm', 'x̂ = x/√(mean(x²) + ε)', x, inverse(mean(squareOfX, 'squares')), 'rms_norm', ['squares']),
];
