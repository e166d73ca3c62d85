// gpt-4x256 as a graph, made with the builder and put through the compiler's passes: 4 pre-norm blocks, causal
// attention with 4 heads, tanh GELU, width 256, 64 tokens, batch 32, vocabulary 256, learned positions, AdamW. It isn't
// a spec because a byte-pair vocabulary is larger than 256 and texts carry padding, which the PyTorch twin hasn't.

import type { FloatDType } from '../src/base/dtype.ts';
import { optimize } from '../src/compiler/optimize.ts';
import type { Target } from '../src/compiler/plan.ts';
import type { AdamW } from '../src/compiler/program.ts';
import { recognise } from '../src/compiler/recognise.ts';
import { trainStep } from '../src/compiler/train-step.ts';
import type { Builder } from '../src/ir/builder.ts';
import { createBuilder } from '../src/ir/builder.ts';
import type { Graph, ValueId } from '../src/ir/graph.ts';
import { ops } from '../src/ops/registry.ts';

export const gpt = { depth: 4, width: 256, tokens: 64, batch: 32, heads: 4, vocabulary: 256 } as const;

export const gptOptimizer: AdamW = {
  kind: 'adamw',
  rate: { kind: 'constant', rate: 1e-3, warmup: 0 },
  decay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clip: undefined,
};

export interface GptWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Standard deviation, or the constant. */
  readonly initial: { readonly std: number } | { readonly value: number };
}

/** The train step, and its weights in the order of their making. */
export function gptTrainStep(
  target: Target,
  precision: FloatDType,
): {
  readonly graph: Graph;
  readonly weights: readonly GptWeight[];
} {
  const b = createBuilder('gpt-4x256', ops);
  const weights: GptWeight[] = [];
  const weight = (name: string, shape: readonly number[], initial: GptWeight['initial']): ValueId => {
    weights.push({ name, shape, initial });
    return b.input(name, 'weight', { dtype: 'f32', shape });
  };
  const { depth, width, tokens, batch, heads, vocabulary } = gpt;
  const ids = b.input('ids', 'feed', { dtype: 'i32', shape: [batch, tokens] });
  const targets = b.input('targets', 'feed', { dtype: 'i32', shape: [batch, tokens] });

  const linear = (x: ValueId, name: string, from: number, to: number): ValueId => {
    const matrix = weight(`${name}.matrix`, [from, to], { std: 0.02 });
    const bias = weight(`${name}.bias`, [to], { value: 0 });
    const y = b.one('dot_general', [x, matrix], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [2],
      rhsContract: [0],
    });
    return b.one('add', [y, bias]);
  };
  const norm = (x: ValueId, name: string): ValueId => {
    const [xhat] = b.emit('layer_norm', [x], { epsilon: 1e-5 });
    const scale = weight(`${name}.scale`, [width], { value: 1 });
    const shift = weight(`${name}.shift`, [width], { value: 0 });
    return b.one('add', [b.one('mul', [xhat!, scale]), shift]);
  };
  const split = (x: ValueId): ValueId => {
    const parts = b.one('reshape', [x], { shape: [batch, tokens, heads, width / heads] });
    return b.one('transpose', [parts], { perm: [0, 2, 1, 3] });
  };

  let h = b.one('gather', [weight('token', [vocabulary, width], { std: 0.02 }), ids]);
  h = b.one('add', [h, weight('position', [tokens, width], { std: 0.02 })]);
  for (let i = 0; i < depth; i++) {
    const block = `block${i}`;
    const a = norm(h, `${block}.norm1`);
    const [q, k, v] = ['q', 'k', 'v'].map(part => split(linear(a, `${block}.${part}`, width, width)));
    const [mixed] = b.emit('attention', [q!, k!, v!], { scale: (width / heads) ** -0.5, causal: true });
    const joined = b.one('transpose', [mixed!], { perm: [0, 2, 1, 3] });
    const rows = b.one('reshape', [joined], { shape: [batch, tokens, width] });
    h = b.one('add', [h, linear(rows, `${block}.out`, width, width)]);
    const up = linear(norm(h, `${block}.norm2`), `${block}.up`, width, 4 * width);
    const hidden = b.one('gelu', [up], { approximate: true });
    h = b.one('add', [h, linear(hidden, `${block}.down`, 4 * width, width)]);
  }
  const logits = linear(norm(h, 'norm'), 'head', width, vocabulary);
  const [losses] = b.emit('softmax_cross_entropy', [logits, targets]);
  b.output('loss', 'fetch', mean(b, losses!));
  const step = trainStep({
    graph: recognise(b.finish(), ops),
    trained: weights.map(w => ({ name: w.name, decay: true })),
    optimizer: gptOptimizer,
    registry: ops,
  });
  return { graph: optimize(step, target, ops, { precision }), weights };
}

function mean(b: Builder, x: ValueId): ValueId {
  const shape = b.shapeOf(x);
  const count = shape.reduce<number>((n, d) => n * Number(d), 1);
  const sum = b.one('reduce_sum', [x], { axes: shape.map((_, i) => i), keepdims: false });
  return b.one('mul', [sum, b.constant(1 / count)]);
}
