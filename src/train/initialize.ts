// The weights that training starts from: each depends on the run's seed and its own path alone, so adding,
// removing or reordering other weights never changes it.

import { randomStream } from '../base/random.ts';
import type { HostTensor } from '../base/tensor.ts';
import { elements } from '../base/tensor.ts';
import type { Initializer, WeightSpec } from '../compiler/program.ts';
import { allocate, setNumber } from './host-tensor.ts';

/** The initial value of a weight or a state. */
export function initialTensor(spec: WeightSpec, seed: number): HostTensor {
  // A copy starts equal to what it follows.
  return drawn(spec.initializer, { ...spec, path: spec.follows?.path ?? spec.path }, seed);
}

type Drawn = Pick<WeightSpec, 'path' | 'dtype' | 'shape'>;

function drawn(initializer: Initializer, spec: Drawn, seed: number): HostTensor {
  const tensor = allocate(spec.dtype, spec.shape);
  const n = elements(spec.shape);
  switch (initializer.kind) {
    case 'constant':
      if (initializer.value !== 0) for (let i = 0; i < n; i += 1) setNumber(tensor, i, initializer.value);
      break;
    case 'normal': {
      const stream = randomStream(seed, 'weight', spec.path);
      for (let i = 0; i < n; i += 1)
        setNumber(tensor, i, initializer.mean + initializer.std * stream.normal(i));
      break;
    }
    case 'uniform': {
      const stream = randomStream(seed, 'weight', spec.path);
      const width = initializer.high - initializer.low;
      for (let i = 0; i < n; i += 1) setNumber(tensor, i, initializer.low + width * stream.uniform(i));
      break;
    }
    case 'unit':
      return withUnitRows(drawn(initializer.of, spec, seed));
    default:
      initializer satisfies never;
  }
  return tensor;
}

/** Each vector along the last axis divided by its length; one of no length points along its first axis. */
function withUnitRows(tensor: HostTensor): HostTensor {
  const { data } = tensor;
  const size = tensor.shape.at(-1) ?? 1;
  for (let start = 0; start < data.length; start += size) {
    let squares = 0;
    for (let i = start; i < start + size; i += 1) squares += (data[i] ?? 0) ** 2;
    if (squares === 0) setNumber(tensor, start, 1);
    else
      for (let i = start; i < start + size; i += 1) setNumber(tensor, i, (data[i] ?? 0) / Math.sqrt(squares));
  }
  return tensor;
}

export function initialTensors(specs: readonly WeightSpec[], seed: number): Map<string, HostTensor> {
  return new Map(specs.map(spec => [spec.path, initialTensor(spec, seed)]));
}
