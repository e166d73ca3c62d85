// The AdamW update of one weight (arXiv:1711.05101).

import { input, numberAttr } from '../node-query.ts';
import type { Emit } from './emit.ts';

/** The smallest rate that is told from 0: below it the step is less than any weight can show. */
const tiniestRate = 1e-30;

/**
 * w′ = w·(1 − rate·decay) − m′ / (√v′·k + e), k = correction1/(rate·√correction2), e = epsilon·correction1/rate:
 * what is the same for all elements is folded into k and e, once a step for all weights.
 */
const adamw: Emit = q => {
  const { w } = q;
  const [weight, g, m, v, rate, correction1, correction2] = [0, 1, 2, 3, 4, 5, 6].map(i => input(q, i)) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const decay = numberAttr(q, 'decay');
  const two = (op: string, a: string, b: string): string => w.one(op, [a, b]);
  const times = (a: string, factor: number): string => two('Mul', a, w.scalar(factor));
  const moving = (old: string, now: string, beta: number): string =>
    two('Add', times(old, beta), times(now, 1 - beta));
  const first = moving(m, g, numberAttr(q, 'beta1'));
  const second = moving(v, two('Mul', g, g), numberAttr(q, 'beta2'));
  const step = two('Max', rate, w.scalar(tiniestRate));
  const k = two('Div', correction1, two('Mul', step, w.one('Sqrt', [correction2])));
  const e = times(two('Div', correction1, step), numberAttr(q, 'epsilon'));
  const scale = two('Add', two('Mul', w.one('Sqrt', [second]), k), e);
  const kept = decay === 0 ? weight : two('Mul', weight, two('Sub', w.scalar(1), times(rate, decay)));
  return [two('Sub', kept, two('Div', first, scale)), first, second];
};

export const optimizers = { adamw_update: adamw } as const satisfies Readonly<Record<string, Emit>>;
