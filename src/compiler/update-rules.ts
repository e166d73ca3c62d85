// Optimizers: how a weight moves by its gradient, each as one record. What a spec may write of one is in
// src/dsl/semantics/optimizer.ts.

import type { Builder } from '../ir/builder.ts';
import type { ValueId } from '../ir/graph.ts';
import type { OptimizerSpec } from './program.ts';

/** One weight in one step. */
export interface WeightStep {
  readonly weight: ValueId;
  /** Clipped. */
  readonly gradient: ValueId;
  /** The rate of this weight in this step. */
  readonly rate: ValueId;
  /** 0 where the weight is not decayed. */
  readonly decay: number;
  /** What the rule keeps of this weight, by the names in `moments`. */
  readonly moments: readonly ValueId[];
  /** A scalar of `scalars` by its name. */
  readonly scalar: (name: string) => ValueId;
}

export interface Stepped {
  readonly weight: ValueId;
  readonly moments: readonly ValueId[];
}

export interface UpdateRule<O extends OptimizerSpec> {
  /** Tensors of the weight's type that the rule keeps for it, at first 0. */
  readonly moments: (optimizer: O) => readonly string[];
  /** Numbers that depend on the step alone, from 1; step 0 stands for no step. */
  readonly scalars: (optimizer: O, step: number) => Readonly<Record<string, number>>;
  readonly step: (b: Builder, optimizer: O, weight: WeightStep) => Stepped;
}

/** 1 − βᵗ; the power by repeated squaring, so that its bits are the same everywhere. */
export function biasCorrection(beta: number, step: number): number {
  let power = 1;
  let square = beta;
  for (let n = step; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) power *= square;
    square *= square;
  }
  return 1 - power;
}

type OfKind<K extends OptimizerSpec['kind']> = Extract<OptimizerSpec, { kind: K }>;

const rules: { readonly [K in OptimizerSpec['kind']]: UpdateRule<OfKind<K>> } = {
  /** arXiv:1711.05101. */
  adamw: {
    moments: () => ['m', 'v'],
    scalars: ({ beta1, beta2 }, step) => ({
      correction1: step === 0 ? 1 : biasCorrection(beta1, step),
      correction2: step === 0 ? 1 : biasCorrection(beta2, step),
    }),
    step: (b, { beta1, beta2, epsilon }, { weight, gradient, rate, decay, moments, scalar }) => {
      const inputs = [weight, gradient, ...moments, rate, scalar('correction1'), scalar('correction2')];
      const [next, m, v] = b.emit('adamw_update', inputs, { beta1, beta2, epsilon, decay });
      return { weight: next!, moments: [m!, v!] };
    },
  },
  /** g ← g + decay·w; m ← momentum·m + g; w ← w − rate·m, or with Nesterov w − rate·(g + momentum·m), as in PyTorch. */
  sgd: {
    moments: ({ momentum }) => (momentum === 0 ? [] : ['m']),
    scalars: () => ({}),
    step: (b, { momentum, nesterov }, { weight, gradient, rate, decay, moments: [m] }) => {
      const times = (id: ValueId, factor: number): ValueId =>
        b.one('mul', [id, b.constant(factor, b.typeOf(id).dtype)]);
      const decayed = decay === 0 ? gradient : b.one('add', [gradient, times(weight, decay)]);
      const next = m === undefined ? undefined : b.one('add', [times(m, momentum), decayed]);
      const along =
        next === undefined ? decayed : nesterov ? b.one('add', [decayed, times(next, momentum)]) : next;
      return {
        weight: b.one('sub', [weight, b.one('mul', [rate, along])]),
        moments: next === undefined ? [] : [next],
      };
    },
  },
};

/** The rule of an optimizer, its settings given. */
export interface BoundRule {
  readonly moments: readonly string[];
  readonly scalars: (step: number) => Readonly<Record<string, number>>;
  readonly step: (b: Builder, weight: WeightStep) => Stepped;
}

const bind = <O extends OptimizerSpec>(rule: UpdateRule<O>, optimizer: O): BoundRule => ({
  moments: rule.moments(optimizer),
  scalars: step => rule.scalars(optimizer, step),
  step: (b, weight) => rule.step(b, optimizer, weight),
});

export function updateRule(optimizer: OptimizerSpec): BoundRule {
  switch (optimizer.kind) {
    case 'adamw':
      return bind(rules.adamw, optimizer);
    case 'sgd':
      return bind(rules.sgd, optimizer);
    default:
      return optimizer satisfies never;
  }
}
