// Made-up inputs of the right types, for checking a file where no data is at hand. The same export gives the same.

import { type RandomStream, randomStream } from '../base/random.ts';
import type { HostTensor } from '../base/tensor.ts';
import { elements } from '../base/tensor.ts';
import type { FieldKind } from '../compiler/program.ts';
import { allocate, setNumber } from '../train/host-tensor.ts';
import type { NamedInput } from './names.ts';

/** A tensor for every input, `rows` of each. */
export function madeUp(
  inputs: readonly NamedInput[],
  rows: (input: NamedInput) => number,
): ReadonlyMap<string, HostTensor> {
  return new Map(
    inputs.map(input => {
      const shape = [rows(input), ...input.feed.shape.slice(1)];
      return [input.name, filled(input, shape)] as const;
    }),
  );
}

function filled({ param, feed, field }: NamedInput, shape: readonly number[]): HostTensor {
  const tensor = allocate(feed.dtype, shape);
  const draws = randomStream(1, param, feed.component);
  const length = shape.at(-1) ?? 1;
  for (let i = 0; i < elements(shape); i++)
    setNumber(tensor, i, valueAt(feed.component, field.type, draws, i, length));
  return tensor;
}

function valueAt(
  component: NamedInput['feed']['component'],
  type: FieldKind,
  draws: RandomStream,
  i: number,
  length: number,
): number {
  switch (component) {
    case 'keep':
      // Filled from the left, at least one position, the first row whole.
      return i % length <= (i < length ? length : draws.below(Math.floor(i / length), length)) ? 1 : 0;
    case 'starts':
      return i % length === 0 ? 1 : 0;
    case 'ids':
      return draws.below(i, vocabularyOf(type));
    case 'index':
      return draws.below(i, sizeOf(type));
    case 'pixels':
    case 'samples':
      return 2 * draws.uniform(i) - 1;
    case 'features':
    case 'value':
      return draws.normal(i);
    default:
      return component satisfies never;
  }
}

const vocabularyOf = (type: FieldKind): number =>
  type.kind === 'modality' && type.modality.kind === 'text' ? type.modality.tokenizer.vocabulary : 1;

const sizeOf = (type: FieldKind): number =>
  type.kind === 'labels' || type.kind === 'tags' ? type.size : type.kind === 'place' ? type.length : 1;
