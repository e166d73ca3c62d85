// What functions are called in other frameworks (PyTorch, TensorFlow, JAX), for those who write these names here.

const here: Readonly<Record<string, string>> = {
  cat: 'concat',
  concatenate: 'concat',
  clamp_min: 'max',
  maximum: 'max',
  amax: 'max',
  minimum: 'min',
  amin: 'min',
  detach: 'stop',
  stop_gradient: 'stop',
  permute: 'rearrange',
  view: 'reshape',
  flatten: 'reshape',
  normalize: 'unit',
  l2_normalize: 'unit',
  pow: 'square',
  arange: 'iota',
  rand: 'uniform',
  rand_like: 'uniform',
  randn: 'noise',
  randn_like: 'noise',
  bernoulli: 'chance',
  randint: 'any_index',
  randint_like: 'any_index',
  randperm: 'random_order',
  topk: 'top_k',
  index_select: 'gather',
  dense: 'linear',
  bce_with_logits: 'binary_cross_entropy',
  nll_loss: 'cross_entropy',
  kl_div: 'kl_divergence',
  swish: 'silu',
  repeat_interleave: 'expand',
  tile: 'expand',
  multi_head_attention: 'attention',
  mlp: 'feed_forward',
  nt_xent: 'infonce',
  clip_loss: 'infonce',
};

/** What a function of another framework is called here, where it is known; letters' case doesn't count. */
export function calledHere(name: string): string | undefined {
  const known = new Map(Object.entries(here));
  return known.get(name.toLowerCase());
}
