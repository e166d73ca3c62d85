// Attention is recognised however a spec spells it, forward and backward, and nothing else is: any two choices of a
// spelling meet in some case.

import { describe, expect, test } from 'vitest';
import { check, compile } from '../../src/compile.ts';
import { renderDiagnostics } from '../../src/dsl/render.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { minimizing } from '../minimizing.ts';
import { pairwise, selfSpec, specOf, spellings } from '../specs/attention-product.ts';
import { start } from '../specs/harness.ts';
import { everything, expectSame, withGradients } from './helpers.ts';

/** The stage as lowered, as recognised, and as an engine gets it that runs every composite whole. */
function graphsOf(text: string) {
  const { library, models, diagnostics } = check(text, 'spec.mm', () => undefined);
  expect(renderDiagnostics(diagnostics, new Map([['spec.mm', text]]), { color: false })).toBe('');
  const [model] = models;
  if (library === undefined || model === undefined) throw new Error('a spec without mistakes has a model');
  let lowered: Graph | undefined;
  let recognised: Graph | undefined;
  let done = false;
  const stage = compile(library, model).stage('fit', everything, {
    measures: false,
    afterEach: (pass, graph) => {
      if (pass === 'lower') lowered = graph;
      done ||= pass === 'differentiate';
      if (!done) recognised = graph;
    },
  });
  const program = minimizing(stage);
  return { program, lowered: lowered!, recognised: recognised!, optimized: program.train.plan.graph };
}

const count = (graph: Graph, op: string): number => graph.nodes.filter(n => n.op === op).length;
/** In either form: with probabilities, or as flash attention. */
const found = (graph: Graph) =>
  Object.fromEntries(
    ['attention', 'attention_grad', 'softmax'].map(op => [
      op,
      count(graph, op) + count(graph, `flash_${op}`),
    ]),
  );

const cases = pairwise().map(s => [Object.values(s).join(', '), s] as const);

test('any two choices meet', () => {
  expect(spellings.length).toBeGreaterThan(5000);
  expect(cases.length).toBeGreaterThan(80);
});

describe('is attention', () => {
  test.each(cases)('%s', (_, spelling) => {
    const { program, lowered, recognised, optimized } = graphsOf(specOf(spelling));
    expect(found(optimized)).toEqual({ attention: 1, attention_grad: 1, softmax: 0 });
    const inputs = start(program, lowered);
    expectSame(withGradients(lowered), withGradients(recognised), 1e-6, inputs);
  });
});

const scores = 'let s = einsum("n h t k, n h u k -> n h t u", q, k) / sqrt(D / heads)';
const product = (p: string): readonly string[] => [
  `let y = einsum("n h t u, n h u k -> n h t k", ${p}, v)`,
  'return rearrange(y, "n h t k -> n t (h k)")',
];

describe('looks like attention', () => {
  test.each<readonly [string, readonly string[]]>([
    ['a softmax over the queries', [scores, ...product('softmax(s, axis: -2)')]],
    [
      'weights dropped at random',
      [
        scores,
        'let p = softmax(s)',
        'let kept = where(uniform(like: p) < 0.9, p, 0) when learning else p',
        ...product('kept'),
      ],
    ],
    [
      'causal after the softmax',
      [scores, 'let p = where(iota(T)[:, new] >= iota(T)[new, :], softmax(s), 0)', ...product('p')],
    ],
    ['sigmoids', [scores, ...product('sigmoid(s)')]],
    ['weights squared', [scores, ...product('square(softmax(s))')]],
    [
      'a maximum in the numerator alone',
      [
        scores,
        'let e = exp(s - max(s, axis: -1)[..., new])',
        ...product('(e / sum(exp(s), axis: -1)[..., new])'),
      ],
    ],
    [
      'a sum of the columns',
      [
        scores,
        'let e = exp(s - max(s, axis: -1)[..., new])',
        ...product('(e / sum(e, axis: -2)[..., new, :])'),
      ],
    ],
    [
      'a sum of other exponentials',
      [scores, 'let e = exp(2 * s)', ...product('(exp(s) / sum(e, axis: -1)[..., new])')],
    ],
    ['one more in the sum', [scores, 'let e = exp(s)', ...product('(e / (1 + sum(e, axis: -1)[..., new]))')]],
    [
      'a gate on the scores',
      ['param gate: float[heads, 1, 1] = constant(1)', scores, ...product('softmax(gate * tanh(s))')],
    ],
    [
      'a mask that hides little',
      [
        scores,
        'let near = where(iota(T)[:, new] >= iota(T)[new, :], s, 0)',
        ...product('softmax(where(near > 0, near, -1))'),
      ],
    ],
    [
      'no product of queries and keys',
      ['let s = q[..., :, new, 0] + k[..., new, :, 0]', ...product('softmax(s)')],
    ],
    [
      'values of each query',
      [
        scores,
        'let w = v[:, :, new, :, :] * q[:, :, :, new, :]',
        'let y = einsum("n h t u, n h t u k -> n h t k", softmax(s), w)',
        'return rearrange(y, "n h t k -> n t (h k)")',
      ],
    ],
    [
      'linear attention',
      [
        'let m = einsum("n h u k, n h u j -> n h k j", softmax(k, axis: -2), v)',
        'return rearrange(softmax(q) @ m, "n h t k -> n t (h k)")',
      ],
    ],
  ])('%s', (_, body) => {
    const { program, lowered, recognised, optimized } = graphsOf(selfSpec(body));
    expect([count(optimized, 'attention'), count(optimized, 'attention_grad')]).toEqual([0, 0]);
    expectSame(lowered, recognised, 1e-6, start(program, lowered));
  });
});
