// A frozen graph as a tfjs graph model: model.json with the topology as the JSON of protocol buffers, and every constant
// in weight files of at most 4 MB.

import type { FrozenGraph } from './frozen-graph.ts';
import { typeAttr } from './kernels.ts';
import type { Attribute, NodeRecord, TensorflowType, TensorInfo, TensorValue } from './saved-model-proto.ts';

/** What @tensorflow/tfjs-converter 4.22 has nothing for. */
const missing: ReadonlySet<string> = new Set(['BitwiseXor', 'RightShift', 'Bitcast', 'UnsortedSegmentSum']);

const typeNames: Readonly<Record<TensorflowType, string>> = {
  f32: 'DT_FLOAT',
  i32: 'DT_INT32',
  i64: 'DT_INT64',
  bool: 'DT_BOOL',
  bf16: 'DT_BFLOAT16',
  f16: 'DT_HALF',
  resource: 'DT_RESOURCE',
  u16: 'DT_UINT16',
  u32: 'DT_UINT32',
};

const weightTypes: Readonly<Partial<Record<TensorflowType, string>>> = {
  f32: 'float32',
  i32: 'int32',
  bool: 'bool',
};

/** Of a weight file. */
const shardBytes = 4 * 1024 * 1024;

export interface GraphModelFiles {
  readonly kind: 'files';
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly ops: number;
}

/** `about`: what `userDefinedMetadata` says. */
export function graphModel(
  graph: FrozenGraph,
  mmlang: string,
  about: Readonly<Record<string, string>>,
): GraphModelFiles | { readonly kind: 'missing'; readonly ops: readonly string[] } {
  const nodes = graph.nodes.flatMap(n => (n.op === 'BiasAddGrad' ? columnSum(n) : [n]));
  const lacking = [...new Set(nodes.map(n => n.op).filter(op => missing.has(op)))].sort();
  if (lacking.length > 0) return { kind: 'missing', ops: lacking };
  const constants = nodes.flatMap(n => {
    const value = n.op === 'Const' ? n.attributes.value : undefined;
    return value?.kind === 'tensor' ? [{ name: n.name, tensor: value.tensor }] : [];
  });
  const shards = cut(constants.map(c => c.tensor.bytes));
  const paths = shards.map((_, i) => `group1-shard${i + 1}of${shards.length}.bin`);
  const model = {
    format: 'graph-model',
    generatedBy: `mmlang ${mmlang}`,
    convertedBy: `mmlang ${mmlang}`,
    signature: { inputs: infos(graph.inputs), outputs: infos(graph.outputs) },
    userDefinedMetadata: about,
    modelTopology: {
      node: nodes.map(nodeJson),
      library: {},
      versions: { producer: 1087 },
    },
    weightsManifest: [{ paths, weights: constants.map(c => weightJson(c.name, c.tensor)) }],
  };
  const json = new TextEncoder().encode(JSON.stringify(model));
  return {
    kind: 'files',
    files: new Map([['model.json', json], ...shards.map((s, i) => [paths[i] ?? '', s] as const)]),
    ops: nodes.length,
  };
}

/** The sum over the rows of a matrix by an op that tfjs has. */
function columnSum(node: NodeRecord): readonly NodeRecord[] {
  const axis: TensorValue = { type: 'i32', shape: [1], bytes: new Uint8Array(4) };
  const name = `${node.name}/axis`;
  return [
    {
      name,
      op: 'Const',
      inputs: [],
      attributes: { dtype: typeAttr('i32'), value: { kind: 'tensor', tensor: axis } },
    },
    {
      name: node.name,
      op: 'Sum',
      inputs: [...node.inputs, `${name}:0`],
      attributes: {
        T: typeAttr('f32'),
        Tidx: typeAttr('i32'),
        keep_dims: { kind: 'bool', value: false },
      },
    },
  ];
}

const shapeJson = (shape: readonly number[]) => ({ dim: shape.map(size => ({ size: String(size) })) });

const infos = (all: readonly TensorInfo[]) =>
  Object.fromEntries(
    all.map(i => [i.name, { name: i.tensor, dtype: typeNames[i.type], tensorShape: shapeJson(i.shape) }]),
  );

function attributeJson(a: Attribute): object {
  switch (a.kind) {
    case 'type':
      return { type: typeNames[a.type] };
    case 'types':
      return { list: { type: a.types.map(t => typeNames[t]) } };
    case 'int':
      return { i: String(a.value) };
    case 'ints':
      return { list: { i: a.values.map(String) } };
    case 'bool':
      return { b: a.value };
    case 'text':
      return { s: Buffer.from(a.text).toString('base64') };
    case 'shape':
      return { shape: shapeJson(a.shape) };
    case 'tensor':
      // Its numbers stand in the weight files.
      return { tensor: { dtype: typeNames[a.tensor.type], tensorShape: shapeJson(a.tensor.shape) } };
    case 'function':
      return { func: { name: a.name } };
    default:
      return a satisfies never;
  }
}

const nodeJson = (n: NodeRecord) => ({
  name: n.name,
  op: n.op,
  ...(n.inputs.length === 0 ? {} : { input: n.inputs }),
  attr: Object.fromEntries(
    Object.entries(n.attributes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, a]) => [name, attributeJson(a)]),
  ),
});

function weightJson(name: string, { type, shape }: TensorValue) {
  const dtype = weightTypes[type];
  if (dtype === undefined) throw new Error(`tfjs has no weights of ${type}`);
  return { name, shape, dtype };
}

/** One after another, in files of at most 4 MB; at least one. */
function cut(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const total = parts.reduce((sum, p) => sum + p.length, 0);
  const shards = Array.from(
    { length: Math.max(1, Math.ceil(total / shardBytes)) },
    (_, i) => new Uint8Array(Math.min(shardBytes, total - i * shardBytes)),
  );
  let at = 0;
  for (const part of parts)
    for (let from = 0; from < part.length; ) {
      const shard = shards[Math.floor(at / shardBytes)];
      const start = at % shardBytes;
      const piece = part.subarray(from, from + shardBytes - start);
      shard?.set(piece, start);
      at += piece.length;
      from += piece.length;
    }
  return shards;
}
