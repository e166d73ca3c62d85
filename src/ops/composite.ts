// The composite ops: each can be taken apart into core ops, and an engine with a kernel of its own takes it whole.

import { gelu, geluGrad, quickGelu, quickGeluGrad, relu, silu, siluGrad } from './composite/activations.ts';
import { adamwUpdate } from './composite/adamw.ts';
import { attention, attentionGrad } from './composite/attention.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyGrad } from './composite/cross-entropy.ts';
import { flashAttention } from './composite/flash-attention.ts';
import { flashAttentionGrad } from './composite/flash-attention-grad.ts';
import { linear } from './composite/linear.ts';
import { layerNorm, layerNormGrad, rmsNorm, rmsNormGrad } from './composite/norms.ts';
import { logsumexp, softmax, softmaxGrad } from './composite/softmax.ts';

export const compositeOps = {
  relu,
  gelu,
  gelu_grad: geluGrad,
  quick_gelu: quickGelu,
  quick_gelu_grad: quickGeluGrad,
  silu,
  silu_grad: siluGrad,
  softmax,
  softmax_grad: softmaxGrad,
  logsumexp,
  layer_norm: layerNorm,
  layer_norm_grad: layerNormGrad,
  rms_norm: rmsNorm,
  rms_norm_grad: rmsNormGrad,
  softmax_cross_entropy: softmaxCrossEntropy,
  softmax_cross_entropy_grad: softmaxCrossEntropyGrad,
  attention,
  attention_grad: attentionGrad,
  flash_attention: flashAttention,
  flash_attention_grad: flashAttentionGrad,
  linear,
  adamw_update: adamwUpdate,
};
