// Cross entropy of integer labels: logsumexp(x) − x[label], however the label is picked.

import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, either, type Match, number, op, type Pattern } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { maybeFilled } from './poles.ts';
import { reshaped, sameShapes } from './shapes.ts';
import { isRow, shifted } from './softmax.ts';

const lse = (of: Pattern): Pattern => op('logsumexp', [of], { as: 'lse' });
const pick = (of: Pattern): Pattern => op('take_along', [of, any('labels')], { as: 'pick' });
const maybeReshaped = (of: Pattern): Pattern => either(of, op('reshape', [of]));

const logits = any('x');
/** Padding gives logsumexp −1e30 and the pick 0: a label never points there. */
const filled = op('select', [any('keep'), logits, any('low')], { as: 'filled' });
const zeroed = op('select', [any('keep'), logits, number(0)]);

/** The loss per row from logits whose last axis holds the classes, in the shape of the root. */
function loss(m: Match, b: Builder, x: ValueId): ValueId | undefined {
  const shape = b.shapeOf(x);
  const axis = shape.length - 1;
  const index = m.value('labels');
  const rows = shape.slice(0, -1);
  if (m.node('lse').attrs.axis !== axis || m.node('pick').attrs.axis !== axis) return undefined;
  if (b.shapeOf(index).at(-1) !== 1) return undefined;
  const [perRow] = b.emit('softmax_cross_entropy', [x, reshaped(b, index, rows)]);
  return perRow;
}

function replaceBy(negative: boolean) {
  return (m: Match, b: Builder): ValueId | undefined => {
    const x = m.has('filled') ? m.value('filled') : m.value('x');
    const perRow = loss(m, b, x);
    if (perRow === undefined) return undefined;
    const signed = negative ? b.one('neg', [perRow]) : perRow;
    return reshaped(b, signed, b.shapeOf(m.root));
  };
}

const spelled = (wholes: Pattern, picks: Pattern, negative: boolean): Pattern => {
  const [whole, picked] = [maybeReshaped(lse(wholes)), maybeReshaped(pick(picks))];
  return op('sub', negative ? [picked, whole] : [whole, picked]);
};

function isMaximum(b: Builder, id: ValueId): boolean {
  const node = b.producer(id);
  return node?.op === 'stop_gradient' ? isMaximum(b, node.inputs[0]!) : node?.op === 'reduce_max';
}

export const crossEntropyRules: readonly Rule[] = [
  {
    name: 'log-of-pick',
    because: 'log(softmax(x)[label]) = −(logsumexp(x) − x[label])',
    pattern: op('log', [maybeFilled(maybeReshaped(pick(op('softmax', [any('x')], { as: 'softmax' }))))]),
    replace: (m, b) => {
      const x = m.value('x');
      const axis = b.shapeOf(x).length - 1;
      const index = m.value('labels');
      const fits = [m.node('softmax'), m.node('pick')].every(n => n.attrs.axis === axis);
      if (!fits || b.shapeOf(index).at(-1) !== 1) return undefined;
      const [perRow] = b.emit('softmax_cross_entropy', [x, reshaped(b, index, b.shapeOf(x).slice(0, -1))]);
      return b.one('neg', [reshaped(b, perRow!, b.shapeOf(m.root))]);
    },
  },
  {
    name: 'pick-of-difference',
    because: '(x − r)[label] = x[label] − r where r is one number a row',
    pattern: op('take_along', [op('sub', [any('x'), any('r')]), any('labels')]),
    replace: (m, b) => {
      // x − max stays together: what it stands beside is shifted as well.
      if (isMaximum(b, m.value('r'))) return undefined;
      const axis = b.producer(m.root)!.attrs.axis as number;
      const [x, r, labels] = [m.value('x'), m.value('r'), m.value('labels')];
      const rows = b.shapeOf(x).map((d, i) => (i === axis ? 1 : d));
      if (!sameShapes(b.shapeOf(r), rows) || b.shapeOf(labels)[axis] !== 1) return undefined;
      return b.one('sub', [b.one('take_along', [x, labels], { axis }), r]);
    },
  },
  {
    name: 'pick-by-one-hot',
    because: 'Σ onehot(label)·x = x[label]',
    pattern: op(
      'reduce_sum',
      [
        op('mul', [
          any('x'),
          op('cast', [
            op(
              'equal',
              [
                either(op('iota', [], { as: 'iota' }), op('reshape', [op('iota', [], { as: 'iota' })])),
                any('labels'),
              ],
              {
                as: 'hit',
              },
            ),
          ]),
        ]),
      ],
      { attrs: a => (a.axes as readonly number[]).length === 1 },
    ),
    replace: (m, b) => {
      const [x, labels, hit] = [m.value('x'), m.value('labels'), m.value('hit')];
      const shape = b.shapeOf(x);
      const axis = shape.length - 1;
      const [over] = b.producer(m.root)!.attrs.axes as readonly number[];
      const positions = b.producer(hit)!.inputs.find(id => id !== labels);
      const line = positions === undefined ? [] : b.shapeOf(positions);
      const iota = m.node('iota');
      const along = line.at(-1) === shape[axis] && line.slice(0, -1).every(d => d === 1);
      const onLast = b.shapeOf(iota.outputs[0]!)[iota.attrs.axis as number] === shape[axis];
      const rows = [...shape.slice(0, -1), 1];
      if (over !== axis || !along || !onLast || !sameShapes(b.shapeOf(labels), rows)) return undefined;
      return reshaped(b, b.one('take_along', [x, labels], { axis }), b.shapeOf(m.root));
    },
  },
  {
    name: 'softmax-cross-entropy',
    because: '−log softmax(x)[label] = logsumexp(x) − x[label]',
    pattern: either(
      spelled(logits, logits, false),
      spelled(filled, zeroed, false),
      spelled(filled, logits, false),
    ),
    replace: replaceBy(false),
  },
  {
    name: 'negative-cross-entropy',
    because: 'log softmax(x)[label] = −(logsumexp(x) − x[label])',
    pattern: either(
      spelled(logits, logits, true),
      spelled(filled, zeroed, true),
      spelled(filled, logits, true),
    ),
    replace: replaceBy(true),
  },
  {
    name: 'shifted-cross-entropy',
    because: 'cross entropy of x − max is that of x',
    pattern: op('softmax_cross_entropy', [shifted, any('labels')]),
    replace: (m, b) => {
      const x = m.value('x');
      const node = b.producer(m.root)!;
      if (node.outputs[0] !== m.root || !isRow(b, m, b.shapeOf(x).length - 1)) return undefined;
      return b.emit('softmax_cross_entropy', [x, m.value('labels')])[0];
    },
  },
];
