// saved_model.pb bytes, written through protobufjs from a descriptor of just the messages used here (field numbers of
// tensorflow/core/protobuf/saved_model.proto, meta_graph.proto and framework/*.proto). The same graph gives the same
// bytes.

import protobuf from 'protobufjs/light.js';

/** tensorflow.DataType. */
export const tensorflowType = {
  f32: 1,
  i32: 3,
  i64: 9,
  bool: 10,
  u16: 17,
  bf16: 14,
  f16: 19,
  resource: 20,
  u32: 22,
} as const;
export type TensorflowType = keyof typeof tensorflowType;

export type Attribute =
  | { readonly kind: 'type'; readonly type: TensorflowType }
  | { readonly kind: 'types'; readonly types: readonly TensorflowType[] }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'shape'; readonly shape: readonly number[] }
  | { readonly kind: 'tensor'; readonly tensor: TensorValue }
  | { readonly kind: 'function'; readonly name: string };

export interface TensorValue {
  readonly type: TensorflowType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export interface NodeRecord {
  readonly name: string;
  readonly op: string;
  /** `name:index`, or `^name` for what must have run before. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface ArgumentRecord {
  readonly name: string;
  readonly type: TensorflowType;
}

export interface FunctionRecord {
  readonly name: string;
  readonly inputs: readonly ArgumentRecord[];
  readonly outputs: readonly ArgumentRecord[];
  /** In it inputs are `argument` or `name:output:index`. */
  readonly nodes: readonly NodeRecord[];
  /** By output. */
  readonly results: Readonly<Record<string, string>>;
  /** Nodes that run though nothing reads them. */
  readonly effects: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface SignatureRecord {
  readonly name: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

export interface TensorInfo {
  readonly name: string;
  /** `node:index`. */
  readonly tensor: string;
  readonly type: TensorflowType;
  readonly shape: readonly number[];
}

export interface SavedModelRecord {
  readonly nodes: readonly NodeRecord[];
  readonly functions: readonly FunctionRecord[];
  readonly signatures: readonly SignatureRecord[];
}

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ rule: 'repeated', id, type });
const mapped = (id: number, type: string) => ({ keyType: 'string', id, type });

const root = protobuf.Root.fromJSON({
  nested: {
    SavedModel: {
      fields: { schemaVersion: field(1, 'int64'), metaGraphs: repeated(2, 'MetaGraphDef') },
    },
    MetaGraphDef: {
      fields: {
        metaInfo: field(1, 'MetaInfoDef'),
        graph: field(2, 'GraphDef'),
        signatures: mapped(5, 'SignatureDef'),
      },
    },
    MetaInfoDef: { fields: { tags: repeated(4, 'string'), tensorflowVersion: field(5, 'string') } },
    SignatureDef: {
      fields: {
        inputs: mapped(1, 'TensorInfo'),
        outputs: mapped(2, 'TensorInfo'),
        methodName: field(3, 'string'),
      },
    },
    TensorInfo: {
      fields: { name: field(1, 'string'), dtype: field(2, 'int32'), shape: field(3, 'TensorShapeProto') },
    },
    GraphDef: {
      fields: {
        node: repeated(1, 'NodeDef'),
        library: field(2, 'FunctionDefLibrary'),
        versions: field(4, 'VersionDef'),
      },
    },
    VersionDef: { fields: { producer: field(1, 'int32'), minConsumer: field(2, 'int32') } },
    NodeDef: {
      fields: {
        name: field(1, 'string'),
        op: field(2, 'string'),
        input: repeated(3, 'string'),
        device: field(4, 'string'),
        attr: mapped(5, 'AttrValue'),
      },
    },
    AttrValue: {
      fields: {
        list: field(1, 'ListValue'),
        s: field(2, 'bytes'),
        i: field(3, 'int64'),
        b: field(5, 'bool'),
        type: field(6, 'int32'),
        shape: field(7, 'TensorShapeProto'),
        tensor: field(8, 'TensorProto'),
        func: field(10, 'NameAttrList'),
      },
      // A false or a 0 is written too.
      oneofs: { value: { oneof: ['list', 's', 'i', 'b', 'type', 'shape', 'tensor', 'func'] } },
    },
    ListValue: { fields: { i: repeated(3, 'int64'), type: repeated(6, 'int32') } },
    NameAttrList: { fields: { name: field(1, 'string') } },
    TensorShapeProto: { fields: { dim: repeated(2, 'Dim') } },
    Dim: { fields: { size: field(1, 'int64') } },
    TensorProto: {
      fields: {
        dtype: field(1, 'int32'),
        shape: field(2, 'TensorShapeProto'),
        content: field(4, 'bytes'),
      },
    },
    FunctionDefLibrary: { fields: { function: repeated(1, 'FunctionDef') } },
    FunctionDef: {
      fields: {
        signature: field(1, 'OpDef'),
        node: repeated(3, 'NodeDef'),
        ret: mapped(4, 'string'),
        attr: mapped(5, 'AttrValue'),
        controlRet: mapped(6, 'string'),
      },
    },
    OpDef: {
      fields: {
        name: field(1, 'string'),
        inputArg: repeated(2, 'ArgDef'),
        outputArg: repeated(3, 'ArgDef'),
        isStateful: field(17, 'bool'),
        controlOutput: repeated(20, 'string'),
      },
    },
    ArgDef: { fields: { name: field(1, 'string'), type: field(3, 'int32') } },
  },
});
const savedModelType = root.lookupType('SavedModel');

const shapeProto = (shape: readonly number[]) => ({ dim: shape.map(size => ({ size })) });

function attributeProto(a: Attribute) {
  switch (a.kind) {
    case 'type':
      return { type: tensorflowType[a.type] };
    case 'types':
      return { list: { type: a.types.map(t => tensorflowType[t]) } };
    case 'int':
      return { i: a.value };
    case 'ints':
      return { list: { i: a.values } };
    case 'bool':
      return { b: a.value };
    case 'text':
      return { s: new TextEncoder().encode(a.text) };
    case 'shape':
      return { shape: shapeProto(a.shape) };
    case 'tensor': {
      const { type, shape, bytes } = a.tensor;
      return { tensor: { dtype: tensorflowType[type], shape: shapeProto(shape), content: bytes } };
    }
    case 'function':
      return { func: { name: a.name } };
    default:
      return a satisfies never;
  }
}

/** Keys in order, so that the bytes depend on nothing else. */
const attributesProto = (attributes: Readonly<Record<string, Attribute>>) =>
  Object.fromEntries(
    Object.entries(attributes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, a]) => [name, attributeProto(a)]),
  );

const nodeProto = (n: NodeRecord) => ({
  name: n.name,
  op: n.op,
  input: n.inputs,
  attr: attributesProto(n.attributes),
});

const argument = (a: ArgumentRecord) => ({ name: a.name, type: tensorflowType[a.type] });

const functionProto = (f: FunctionRecord) => ({
  signature: {
    name: f.name,
    inputArg: f.inputs.map(argument),
    outputArg: f.outputs.map(argument),
    isStateful: f.effects.length > 0,
    controlOutput: f.effects,
  },
  node: f.nodes.map(nodeProto),
  ret: f.results,
  controlRet: Object.fromEntries(f.effects.map(name => [name, name])),
  attr: attributesProto(f.attributes),
});

const infos = (all: readonly TensorInfo[]) =>
  Object.fromEntries(
    all.map(i => [i.name, { name: i.tensor, dtype: tensorflowType[i.type], shape: shapeProto(i.shape) }]),
  );

/** GraphDef versions that TensorFlow 2.9 and later read. */
const producer = 1087;

/** The model as the bytes of a saved_model.pb with the tag `serve`. */
export function encodeSavedModel(model: SavedModelRecord): Uint8Array {
  const message = {
    schemaVersion: 1,
    metaGraphs: [
      {
        metaInfo: { tags: ['serve'], tensorflowVersion: '2.9.1' },
        graph: {
          node: model.nodes.map(nodeProto),
          library: { function: model.functions.map(functionProto) },
          versions: { producer, minConsumer: 12 },
        },
        signatures: Object.fromEntries(
          model.signatures.map(s => [
            s.name,
            {
              inputs: infos(s.inputs),
              outputs: infos(s.outputs),
              methodName: 'tensorflow/serving/predict',
            },
          ]),
        ),
      },
    ],
  };
  // Encoded as it is, not copied into messages first: every field has the type that it is written with.
  return savedModelType.encode(message).finish();
}

const typeNames = new Map<number, string>(
  Object.entries(tensorflowType).map(([name, number]) => [number, name]),
);
const isType = (name: string | undefined): name is TensorflowType =>
  name !== undefined && Object.hasOwn(tensorflowType, name);

/** The signature of that name in a saved_model.pb; undefined where there is none. */
export function readSignature(bytes: Uint8Array, name: string): SignatureRecord | undefined {
  const read = savedModelType.toObject(savedModelType.decode(bytes), {
    longs: Number,
    arrays: true,
    objects: true,
  });
  const found: unknown = read.metaGraphs?.[0]?.signatures?.[name];
  if (typeof found !== 'object' || found === null) return undefined;
  const { inputs, outputs } = found as Record<'inputs' | 'outputs', Record<string, InfoMessage>>;
  return { name, inputs: readInfos(inputs), outputs: readInfos(outputs) };
}

interface InfoMessage {
  readonly name: string;
  readonly dtype: number;
  readonly shape?: { readonly dim: readonly { readonly size?: number }[] };
}

const readInfos = (infos: Readonly<Record<string, InfoMessage>>): readonly TensorInfo[] =>
  Object.entries(infos).map(([name, { name: tensor, dtype, shape }]) => {
    const type = typeNames.get(dtype);
    if (!isType(type)) throw new Error(`${name} has the type ${dtype}`);
    return { name, tensor, type, shape: (shape?.dim ?? []).map(d => d.size ?? 0) };
  });
