// Norms over the last axis, a row at a time. Their gradients are two sums over each row and what is made of them, which
// clusters do as well, joined with what comes before and after.

import { input, inputType, numberAttr } from '../node-query.ts';
import { type Binding, type KernelQuery, type KernelRule, literalOf } from './kernel.ts';
import { eachElement, onceForRow, rowKernel, rowSum } from './row.ts';

/** The outputs that anything reads. */
const writing = (q: KernelQuery, names: readonly string[]): readonly Binding[] =>
  names
    .map((name, i): Binding => ({ name, slot: q.results[i]!, element: 'f32' }))
    .filter((_, i) => q.used[i] === true);

/** x → ((x − mean)/σ, 1/σ), σ² = mean((x − mean)²) + ε; without the mean where not centred. */
const norm =
  (name: string, isCentred: boolean): KernelRule =>
  q => {
    const { shape } = inputType(q, 0);
    const share = literalOf(1 / shape.at(-1)!, 'f32');
    const x = isCentred ? '(x[start + k] - mean)' : 'x[start + k]';
    const work = [
      ...(isCentred ? [rowSum('total', 'x[start + k]'), `\n  let mean = total * ${share};`] : []),
      rowSum('squares', `${x} * ${x}`),
      `\n  let scale = 1.0 / sqrt(squares * ${share} + ${literalOf(numberAttr(q, 'epsilon'), 'f32')});`,
      ...(q.used[0] === true ? [eachElement(`y[start + k] = ${x} * scale;`)] : []),
      ...(q.used[1] === true ? [onceForRow('inverse[row] = scale;')] : []),
    ];
    const reads: readonly Binding[] = [{ name: 'x', slot: input(q, 0), element: 'f32' }];
    const writes = writing(q, ['y', 'inverse']);
    return [rowKernel({ name, shape, axis: shape.length - 1, reads, writes, work })];
  };

export const layerNorm = norm('layer_norm', true);
export const rmsNorm = norm('rms_norm', false);
