// One rule for every core op; the type makes a missing one an error. Composites that the engine runs whole have rules
// in composites.ts.

import type { CoreOp } from '../../ops/core.ts';
import { compositeKernels } from './composites.ts';
import { joined } from './concat.ts';
import { convolutions } from './convolution.ts';
import type { ElementRule } from './element-rule.ts';
import { elementwise } from './elementwise.ts';
import type { KernelRule } from './kernel.ts';
import { dotGeneral } from './matmul.ts';
import { moving } from './moving.ts';
import { argmax, topK } from './rank.ts';
import { type Reduction, reductions } from './reduction.ts';
import { scatterAdd } from './scatter.ts';

export type CoreRule =
  | { readonly kind: 'element'; readonly rule: ElementRule }
  | { readonly kind: 'reduce'; readonly rule: Reduction }
  | { readonly kind: 'kernels'; readonly rule: KernelRule };

const element = (rule: ElementRule): CoreRule => ({ kind: 'element', rule });
const kernels = (rule: KernelRule): CoreRule => ({ kind: 'kernels', rule });
const reduce = (rule: Reduction): CoreRule => ({ kind: 'reduce', rule });

const elements = <K extends string>(rules: Readonly<Record<K, ElementRule>>): Readonly<Record<K, CoreRule>> =>
  Object.fromEntries(Object.entries<ElementRule>(rules).map(([op, rule]) => [op, element(rule)])) as Readonly<
    Record<K, CoreRule>
  >;

const coreRules: { readonly [K in CoreOp]: CoreRule } = {
  ...elements(elementwise),
  ...elements(moving),
  reduce_sum: reduce(reductions.sum),
  reduce_max: reduce(reductions.max),
  argmax: kernels(argmax),
  top_k: kernels(topK),
  dot_general: kernels(dotGeneral),
  conv2d: kernels(convolutions.conv2d),
  conv2d_input_grad: kernels(convolutions.conv2d_input_grad),
  conv2d_weight_grad: kernels(convolutions.conv2d_weight_grad),
  scatter_add: kernels(scatterAdd),
};

const rules: Readonly<Record<string, CoreRule>> = {
  ...coreRules,
  ...Object.fromEntries(Object.entries(compositeKernels).map(([op, rule]) => [op, kernels(rule)])),
};

export function ruleOf(op: string): CoreRule {
  const rule = Object.hasOwn(rules, op) ? rules[op] : undefined;
  if (rule === undefined) throw new Error(`engine webgpu has no op ${op}`);
  return rule;
}

/** Kernels that join more inputs than one kernel reads; see `form.ts`. */
export const kernelRule = (op: string): KernelRule => {
  if (op === 'concat') return joined;
  const rule = ruleOf(op);
  if (rule.kind !== 'kernels') throw new Error(`${op} has no kernels of its own`);
  return rule.rule;
};
