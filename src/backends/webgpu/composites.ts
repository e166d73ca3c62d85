// The composites that this engine runs whole, each by kernels of its own; the others are decomposed before, and their
// parts join clusters.

import type { compositeOps } from '../../ops/composite.ts';
import { flashAttentionGrad } from './flash-backward.ts';
import { flashAttention } from './flash-forward.ts';
import type { KernelRule } from './kernel.ts';
import { linear } from './matmul.ts';
import { layerNorm, rmsNorm } from './norm.ts';
import { logsumexp, softmax, softmaxCrossEntropy, softmaxGrad } from './softmax.ts';

export type CompositeOp = keyof typeof compositeOps;

export const compositeKernels: Readonly<Partial<Record<CompositeOp, KernelRule>>> = {
  flash_attention: flashAttention,
  flash_attention_grad: flashAttentionGrad,
  layer_norm: layerNorm,
  linear,
  logsumexp,
  rms_norm: rmsNorm,
  softmax,
  softmax_cross_entropy: softmaxCrossEntropy,
  softmax_grad: softmaxGrad,
};
