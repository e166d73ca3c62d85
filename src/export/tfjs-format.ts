// Format `tfjs`: a folder with model.json and weight files, as @tensorflow/tfjs-converter's loadGraphModel reads them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import { frozenGraph, tensorflowFileTarget } from '../backends/tensorflow/frozen-graph.ts';
import { graphModel } from '../backends/tensorflow/graph-model.ts';
import { addCommand, loadCore } from '../backends/tfjs/packages.ts';
import type { HostTensor } from '../base/tensor.ts';
import { failure } from '../train/diagnostics.ts';
import type { ExportFormat, OpenedFiles } from './format.ts';

export const tfjsFormat: ExportFormat = {
  name: 'tfjs',
  // What one array of a page may hold.
  mostBytes: 2 ** 32,
  ending: '.tfjs',
  single: false,
  target: tensorflowFileTarget,
  ready: async () => void (await tensorflowJs()),
  write(contents) {
    const graph = frozenGraph(contents);
    return graph.kind === 'refused' ? graph : graphModel(graph, contents.mmlang, contents.metadata);
  },
  open: openGraphModel,
};

type Core = NonNullable<Awaited<ReturnType<typeof loadCore>>>;

/** They are optional: an installation may have left them out. */
async function tensorflowJs() {
  const core = await loadCore('cpu');
  const add = `${addCommand('cpu')} @tensorflow/tfjs-converter@4.22.0`;
  if (core === undefined) throw failure('engine-not-ready', { name: 'tfjs', add });
  try {
    return { core, converter: await import('@tensorflow/tfjs-converter') };
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ERR_MODULE_NOT_FOUND')
      throw failure('engine-not-ready', { name: 'tfjs', add });
    throw e;
  }
}

/** The file is run on the plain backend, whatever runs the model beside it. */
async function onCpu<T>(core: Core, action: () => Promise<T>): Promise<T> {
  // Nothing before the first start, whatever its type says.
  const before: string | undefined = core.getBackend();
  // Without this TensorFlow.js prints an advertisement to install its other packages.
  core.enableProdMode();
  await core.setBackend('cpu');
  try {
    return await action();
  } finally {
    if (before !== undefined && before !== '') await core.setBackend(before);
  }
}

async function openGraphModel(folder: string): Promise<OpenedFiles> {
  const { core, converter } = await tensorflowJs();
  const model = await onCpu(core, () => converter.loadGraphModel({ load: async () => readFolder(folder) }));
  const { outputs } = model.modelSignature as Signature;
  const names = Object.keys(outputs);
  return {
    run: inputs =>
      onCpu(core, async () => {
        const given = new Map([...inputs].map(([name, t]) => [name, toTensor(core, t)]));
        const results = model.execute(
          Object.fromEntries(given),
          names.map(n => outputs[n]?.name ?? n),
        );
        const all: readonly Tensor[] = Array.isArray(results) ? results : [results];
        const read = new Map(names.map((name, i) => [name, hostTensor(all[i])]));
        for (const tensor of [...given.values(), ...all]) tensor.dispose();
        return read;
      }),
    close: async () => model.dispose(),
  };
}

interface Signature {
  readonly outputs: Readonly<Record<string, { readonly name: string }>>;
}

/** As a reader of files does: the weight files one after another, in the order of the manifest. */
function readFolder(folder: string) {
  const { modelTopology, signature, weightsManifest } = JSON.parse(
    readFileSync(join(folder, 'model.json'), 'utf8'),
  );
  const paths: readonly string[] = weightsManifest.flatMap((g: { paths: readonly string[] }) => g.paths);
  const data = Buffer.concat(paths.map(p => readFileSync(join(folder, p))));
  return {
    modelTopology,
    signature,
    weightSpecs: weightsManifest.flatMap((g: { weights: readonly object[] }) => g.weights),
    weightData: new Uint8Array(data).buffer,
  };
}

const dtypes = { f32: 'float32', i32: 'int32', bool: 'bool' } as const;

function toTensor(core: Core, { dtype, shape, data }: HostTensor): Tensor {
  if (dtype !== 'f32' && dtype !== 'i32' && dtype !== 'bool') throw new Error(`tfjs takes no ${dtype}`);
  if (data instanceof Float64Array || data instanceof Uint16Array) throw new Error(`tfjs takes no ${dtype}`);
  return core.tensor(data, [...shape], dtypes[dtype]);
}

function hostTensor(tensor: Tensor | undefined): HostTensor {
  const dtype = (['f32', 'i32', 'bool'] as const).find(d => dtypes[d] === tensor?.dtype);
  if (tensor === undefined || dtype === undefined)
    throw new Error('tfjs gave no result, or one of another type');
  return { dtype, shape: tensor.shape, data: tensor.dataSync().slice() };
}
