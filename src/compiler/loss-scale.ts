// Dynamic loss scaling (arXiv:1710.03740, section 3.2): small gradients would vanish in f16, so the loss is multiplied
// before differentiation and its gradients are divided after it. The scale is a number that the step keeps: halved where
// a gradient overflowed, and that step is skipped; doubled after a while without.

import type { Builder } from '../ir/builder.ts';
import type { TensorType, ValueId } from '../ir/graph.ts';

/** 2¹⁶, and 2,000 steps: as in torch.amp.GradScaler. */
export const firstScale = 65536;
export const stepsToGrow = 2000;

/** Moments of the step as a whole; like all moments they begin as 0. */
export const scaleNames = { scale: '#loss_scale', good: '#good_steps' } as const;

export interface LossScale {
  /** What to differentiate. */
  readonly loss: ValueId;
  /** The gradient of the loss itself. */
  readonly unscaled: (gradient: ValueId) => ValueId;
  /** `next` where the norm of all gradients is finite, else `old`; and the scale of the next step. */
  readonly finish: (norm: ValueId) => (next: ValueId, old: ValueId) => ValueId;
}

const scalar: TensorType = { dtype: 'f32', shape: [] };

/** Adds the scale and how many steps in a row were good, as moments; fetches `loss_scale`, that of this step. */
export function lossScale(b: Builder, loss: ValueId): LossScale {
  const zero = b.constant(0);
  const kept = b.input(scaleNames.scale, 'moment', scalar);
  const good = b.input(scaleNames.good, 'moment', scalar);
  const scale = b.one('select', [b.one('equal', [kept, zero]), b.constant(firstScale), kept]);
  const inverse = b.one('div', [b.constant(1), scale]);
  const times = (id: ValueId, factor: number): ValueId => b.one('mul', [id, b.constant(factor)]);
  return {
    loss: b.one('mul', [loss, scale]),
    unscaled: gradient => b.one('mul', [gradient, inverse]),
    finish: norm => {
      // NaN isn't less than anything.
      const fits = b.one('less', [norm, b.constant(Number.POSITIVE_INFINITY)]);
      const more = b.one('add', [good, b.constant(1)]);
      const grows = b.one('less_equal', [b.constant(stepsToGrow), more]);
      const ifGood = b.one('select', [grows, times(scale, 2), scale]);
      b.output(scaleNames.scale, 'next', b.one('select', [fits, ifGood, times(scale, 0.5)]));
      const counted = b.one('select', [grows, zero, more]);
      b.output(scaleNames.good, 'next', b.one('select', [fits, counted, zero]));
      b.output('loss_scale', 'fetch', scale);
      return (next, old) => b.one('select', [fits, next, old]);
    },
  };
}
