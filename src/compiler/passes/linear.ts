// Matrix product, bias and activation become `linear`, where the engine has it and nobody reads in between.

import { type Dim, dimProduct } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, either, type Match, op, type Pattern } from '../../ir/pattern.ts';
import { type Rule, rewrite } from '../../ir/rewrite.ts';
import type { Pass } from './pass.ts';
import { dotDims } from './products.ts';
import { reshaped } from './shapes.ts';

const dot = op('dot_general', [any('x'), any('w')], { as: 'dot', once: true });
const biased = op('add', [either(dot, op('reshape', [dot], { once: true })), any('bias')]);

const activations: readonly (readonly [string, (approximate: unknown) => string])[] = [
  ['relu', () => 'relu'],
  ['gelu', approximate => (approximate === true ? 'gelu_tanh' : 'gelu')],
  ['quick_gelu', () => 'quick_gelu'],
  ['silu', () => 'silu'],
];

/** x[…, K]·w[K, N] + b[N] as a product of matrices. */
function build(m: Match, b: Builder, activation: string): ValueId | undefined {
  const { lhsBatch, lhsContract, rhsContract } = dotDims(m.node('dot'));
  const [x, w] = [m.value('x'), m.value('w')];
  const [rows, weight] = [b.shapeOf(x), b.shapeOf(w)];
  const bias = m.has('bias') ? [m.value('bias')] : [];
  const plain =
    lhsBatch.length === 0 &&
    weight.length === 2 &&
    rhsContract.length === 1 &&
    rhsContract[0] === 0 &&
    lhsContract[0] === rows.length - 1 &&
    bias.every(id => b.shapeOf(id).length === 1 && b.shapeOf(id)[0] === weight[1]);
  if (!plain) return undefined;
  const matrix: readonly Dim[] = [dimProduct(rows.slice(0, -1)), weight[0]!];
  const product = b.one('linear', [reshaped(b, x, matrix), w, ...bias], { activation });
  return reshaped(b, product, b.shapeOf(m.root));
}

const linearRules: readonly Rule[] = [
  {
    name: 'linear-bias',
    because: 'linear(x, w, b) = x·w + b',
    pattern: biased,
    replace: (m, b) => build(m, b, 'none'),
  },
  ...activations.map(
    ([name, attr]): Rule => ({
      name: `${name}-of-linear`,
      because: `${name} of a linear without activation is a linear with it`,
      pattern: op(name, [either(plainLinear(), op('reshape', [plainLinear()], { once: true }))]),
      replace: (m, b) => {
        const activation = attr(b.producer(m.root)!.attrs.approximate);
        const inner = b.one('linear', m.node('linear').inputs, { activation });
        return reshaped(b, inner, b.shapeOf(m.root));
      },
    }),
  ),
];

function plainLinear(): Pattern {
  return either(
    op('linear', [any('x'), any('w')], { as: 'linear', once: true, attrs: a => a.activation === 'none' }),
    op('linear', [any('x'), any('w'), any('b')], {
      as: 'linear',
      once: true,
      attrs: a => a.activation === 'none',
    }),
  );
}

export const fuseLinear: Pass = {
  name: 'fuse-linear',
  because: 'linear(x, w, b) = activation(x·w + b)',
  rules: linearRules,
  run: (graph, { registry, target }) =>
    target?.composites.has('linear') === true ? rewrite(graph, linearRules, registry) : graph,
};
