// The composites that this engine runs whole or in a form of its own; others reach it decomposed.

import type { Emit } from './emit.ts';
import { activations } from './emit-activation.ts';
import { fused } from './emit-fused.ts';
import { optimizers } from './emit-optimizer.ts';
import { rowOps } from './emit-rows.ts';

export const compositeEmit: Readonly<Record<string, Emit>> = {
  ...rowOps,
  ...activations,
  ...fused,
  ...optimizers,
};

/** Those that ops of the ONNX standard express: what is compiled for files. */
export const portableComposites: ReadonlySet<string> = new Set(
  Object.keys(compositeEmit).filter(name => name !== 'rms_norm' && name !== 'rms_norm_grad'),
);
