// The engine on TensorFlow: all entries in one stateful SavedModel, whose variables are the weights, states and
// moments. A step feeds the batch and fetches loss and metrics; everything else stays on the device.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostTensor, TensorData } from '../../base/tensor.ts';
import type { Plan } from '../../compiler/plan.ts';
import {
  type Engine,
  EngineFailure,
  type EngineOptions,
  type EngineStatus,
  type Session,
} from '../engine.ts';
import { isOutOfMemory } from '../native-library.ts';
import { type StaticType, sameShape } from '../node-query.ts';
import { installation, loadBinding, type NativeBinding } from './binding.ts';
import type { EmittedEntry, EntryValue } from './emit-entry.ts';
import { type EmittedModel, emitModel } from './emit-model.ts';
import { callNative, type NativeInput } from './native-call.ts';
import { passes, unitOptions } from './passes.ts';
import { withoutGpu } from './probe.ts';
import { refusals } from './refusals.ts';
import { encodeSavedModel } from './saved-model-proto.ts';
import { unitsOf } from './units.ts';

const about = 'TensorFlow: one graph with its state on the device, compiled in clusters';

export interface TensorflowOptions {
  /** false: every op is run by a kernel of TensorFlow's own; for tests. */
  readonly compiled: boolean;
}

/** The engine that runs plans as one SavedModel, on the GPU where there is one. */
export function createTensorflowEngine(options: TensorflowOptions = { compiled: true }): Engine {
  return {
    name: 'tensorflow',
    refusals,
    target: {
      engine: 'tensorflow',
      composites: new Set(),
      passes,
      units: (graph, without) => unitsOf(graph, unitOptions({ without })),
      packs: true,
      alternates: false,
      precisions: ['f32', 'bf16', 'f16'],
    },
    status: async (): Promise<EngineStatus> => {
      const found = installation();
      return {
        ready: found !== undefined,
        version: found?.tensorflow,
        about,
        add: found === undefined ? 'mm engines add tensorflow' : undefined,
      };
    },
    makesDo: async () => {
      const found = installation();
      return found?.gpu === true ? withoutGpu(found) : undefined;
    },
    open: async (entries, engineOptions) => openSession(entries, engineOptions, options),
  };
}

async function openSession(
  entries: ReadonlyMap<string, Plan>,
  { threads }: EngineOptions,
  { compiled }: TensorflowOptions,
): Promise<Session> {
  const found = installation();
  if (found === undefined) throw new Error('TensorFlow is not installed');
  const binding = loadBinding(found, threads);
  const plans = [...entries].map(([name, plan]) => {
    const units = unitOptions(plan);
    return [name, { graph: plan.graph, units: compiled ? units : { ...units, clusters: false } }] as const;
  });
  // The record is as large as the graph and its constants: it is no longer held once TensorFlow has read it.
  const { record, ...model } = emitModel(new Map(plans));
  const session = load(binding, model, record);
  const written = new Set<string>();

  const entryNamed = (name: string): EmittedEntry => {
    const entry = model.entries.get(name);
    if (entry === undefined) throw new Error(`the session has no entry named ${name}`);
    return entry;
  };
  const variable = (name: string) => {
    const known = model.variables.get(name);
    if (known === undefined) throw new Error(`no entry has a weight, state or moment named ${name}`);
    return known;
  };

  return {
    async run(entryName, feeds) {
      // A run holds the thread: signals and whoever waits for news get their turn before it.
      await new Promise<void>(resolve => setImmediate(resolve));
      const entry = entryNamed(entryName);
      for (const name of model.reads.get(entryName) ?? [])
        if (!written.has(name)) throw new Error(`${name} has no value yet: write it before the first run`);
      const given = entry.feeds.map(f => ({ at: f.tensor, tensor: fed(entryName, f, feeds) }));
      const fetches = entry.fetches.map(f => f.tensor);
      const results = call(binding, session, given, fetches.length === 0 ? [entry.done] : fetches, model);
      return new Map(
        entry.fetches.map((f, i) => {
          const data = results[i];
          if (data === undefined) throw new Error(`entry ${entryName} gave no ${f.name}`);
          return [f.name, { ...f.type, data }] as const;
        }),
      );
    },
    async write(tensors) {
      const given = [...tensors].map(([name, tensor]) => {
        const { type, set } = variable(name);
        if (type.dtype !== tensor.dtype || !sameShape(type.shape, tensor.shape))
          throw new Error(`${name} is ${show(type)}, not ${show(tensor)}`);
        return { name, at: set.feed, tensor, done: set.done };
      });
      if (given.length === 0) return;
      call(
        binding,
        session,
        given,
        given.map(g => g.done),
        model,
      );
      for (const g of given) written.add(g.name);
    },
    async read(names) {
      const wanted = names.map(name => {
        if (!written.has(name) && variable(name) !== undefined)
          throw new Error(`${name} has no value yet: write it before the first run`);
        return { name, ...variable(name) };
      });
      if (wanted.length === 0) return new Map();
      const results = call(
        binding,
        session,
        [],
        wanted.map(v => v.get),
        model,
      );
      return new Map(
        wanted.map(({ name, type }, i) => {
          const data = results[i];
          if (data === undefined) throw new Error(`${name} was not read`);
          return [name, { ...type, data }] as const;
        }),
      );
    },
    async close() {
      binding.deleteSavedModel(session);
    },
  };
}

type Emitted = Omit<EmittedModel, 'record'>;

const show = (t: StaticType): string => `${t.dtype}[${t.shape.join(', ')}]`;

/** Writes the model beside nothing of the user's, loads it, and leaves no file. */
function load(binding: NativeBinding, model: Emitted, record: EmittedModel['record']): number {
  const folder = mkdtempSync(join(tmpdir(), 'mmlang-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), encodeSavedModel(record));
    return binding.loadSavedModel(folder, 'serve');
  } catch (e) {
    throw explained(e, model);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fed(entry: string, { name, type }: EntryValue, feeds: ReadonlyMap<string, HostTensor>): HostTensor {
  const tensor = feeds.get(name);
  if (tensor === undefined) throw new Error(`entry ${entry} is not given ${name}`);
  if (tensor.dtype !== type.dtype || !sameShape(tensor.shape, type.shape))
    throw new Error(`entry ${entry} takes ${name} as ${show(type)}, not ${show(tensor)}`);
  return tensor;
}

function call(
  binding: NativeBinding,
  session: number,
  inputs: readonly NativeInput[],
  outputs: readonly string[],
  model: Emitted,
): readonly TensorData[] {
  try {
    return callNative(binding, session, inputs, outputs).map(r => r.data);
  } catch (e) {
    throw explained(e, model);
  }
}

/** TensorFlow names the node that failed; node names begin with our node's place, op and line. */
function explained(e: unknown, model: Emitted): EngineFailure {
  const text = e instanceof Error ? e.message : String(e);
  const [, entry, op, line] = /\be(\d+)\/n\d+\.(\w+)(?:\.(\d+))?\//.exec(text) ?? [];
  const at =
    entry === undefined || op === undefined
      ? undefined
      : model.placeOf(Number(entry), op, line === undefined ? undefined : Number(line));
  return new EngineFailure(isOutOfMemory(text) ? 'memory' : 'run', text, at);
}
