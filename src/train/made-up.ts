// Batches of made-up values of the types that a spec reads: what a step costs depends on shapes alone.

import { type RandomStream, randomStream } from '../base/random.ts';
import { specialTokens } from '../base/special-tokens.ts';
import type { HostTensor } from '../base/tensor.ts';
import { elements } from '../base/tensor.ts';
import type { BatchSpec, FieldFeed, FieldKind, FieldSpec } from '../compiler/program.ts';
import { allocate, setNumber } from './host-tensor.ts';

/** Feeds of one batch. Every row is real, texts, recordings and videos are as long as they can be. */
export function madeUpBatch(spec: BatchSpec, seed: number): ReadonlyMap<string, HostTensor> {
  const feeds = new Map<string, HostTensor>();
  for (const field of spec.fields)
    for (const feed of field.feeds) feeds.set(feed.feed, madeUp(spec, field, feed, seed));
  feeds.set(
    spec.keepFeed,
    filled({ dtype: 'bool', shape: [spec.size] }, () => 1),
  );
  return feeds;
}

function madeUp(spec: BatchSpec, field: FieldSpec, feed: FieldFeed, seed: number): HostTensor {
  const draws = randomStream(seed, spec.id, field.name, feed.component);
  switch (feed.component) {
    case 'pixels':
    case 'samples':
      return filled(feed, i => 2 * draws.uniform(i) - 1);
    case 'features':
    case 'value':
      return filled(feed, i => draws.normal(i));
    case 'keep':
    case 'starts':
      return filled(feed, () => 1);
    case 'ids':
    case 'index':
      return filled(feed, whole(field.type, draws));
    default:
      return feed.component satisfies never;
  }
}

/** Whole numbers that a field can hold. */
function whole(type: FieldKind, draws: RandomStream): (i: number) => number {
  switch (type.kind) {
    case 'modality': {
      if (type.modality.kind !== 'text') return () => 0;
      const { tokenizer } = type.modality;
      const special = specialTokens(tokenizer).length;
      return i => special + draws.below(i, Math.max(1, tokenizer.vocabulary - special));
    }
    case 'labels':
    case 'tags':
      return i => draws.below(i, type.size);
    case 'place':
      return i => draws.below(i, type.length);
    case 'number':
    case 'numbers':
      return () => 0;
    default:
      return type satisfies never;
  }
}

function filled(
  { dtype, shape }: Pick<FieldFeed, 'dtype' | 'shape'>,
  value: (i: number) => number,
): HostTensor {
  const tensor = allocate(dtype, shape);
  const count = elements(shape);
  for (let i = 0; i < count; i++) setNumber(tensor, i, value(i));
  return tensor;
}
