// Benchmarks of specs: train steps of CLIP, a ResNet and a speech encoder; a picture's embedding and a text's
// continuation; how compiling grows with depth, and memory with a contrast's rows.

import type { Benchmark } from './benchmark.ts';
import { type SpecChoice, startSpec } from './spec-start.ts';
import { embed, generate, speech, written } from './specs.ts';

/** `small`: of few numbers and steps, to see that the sides agree. */
const of = (
  name: string,
  twin: string,
  choice: SpecChoice,
  small: SpecChoice,
  peers: Benchmark['peers'] = ['pytorch eager f32'],
): Benchmark => ({
  name,
  samplesPerStep: choice.run.batch,
  twin,
  precision: 'f32',
  peers,
  draws: false,
  start: options => startSpec(options.small ? small : choice, options),
});

const embedding = (batch: number): Benchmark => {
  const choice: SpecChoice = {
    spec: { text: embed },
    run: { export: 'embed', parameter: 'p', batch },
  };
  const peers = ['pytorch eager f32', 'pytorch compile f32', 'onnxruntime session f32'] as const;
  return of(`embed-${batch}`, 'embed', choice, { ...choice, variant: 'tiny' }, peers);
};

const clip = { file: 'specs/clip.mm' } as const;
const resnet = { file: 'specs/resnet.mm', and: 'variant small = ResNet(side: 64)' } as const;
/**
 * Each block of a ResNet starts as what it adds to (Goyal et al., arXiv:1706.02677): as the spec starts, fifty layers of
 * batch statistics blow rounding up so far that PyTorch in f32 and in f64 lie a hundredth apart after five steps.
 */
const starts = { 'norm3.scale': 0 } as const;
const settings = { heads: 4, more: written.more };

export const specBenchmarks: readonly Benchmark[] = [
  of(
    'clip-b32',
    'clip',
    { spec: clip, variant: 'B32', run: { stage: 'pretrain', batch: 8, rate: 1e-5 } },
    {
      spec: { ...clip, replace: ['depth: 12', 'depth: 2'] },
      variant: 'tiny',
      run: { stage: 'pretrain', batch: 4, rate: 1e-4 },
    },
  ),
  of(
    'resnet50-64',
    'resnet',
    { spec: resnet, variant: 'small', run: { stage: 'pretrain', batch: 16, rate: 1e-4 }, starts },
    {
      spec: { file: resnet.file, and: 'variant small = ResNet(side: 64, classes: 5, width: 8)' },
      variant: 'small',
      run: { stage: 'pretrain', batch: 16, rate: 1e-4 },
      starts,
    },
  ),
  of(
    'speech',
    'speech',
    { spec: { text: speech }, run: { stage: 'learn', batch: 16, rate: 1e-4 } },
    { spec: { text: speech }, variant: 'tiny', run: { stage: 'learn', batch: 4, rate: 1e-4 } },
  ),
  embedding(1),
  embedding(64),
  of(
    'generate',
    'generate',
    { spec: { text: generate }, run: { export: 'continue', parameter: 'p', batch: 4 }, settings },
    {
      spec: { text: generate },
      variant: 'tiny',
      run: { export: 'continue', parameter: 'p', batch: 2 },
      settings,
    },
  ),
];

/** Deeper than this, the first call of torch.compile takes minutes. */
const deepestPeer = 12;

/** CLIP with both towers so deep, narrow so that it runs anywhere: compiling depends on the number of layers alone. */
export const compileBenchmarks: readonly Benchmark[] = [6, 12, 24, 48].map(depth => {
  const choice: SpecChoice = {
    spec: {
      file: 'specs/clip.mm',
      replace: ['depth: 12', `depth: ${depth}`],
      and: `variant deep = Clip(side: 64, patch: 32, width: 128, depth: ${depth}, words: 64)`,
    },
    variant: 'deep',
    run: { stage: 'pretrain', batch: 4, rate: 1e-5 },
  };
  return {
    ...of(`compile-${depth}`, 'clip', choice, choice),
    peers: depth <= deepestPeer ? (['pytorch compile f32'] as const) : [],
    alone: 'its first call takes minutes at this depth',
  };
});

/** A contrast of few and of many pairs: what memory grows by, without and with `--memory`. No twin: nothing is compared. */
export const contrastBenchmarks: readonly Benchmark[] = [64, 4096].map(batch => {
  const choice: SpecChoice = {
    spec: { file: 'specs/emoji.mm' },
    run: { stage: 'align', batch, rate: 1e-3 },
  };
  return {
    ...of(`contrast-${batch}`, 'emoji', choice, choice, []),
    draws: true,
    alone: 'only its memory is measured',
  };
});
