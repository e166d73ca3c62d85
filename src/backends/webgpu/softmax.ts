// Softmax, its gradient, logsumexp and softmax cross entropy, a row at a time.

import { input, inputType, numberAttr } from '../node-query.ts';
import { bindings } from './bindings.ts';
import type { Binding, KernelRule } from './kernel.ts';
import { eachElement, elementAt, onceForRow, rowKernel, rowMax, rowSum } from './row.ts';

export const softmax: KernelRule = q => {
  const { shape } = inputType(q, 0);
  const axis = numberAttr(q, 'axis');
  const at = elementAt(shape, axis);
  const work = [
    rowMax('most', `x[${at}]`),
    rowSum('sum', `exp_of(x[${at}] - most)`),
    eachElement(`y[${at}] = exp_of(x[${at}] - most) / sum;`),
  ];
  const reads: readonly Binding[] = [{ name: 'x', slot: input(q, 0), element: 'f32' }];
  const writes: readonly Binding[] = [{ name: 'y', slot: q.results[0]!, element: 'f32' }];
  return [rowKernel({ name: 'softmax', shape, axis, reads, writes, work })];
};

/** dx = y·(dy − Σ y·dy) */
export const softmaxGrad: KernelRule = q => {
  const { shape } = inputType(q, 0);
  const axis = numberAttr(q, 'axis');
  const { all: reads, named } = bindings([
    ['y', input(q, 0)],
    ['dy', input(q, 1)],
  ]);
  const at = elementAt(shape, axis);
  const [y, dy] = [`${named('y')}[${at}]`, `${named('dy')}[${at}]`];
  const work = [rowSum('along', `${y} * ${dy}`), eachElement(`dx[${at}] = ${y} * (${dy} - along);`)];
  const writes: readonly Binding[] = [{ name: 'dx', slot: q.results[0]!, element: 'f32' }];
  return [rowKernel({ name: 'softmax_grad', shape, axis, reads, writes, work })];
};

export const logsumexp: KernelRule = q => {
  const { shape } = inputType(q, 0);
  const axis = numberAttr(q, 'axis');
  const at = elementAt(shape, axis);
  const work = [
    rowMax('most', `x[${at}]`),
    rowSum('sum', `exp_of(x[${at}] - most)`),
    onceForRow('y[row] = most + log_of(sum);'),
  ];
  const reads: readonly Binding[] = [{ name: 'x', slot: input(q, 0), element: 'f32' }];
  const writes: readonly Binding[] = [{ name: 'y', slot: q.results[0]!, element: 'f32' }];
  return [rowKernel({ name: 'logsumexp', shape, axis, reads, writes, work })];
};

/** (logits, labels) → (logsumexp − logit of the label, probabilities); a label that is no class gives NaN. */
export const softmaxCrossEntropy: KernelRule = q => {
  const { shape } = inputType(q, 0);
  const axis = shape.length - 1;
  const work = [
    rowMax('most', 'x[start + k]'),
    rowSum('sum', 'exp_of(x[start + k] - most)'),
    ...(q.used[1] === true ? [eachElement('p[start + k] = exp_of(x[start + k] - most) / sum;')] : []),
    ...(q.used[0] === true
      ? [
          onceForRow(`
    let label = u32(labels[row]);
    if (label < length) { loss[row] = most + log_of(sum) - x[start + label]; }
    else { loss[row] = from_bits(0x7fc00000u); }
  `),
        ]
      : []),
  ];
  const reads: readonly Binding[] = [
    { name: 'x', slot: input(q, 0), element: 'f32' },
    { name: 'labels', slot: input(q, 1), element: 'i32' },
  ];
  const writes = (['loss', 'p'] as const)
    .map((name, i): Binding => ({ name, slot: q.results[i]!, element: 'f32' }))
    .filter((_, i) => q.used[i] === true);
  return [
    rowKernel({
      name: 'softmax_cross_entropy',
      shape,
      axis,
      reads: q.used[0] === true ? reads : reads.slice(0, 1),
      writes,
      work,
    }),
  ];
};
