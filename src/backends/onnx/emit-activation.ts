// Activations and their gradients. A gradient writes the forward form again; the writer shares those nodes, so what
// is saved for it is the sigmoid (or the distribution function) and the value. A graph without gradients takes the
// runtime's own one-pass kernels.

import { flagAttr, input } from '../node-query.ts';
import type { Emit } from './emit.ts';
import type { Writer } from './writer.ts';

/** The sigmoid form of the tanh: ½(1 + tanh(√(2/π)(x + 0.044715x³))) = σ(x·(linear + cubic·x²)). */
const linear = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715 * linear;
/** quick_gelu is x·σ(1.702x). */
const quick = 1.702;

interface Gate {
  readonly gate: string;
  /** x·gate. */
  readonly value: string;
}

function tanhGelu(w: Writer, x: string): Gate {
  const square = w.one('Mul', [x, x]);
  const slope = w.one('Add', [w.one('Mul', [square, w.scalar(cubic)]), w.scalar(linear)]);
  const gate = w.one('Sigmoid', [w.one('Mul', [x, slope])]);
  return { gate, value: w.one('Mul', [x, gate]) };
}

/** Φ(x) by erf; HardSigmoid(½, ½) is ½e + ½ in one pass. */
function normalCdf(w: Writer, x: string): string {
  const erf = w.one('Erf', [w.one('Mul', [x, w.scalar(Math.SQRT1_2)])]);
  return w.one('HardSigmoid', [erf], { alpha: { float: 0.5 }, beta: { float: 0.5 } });
}

/** x·σ(alpha·x). */
function swish(w: Writer, x: string, alpha: number): Gate & { readonly scaled: string } {
  const scaled = alpha === 1 ? x : w.one('Mul', [x, w.scalar(alpha)]);
  const gate = w.one('Sigmoid', [scaled]);
  return { scaled, gate, value: w.one('Mul', [x, gate]) };
}

/** 1 − s in one pass. */
const complement = (w: Writer, s: string): string =>
  w.one('HardSigmoid', [s], { alpha: { float: -1 }, beta: { float: 1 } });

export type Activation = 'none' | 'relu' | 'gelu' | 'gelu_tanh' | 'quick_gelu' | 'silu';

/** What a graph that also has the activation's gradient writes. */
function activatedInTraining(w: Writer, x: string, activation: Activation): string {
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return w.one('Relu', [x]);
    case 'gelu':
      return w.one('Mul', [x, normalCdf(w, x)]);
    case 'gelu_tanh':
      return tanhGelu(w, x).value;
    case 'quick_gelu':
      return swish(w, x, quick).value;
    case 'silu':
      return swish(w, x, 1).value;
    default:
      return activation satisfies never;
  }
}

/** activation(x), where `differentiated` says whether the graph has the activation's gradient too. */
export function activated(w: Writer, x: string, activation: Activation, differentiated: boolean): string {
  const isOwn = activation === 'quick_gelu' || activation === 'silu';
  if (differentiated || (w.portable && isOwn)) return activatedInTraining(w, x, activation);
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return w.one('Relu', [x]);
    case 'gelu':
      return w.one('Gelu', [x], { approximate: 'none' });
    case 'gelu_tanh':
      return w.one('Gelu', [x], { approximate: 'tanh' });
    case 'quick_gelu':
      return w.contrib('QuickGelu', [x], { alpha: { float: quick } });
    case 'silu':
      return w.contrib('QuickGelu', [x], { alpha: { float: 1 } });
    default:
      return activation satisfies never;
  }
}

const plain =
  (activation: Activation): Emit =>
  q => [activated(q.w, input(q, 0), activation, q.graphOps.has(`${q.node.op}_grad`))];

const gelu: Emit = q => plain(flagAttr(q, 'approximate') ? 'gelu_tanh' : 'gelu')(q);

/** dy·(s + x·s·(1 − s)·(linear + 3·cubic·x²)) in the tanh form, dy·(Φ(x) + x·φ(x)) in the exact one. */
const geluGrad: Emit = q => {
  const { w } = q;
  const [x, dy] = [input(q, 0), input(q, 1)];
  if (flagAttr(q, 'approximate')) {
    const { gate, value } = tanhGelu(w, x);
    // Computed again: kept from the forward pass it would cost memory for the whole step.
    const square = w.one('Mul', [x, x], {}, { unique: true });
    const inner = w.one('Add', [w.one('Mul', [square, w.scalar(3 * cubic)]), w.scalar(linear)]);
    const bend = w.one('Mul', [w.one('Mul', [value, complement(w, gate)]), inner]);
    return [w.one('Mul', [dy, w.one('Add', [gate, bend])])];
  }
  const density = w.one('Exp', [w.one('Mul', [w.one('Mul', [x, x]), w.scalar(-0.5)])]);
  const bend = w.one('Mul', [x, w.one('Mul', [density, w.scalar(1 / Math.sqrt(2 * Math.PI))])]);
  return [w.one('Mul', [dy, w.one('Add', [normalCdf(w, x), bend])])];
};

/** dy·s·(1 + alpha·x·(1 − s)). */
const swishGrad =
  (alpha: number): Emit =>
  q => {
    const { w } = q;
    const { scaled, gate } = swish(w, input(q, 0), alpha);
    const inner = w.one('Add', [w.one('Mul', [scaled, complement(w, gate)]), w.scalar(1)]);
    return [w.one('Mul', [input(q, 1), w.one('Mul', [gate, inner])])];
  };

export const activations = {
  relu: plain('relu'),
  gelu,
  quick_gelu: plain('quick_gelu'),
  silu: plain('silu'),
  gelu_grad: geluGrad,
  quick_gelu_grad: swishGrad(quick),
  silu_grad: swishGrad(1),
} as const satisfies Readonly<Record<string, Emit>>;
