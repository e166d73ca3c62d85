// The weights that training starts from: each depends on the run's seed and its own path alone, so adding,
// removing or reordering other weights never changes it.

import { randomStream } from '../base/random.ts';
import type { HostTensor } from '../base/tensor.ts';
import { elements } from '../base/tensor.ts';
import type { WeightSpec } from '../compiler/program.ts';
import { allocate, setNumber } from './host-tensor.ts';

/** The initial value of a weight or a state. */
export function initialTensor(spec: WeightSpec, seed: number): HostTensor {
  const { initializer } = spec;
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
    default:
      initializer satisfies never;
  }
  return tensor;
}

export function initialTensors(specs: readonly WeightSpec[], seed: number): Map<string, HostTensor> {
  return new Map(specs.map(spec => [spec.path, initialTensor(spec, seed)]));
}
