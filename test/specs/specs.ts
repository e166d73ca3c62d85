// The specs of this folder, with their sizes worked out by hand and what must be recognised in them.

/** Counts of ops after recognition; of attention and norms also their gradients, where the stage trains through them. */
export type Recognised = Readonly<Record<string, number>>;

export interface Spec {
  readonly file: string;
  /** The model, or the variant. */
  readonly name: string;
  readonly parameters: number;
  readonly stages: Readonly<Record<string, Recognised>>;
}

const transformer = (layers: number, more = 0): Recognised => ({
  attention: layers,
  attention_grad: layers,
  softmax: 0,
  layer_norm: 2 * layers + 1 + more,
  layer_norm_grad: 2 * layers + 1 + more,
});

export const specs: readonly Spec[] = [
  {
    file: 'vit.mm',
    name: 'Vit',
    // Lifting 784, class token 16, positions 80, two layers of 3,280, a norm of 32, a head of 170.
    parameters: 784 + 16 + 80 + 2 * 3280 + 32 + 170,
    stages: { pretrain: { ...transformer(2), gelu: 2, softmax_cross_entropy: 1 } },
  },
  {
    file: 'siglip.mm',
    name: 'Siglip',
    parameters: 392 + 48 + (4160 + 96 + 2224 + 32 + 96) + 2,
    stages: { contrast: { ...transformer(1), gelu: 1, quick_gelu: 1 } },
  },
  {
    file: 'gpt.mm',
    name: 'Gpt',
    parameters: 300 * 32 + 12 * 32 + 2 * (128 + 3168 + 1056 + 2112) + 64,
    stages: { pretrain: { ...transformer(2), gelu: 2, softmax_cross_entropy: 1 } },
  },
  {
    file: 'masked-words.mm',
    name: 'Mlm',
    parameters: 2224 + 32 + 4320 + 4590 + 16 + 160,
    stages: { pretrain: { ...transformer(1), gelu: 1, softmax_cross_entropy: 1 } },
  },
  {
    file: 'masked-patches.mm',
    name: 'wide',
    parameters: 416 + (2 * 12704 + 64) + (8544 + 64) + 396 + 32,
    stages: { pretrain: { attention: 3, attention_grad: 3, layer_norm: 8, gelu: 2, relu: 1 } },
  },
  {
    file: 'residual.mm',
    name: 'Res',
    parameters: 112 + 8 + 2 * 312 + 952 + 1200 + 45,
    stages: { train_it: { layer_norm: 9, layer_norm_grad: 9, relu: 9, softmax_cross_entropy: 1 } },
  },
  {
    file: 'gated.mm',
    name: 'Llama',
    parameters: 2 * 4480 + 2 * (32 + 1024 + 1152) + 16,
    stages: {
      pretrain: { attention: 2, attention_grad: 2, softmax: 0, rms_norm: 5, rms_norm_grad: 5, silu: 2 },
    },
  },
  {
    file: 'rotary.mm',
    name: 'Rope',
    parameters: 2 * 4160 + 2 * (48 + 768 + 544) + 16,
    stages: {
      pretrain: { attention: 2, attention_grad: 2, softmax: 0, rms_norm: 7, rms_norm_grad: 7, silu: 2 },
    },
  },
  {
    file: 'attention-spellings.mm',
    name: 'Spell',
    parameters: 4256 + 9 * 816 + 34,
    stages: { fit: { attention: 9, attention_grad: 9, softmax: 0 } },
  },
  {
    file: 'attention-masks.mm',
    name: 'Spell2',
    parameters: 4256 + 816 + 768 + 888 + 816 + 544 + 817 + 816 + 896 + 48 + 3 * 816 + 34,
    stages: { fit: { attention: 12, attention_grad: 12, softmax: 0 } },
  },
  {
    file: 'by-hand.mm',
    name: 'Hand',
    parameters: 4160 + 68 + 32 + 16 + 16 + 4160,
    stages: {
      fit: {
        softmax: 0,
        logsumexp: 0,
        layer_norm: 3,
        layer_norm_grad: 3,
        rms_norm: 2,
        rms_norm_grad: 2,
        gelu: 2,
        quick_gelu: 1,
        silu: 1,
        relu: 1,
        softmax_cross_entropy: 3,
      },
    },
  },
  {
    file: 'shared.mm',
    name: 'deep',
    parameters: 784 + 4224 + 4272 + 64 + 1584 + (3 * 1104 + 288) + 128 + 3,
    stages: {
      first: { attention: 15, attention_grad: 15, rms_norm: 20, rms_norm_grad: 20, softmax: 0 },
      second: { attention: 6, attention_grad: 3, softmax: 0 },
    },
  },
  {
    file: 'probe.mm',
    name: 'Probe',
    parameters: 208 + 16 + 272 + 16 + 3 * 3280 + 32 + 17 + 51,
    stages: {
      pretrain: transformer(3),
      linear_probe: { attention: 3, attention_grad: 0, layer_norm: 7, layer_norm_grad: 0 },
      top: { attention: 3, attention_grad: 1, layer_norm: 7 },
    },
  },
  {
    file: 'mixer.mm',
    name: 'Mixer',
    parameters: 588 + 2 * (66 + 536) + 24 + 65,
    stages: { fit: { layer_norm: 5, layer_norm_grad: 5, gelu: 2, silu: 2 } },
  },
  {
    file: 'captioner.mm',
    name: 'Captioner',
    parameters: 4160 + 696 + 80 + 128 + 1088 + 2 * 1344,
    stages: { train_all: { attention: 3, attention_grad: 3, softmax: 0, layer_norm: 4 } },
  },
  {
    file: 'duel.mm',
    name: 'Duel',
    parameters: 4240 + 34 + 32 + 128 + 68 + (4200 + 105 + 28 + 112 + 60) + 1,
    stages: { both: { layer_norm: 2, softmax_cross_entropy: 2 } },
  },
  {
    file: 'clip.mm',
    name: 'tiny',
    parameters: 768 + 16 + 80 + 32 + 2 * 3280 + 32 + 128 + (4160 + 96 + 3280 + 32 + 128) + 1,
    stages: {
      pretrain: { attention: 3, attention_grad: 3, layer_norm: 9, quick_gelu: 3, softmax_cross_entropy: 2 },
    },
  },
  {
    file: 'many.mm',
    name: 'Many',
    parameters: 4160 + 96 + 3312 + 102 + 256 + 1600 + 34 + 32 + 34 + 1,
    stages: {
      language: transformer(1),
      all: { attention: 3, attention_grad: 3, softmax_cross_entropy: 5 },
      heads: { attention: 1, attention_grad: 0, softmax_cross_entropy: 2 },
    },
  },
];
