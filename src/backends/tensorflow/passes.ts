// The passes of this engine's own, by name: `layouts` gives a graph again, the others are asked for when a plan is
// opened.

import type { EnginePass, Plan } from '../../compiler/plan.ts';
import { withLayouts } from './layouts.ts';

const clusters: EnginePass = {
  name: 'clusters',
  because: 'y = f(x), z = g(y) is z = (g∘f)(x): what stands between two kernels is one function',
};

const oneUpdate: EnginePass = {
  name: 'one-update',
  because: '(w, m, v) ← step(w, m, v, g) for all weights at once: one function that reads and assigns them',
};

export const passes: readonly EnginePass[] = [
  { name: 'layouts', because: 'x·w = (xᵀ)ᵀ·w, the turn written where x is made', run: withLayouts },
  clusters,
  oneUpdate,
];

/** What a plan asks for. */
export interface UnitOptions {
  /** XLA compiles what stands between kernels; else every op is a kernel of TensorFlow's. */
  readonly clusters: boolean;
  /** The next values of weights, states and moments are one unit. */
  readonly oneUpdate: boolean;
}

export const everyUnit: UnitOptions = { clusters: true, oneUpdate: true };

export const unitOptions = ({ without }: Pick<Plan, 'without'>): UnitOptions => ({
  clusters: without?.has(clusters.name) !== true,
  oneUpdate: without?.has(oneUpdate.name) !== true,
});
