// Engines by name; each is loaded only when it is asked for.

import type { Engine } from '../backends/engine.ts';
import type { FloatDType } from '../base/dtype.ts';
import { nearestName } from '../base/nearest-name.ts';
import { failure } from './diagnostics.ts';

const makers: Readonly<Record<string, () => Promise<Engine>>> = {
  onnx: async () => (await import('../backends/onnx/engine.ts')).createOnnxEngine(),
  tensorflow: async () => (await import('../backends/tensorflow/engine.ts')).createTensorflowEngine(),
  tfjs: async () => (await import('../backends/tfjs/engine.ts')).createTfjsEngine({ backend: 'wasm' }),
  'tfjs-cpu': async () => (await import('../backends/tfjs/engine.ts')).createTfjsEngine({ backend: 'cpu' }),
  reference: async () =>
    (await import('../backends/reference/engine.ts')).createReferenceEngine({ precision: 'f32' }),
};

export const defaultEngine = 'onnx';

export interface ReadyEngine {
  readonly engine: Engine;
  readonly version: string;
}

/** Fails where there is no such engine, or it isn't ready: then with the command that adds it. */
export async function openEngine(name: string, mmlang: string): Promise<ReadyEngine> {
  const known = Object.keys(makers);
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) throw failure('unknown-engine', { name, known, nearest: nearestName(name, known) });
  const engine = await make();
  const status = await engine.status();
  if (!status.ready) throw failure('engine-not-ready', { name, add: status.add });
  // An engine that is a part of mmlang has its version.
  return { engine, version: status.version ?? mmlang };
}

/** Fails where an engine doesn't train in this precision. */
export function requirePrecision({ name, target }: Engine, precision: FloatDType): void {
  const has = target.precisions ?? ['f32'];
  if (!has.includes(precision)) throw failure('no-precision', { engine: name, precision, has });
}
