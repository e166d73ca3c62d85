// Format `savedmodel`: a folder with the saved_model.pb of a frozen graph, whose signature is `serving_default`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installation, loadBinding, type NativeBinding } from '../backends/tensorflow/binding.ts';
import { frozenGraph, tensorflowFileTarget } from '../backends/tensorflow/frozen-graph.ts';
import { callNative } from '../backends/tensorflow/native-call.ts';
import { encodeSavedModel, readSignature } from '../backends/tensorflow/saved-model-proto.ts';
import type { HostTensor } from '../base/tensor.ts';
import { failure } from '../train/diagnostics.ts';
import { type ExportFormat, mostOfProtobuf, type OpenedFiles } from './format.ts';

const file = 'saved_model.pb';
const signature = 'serving_default';

export const savedModelFormat: ExportFormat = {
  name: 'savedmodel',
  mostBytes: mostOfProtobuf,
  ending: '.savedmodel',
  single: false,
  target: tensorflowFileTarget,
  ready: async () => void nativeBinding(),
  write(contents) {
    const graph = frozenGraph(contents);
    if (graph.kind === 'refused') return graph;
    const { nodes, inputs, outputs } = graph;
    const bytes = encodeSavedModel({
      nodes,
      functions: [],
      signatures: [{ name: signature, inputs, outputs }],
    });
    return { kind: 'files', files: new Map([[file, bytes]]), ops: nodes.length };
  },
  open: async path => openSavedModel(path),
};

function nativeBinding(): NativeBinding {
  const found = installation();
  if (found === undefined)
    throw failure('engine-not-ready', { name: 'tensorflow', add: 'mm engines add tensorflow' });
  return loadBinding(found, undefined);
}

function openSavedModel(folder: string): OpenedFiles {
  const binding = nativeBinding();
  const signed = readSignature(readFileSync(join(folder, file)), signature);
  if (signed === undefined) throw new Error(`it has no signature ${signature}`);
  const model = binding.loadSavedModel(folder, 'serve');
  return {
    async run(inputs) {
      const given = signed.inputs.map(({ name, tensor: at }) => {
        const tensor = inputs.get(name);
        if (tensor === undefined) throw new Error(`there is no value for ${name}`);
        return { at, tensor };
      });
      const results = callNative(
        binding,
        model,
        given,
        signed.outputs.map(o => o.tensor),
      );
      return new Map(
        signed.outputs.flatMap(({ name, type }, i): readonly (readonly [string, HostTensor])[] => {
          const result = results[i];
          if (result === undefined || (type !== 'f32' && type !== 'i32' && type !== 'bool')) return [];
          return [[name, { dtype: type, ...result }]];
        }),
      );
    },
    close: async () => binding.deleteSavedModel(model),
  };
}
