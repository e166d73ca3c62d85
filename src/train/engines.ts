// Engines by name; each is loaded only when it is asked for.

import type { Engine } from '../backends/engine.ts';
import type { FloatDType } from '../base/dtype.ts';
import { nearestName } from '../base/nearest-name.ts';
import { passesOf } from '../compiler/pass-list.ts';
import { failure, TrainFailure } from './diagnostics.ts';
import { guarded } from './guarded-engine.ts';
import { memoryRoom } from './memory-room.ts';

const makers: Readonly<Record<string, () => Promise<Engine>>> = {
  onnx: async () => (await import('../backends/onnx/engine.ts')).createOnnxEngine(),
  tensorflow: async () => (await import('../backends/tensorflow/engine.ts')).createTensorflowEngine(),
  tfjs: async () => (await import('../backends/tfjs/engine.ts')).createTfjsEngine({ backend: 'wasm' }),
  'tfjs-cpu': async () => (await import('../backends/tfjs/engine.ts')).createTfjsEngine({ backend: 'cpu' }),
  webgpu: async () => {
    const { createWebgpuEngine } = await import('../backends/webgpu/engine.ts');
    return createWebgpuEngine((await import('../backends/webgpu/dawn.ts')).nodeSource);
  },
  reference: async () =>
    (await import('../backends/reference/engine.ts')).createReferenceEngine({ precision: 'f32' }),
};

export const engineNames: readonly string[] = Object.keys(makers);

/** The fastest engine that is there, in the place of a name. */
export const autoEngine = 'auto';

/** What `auto` tries, fastest first; the last is always there. */
const fastestFirst: readonly string[] = ['tensorflow', 'onnx'];

export interface ReadyEngine {
  readonly engine: Engine;
  readonly version: string;
}

/** Fails where there is no such engine, or it isn't ready: then with the command that adds it. */
export async function openEngine(name: string, mmlang: string): Promise<ReadyEngine> {
  const found = await readyEngine(name, mmlang);
  if ('ready' in found) return found.ready;
  throw failure('engine-not-ready', { name, add: found.add });
}

/** The engine of a run: fails with what the run was made with where that is gone. */
export async function openRunEngine(
  run: { readonly dir: string; readonly engine: string; readonly version: string },
  mmlang: string,
  otherwise: string,
): Promise<ReadyEngine> {
  const found = await readyEngine(run.engine, mmlang);
  if ('ready' in found) return found.ready;
  throw failure('run-engine-gone', { ...run, run: run.dir, add: found.add, otherwise });
}

type Found = { readonly ready: ReadyEngine } | { readonly add: string | undefined };

async function readyEngine(name: string, mmlang: string): Promise<Found> {
  if (name !== autoEngine) return byName(name, mmlang);
  let missing: Found = { add: undefined };
  for (const candidate of fastestFirst) {
    const found = await byName(candidate, mmlang);
    if ('ready' in found) return found;
    missing = found;
  }
  return missing;
}

/** An engine to compile for, which need not be installed; what `auto` stands for depends on what is. */
export async function engineNamed(name: string, mmlang: string): Promise<Engine> {
  return name === autoEngine ? (await openEngine(name, mmlang)).engine : madeEngine(name);
}

async function madeEngine(name: string): Promise<Engine> {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make !== undefined) return make();
  const known = [autoEngine, ...engineNames];
  throw failure('unknown-engine', { name, known, nearest: nearestName(name, known) });
}

async function byName(name: string, mmlang: string): Promise<Found> {
  const engine = await madeEngine(name);
  const { ready, version, add } = await engine.status();
  // An engine that is a part of mmlang has its version.
  return ready ? { ready: { engine: guarded(engine, memoryRoom), version: version ?? mmlang } } : { add };
}

/** Fails where an engine doesn't train in this precision. */
export function requirePrecision({ name, target }: Engine, precision: FloatDType): void {
  const has = target.precisions ?? ['f32'];
  if (!has.includes(precision)) throw failure('no-precision', { engine: name, precision, has });
}

/** Fails with every name that is no pass of the compiler's or this engine's, and every pass that can't be left out. */
export function requirePasses({ name: engine, target }: Engine, without: readonly string[]): void {
  const passes = passesOf(target);
  const known = passes.filter(p => p.needed === undefined).map(p => p.name);
  const wrong = without.flatMap(name => {
    const pass = passes.find(p => p.name === name);
    if (pass === undefined)
      return failure('unknown-pass', { name, engine, known, nearest: nearestName(name, known) });
    return pass.needed === undefined ? [] : failure('pass-needed', { name, why: pass.needed });
  });
  if (wrong.length > 0) throw new TrainFailure(...wrong.flatMap(f => f.diagnostics));
}
