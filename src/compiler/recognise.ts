// Before differentiation: what was spelled by hand becomes the composite that it is, so that the composite's own
// gradient is used. Needs nothing of the engine; what it lacks is taken apart again in optimize.ts.

import type { Graph } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { activationRules } from './passes/activations.ts';
import { canonical, turnedSoftmax } from './passes/algebra.ts';
import { attentionRules } from './passes/attention.ts';
import { commonSubexpressions } from './passes/common.ts';
import { crossEntropyRules } from './passes/cross-entropy.ts';
import { foldNumbers } from './passes/fold.ts';
import { normRules } from './passes/norms.ts';
import { type Pass, type RunOptions, rulesPass, runPasses } from './passes/pass.ts';
import { softmaxRules } from './passes/softmax.ts';

export const recognitionPasses: readonly Pass[] = [
  foldNumbers,
  canonical,
  commonSubexpressions,
  canonical,
  rulesPass('activations', 'activations by their formulas', activationRules),
  rulesPass('softmax', 'softmax and logsumexp by their formulas', softmaxRules),
  rulesPass('norms', 'norms by their formulas', normRules),
  rulesPass('cross-entropy', '−log softmax(x)[label] = logsumexp(x) − x[label]', crossEntropyRules),
  turnedSoftmax,
  rulesPass('attention', 'softmax(scale·q·kᵀ + bias)·v', attentionRules),
  canonical,
  commonSubexpressions,
];

export function recognise(graph: Graph, registry: OpRegistry, options: RunOptions = {}): Graph {
  return runPasses(graph, recognitionPasses, { registry, target: undefined }, options);
}
