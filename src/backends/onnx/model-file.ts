// An export as the model of one .onnx file: weights inside, inputs and outputs under the names that readers know, ops of
// the ONNX standard alone, sizes open.

import type { HostTensor } from '../../base/tensor.ts';
import type { Target } from '../../compiler/plan.ts';
import type { Graph } from '../../ir/graph.ts';
import type { OpenSize } from '../open-sizes.ts';
import type { RefusedSize } from '../refused-size.ts';
import { portableComposites } from './composites.ts';
import { emitGraph } from './emit-graph.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './model-proto.ts';
import { openModel } from './open-model.ts';

export const onnxFileTarget: Target = { engine: 'onnx', composites: portableComposites, alternates: false };

export interface OnnxFile {
  /** The same graph at the trial sizes, in their order. */
  readonly graphs: readonly Graph[];
  readonly open: readonly OpenSize[];
  /** Names in the file by those in the graph. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  /** What all other inputs of the graph hold. */
  readonly held: ReadonlyMap<string, HostTensor>;
}

export function onnxFile(
  file: OnnxFile,
): { readonly kind: 'model'; readonly model: OnnxModel } | RefusedSize {
  const isInput = ({ name }: OnnxValue): boolean => file.inputs.has(name.slice('in/'.length));
  const models = file.graphs.map(graph => {
    const { model } = emitGraph(graph, true);
    return { ...model, inputs: model.inputs.filter(isInput) };
  });
  const opened = openModel(models, file.open);
  if (opened.kind === 'refused') return opened;
  const { model } = opened;
  const names = new Map<string, string>();
  for (const [name, known] of file.inputs) names.set(`in/${name}`, known);
  for (const [name, known] of file.outputs) names.set(`out/fetch/${name}`, known);
  const taken = new Set(names.values());
  for (const name of file.held.keys()) names.set(`in/${name}`, taken.has(name) ? `weights/${name}` : name);
  // Slashes keep names of ours apart from those of the spec.
  const called = (name: string): string => (name === '' ? '' : (names.get(name) ?? `/${name}`));
  const read = new Set(model.nodes.flatMap(n => n.inputs));
  const held = [...file.held].flatMap(([name, tensor]): readonly OnnxTensor[] =>
    read.has(`in/${name}`) ? [{ name: called(`in/${name}`), ...stored(tensor) }] : [],
  );
  return {
    kind: 'model',
    model: {
      ...model,
      nodes: model.nodes.map(n => ({
        ...n,
        name: withoutFolders(n),
        inputs: n.inputs.map(called),
        outputs: n.outputs.map(called),
      })),
      initializers: [...held, ...model.initializers.map(t => ({ ...t, name: called(t.name) }))],
      inputs: model.inputs.map(v => ({ ...v, name: called(v.name) })),
      outputs: model.outputs.map(v => ({ ...v, name: called(v.name) })),
    },
  };
}

function stored({ dtype, shape, data }: HostTensor): Omit<OnnxTensor, 'name'> {
  if (dtype !== 'f32' && dtype !== 'i32' && dtype !== 'bool') throw new Error(`a weight of ${dtype}`);
  return { type: dtype, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Where specs lie on the disk of whoever exported is nobody's business. */
const withoutFolders = ({ name }: OnnxNode): string => name.replace(/@(?:[^@]*\/)?([^/]+:\d+\/)/, '@$1');
