// Composites around matrix products: attention with its gradient, and linear.

import { flagAttr, input, inputType, numberAttr, outputType, textAttr } from '../node-query.ts';
import type { Emit } from './emit.ts';
import { type Activation, activated } from './emit-activation.ts';
import { softmaxGradient } from './emit-rows.ts';
import { matmul } from './matmul.ts';
import type { Writer } from './writer.ts';

/** Added to the scores of later keys: it hides them even beside scores that a bias of −1e30 hides, and stays finite. */
const unseen = -3e38;

function causalMask(w: Writer, queries: number, keys: number): string {
  const values = Array.from({ length: queries * keys }, (_, i) =>
    i % keys <= Math.floor(i / keys) ? 0 : unseen,
  );
  return w.tensor('f32', [queries, keys], values);
}

const attention: Emit = q => {
  const { w } = q;
  const [, , queries = 0, keys = 0] = outputType(q, 1).shape;
  const masks = [
    ...(q.inputs.length > 3 ? [input(q, 3)] : []),
    ...(flagAttr(q, 'causal') ? [causalMask(w, queries, keys)] : []),
  ];
  const products = matmul(w, input(q, 0), input(q, 1), { transB: 1 }, numberAttr(q, 'scale'), 4);
  // Where both masks are there they are joined first: layers share the sum.
  const mask = masks.length === 2 ? w.one('Add', masks) : masks[0];
  const scores = mask === undefined ? products : w.one('Add', [products, mask]);
  const probabilities = w.one('Softmax', [scores], { axis: 3 });
  return [w.one('MatMul', [probabilities, input(q, 2)]), probabilities];
};

const attentionGrad: Emit = q => {
  const { w } = q;
  const [ofQ, ofK, ofV, p, dout] = [0, 1, 2, 3, 4].map(i => input(q, i)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const scale = numberAttr(q, 'scale');
  const dv = matmul(w, p, dout, { transA: 1 }, 1, 4);
  const dscores = softmaxGradient(w, p, matmul(w, dout, ofV, { transB: 1 }, 1, 4), 3);
  const dq = matmul(w, dscores, ofK, {}, scale, 4);
  const dk = matmul(w, dscores, ofQ, { transA: 1 }, scale, 4);
  return [dq, dk, dv, dscores];
};

const gradientOf: Readonly<Record<Activation, string>> = {
  none: 'none',
  relu: 'relu',
  gelu: 'gelu_grad',
  gelu_tanh: 'gelu_grad',
  quick_gelu: 'quick_gelu_grad',
  silu: 'silu_grad',
};
const isActivation = (name: string): name is Activation => Object.hasOwn(gradientOf, name);

/** activation(x·w + b). As FusedMatMul the runtime leaves it apart from the bias: the Gemm it would make is slower. */
const linear: Emit = q => {
  const { w } = q;
  const activation = textAttr(q, 'activation');
  if (!isActivation(activation)) throw new Error(`linear: no activation ${activation}`);
  if (inputType(q, 1).shape.length !== 2) throw new Error('linear: the weight has rank 2');
  const biased = q.inputs.length > 2;
  const operands = [input(q, 0), input(q, 1)];
  const product = biased && !w.portable ? w.contrib('FusedMatMul', operands) : w.one('MatMul', operands);
  const shifted = biased ? w.one('Add', [product, input(q, 2)]) : product;
  return [activated(w, shifted, activation, q.graphOps.has(gradientOf[activation]))];
};

export const fused = {
  attention,
  attention_grad: attentionGrad,
  linear,
} as const satisfies Readonly<Record<string, Emit>>;
