// After differentiation: the passes that make the graph an engine runs, as one named list.

import type { FloatDType } from '../base/dtype.ts';
import type { Graph } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { algebra } from './passes/algebra.ts';
import { commonSubexpressions, deadCode } from './passes/common.ts';
import { decomposeComposites } from './passes/decompose.ts';
import { flashAttention } from './passes/flash-attention.ts';
import { foldConstants } from './passes/fold.ts';
import { fuseLinear } from './passes/linear.ts';
import { packProducts } from './passes/pack-products.ts';
import { type Pass, type RunOptions, runPasses } from './passes/pass.ts';
import { narrowProducts } from './passes/precision.ts';
import type { Target } from './plan.ts';

/** What becomes one product is packed before products and their biases become `linear`, which isn't packed. */
const packBeforeLinear: Pass = {
  ...packProducts,
  run: (graph, context) =>
    context.target?.composites.has('linear') === true ? packProducts.run(graph, context) : graph,
};

export const optimizationPasses: readonly Pass[] = [
  deadCode,
  foldConstants,
  algebra,
  commonSubexpressions,
  packBeforeLinear,
  fuseLinear,
  flashAttention,
  decomposeComposites,
  foldConstants,
  algebra,
  commonSubexpressions,
  packProducts,
  narrowProducts,
];

/** Passes of the engine's own that give a graph of ours. */
function graphPasses({ passes = [] }: Target): readonly Pass[] {
  return passes.flatMap(({ name, because, run }) => (run === undefined ? [] : [{ name, because, run }]));
}

export interface OptimizeOptions extends RunOptions {
  /** Of matrix products and convolutions. */
  readonly precision?: FloatDType;
}

export function optimize(
  graph: Graph,
  target: Target,
  registry: OpRegistry,
  { precision = 'f32', ...options }: OptimizeOptions = {},
): Graph {
  const passes = [...optimizationPasses, ...graphPasses(target)];
  return runPasses(graph, passes, { registry, target, precision }, options);
}
