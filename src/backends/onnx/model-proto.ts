// ONNX ModelProto bytes, written through protobufjs from a descriptor of just the messages used here (field numbers
// of onnx.proto3, IR version 9). The same graph gives the same bytes.

import protobuf from 'protobufjs/light.js';

/** TensorProto.DataType. */
export const onnxType = { f32: 1, i32: 6, i64: 7, bool: 9, f16: 10, f64: 11, u32: 12, bf16: 16 } as const;
export type OnnxType = keyof typeof onnxType;

export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  /** A floating point attribute; plain numbers are integers. */
  | { readonly float: number }
  | { readonly tensor: OnnxTensor };

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** '' is ai.onnx. */
  readonly domain: string;
  /** '' leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  /** A name, or an expression of names, stands for a dim that is open. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly doc?: string;
  /** The version of mmlang, where it is told. */
  readonly producer?: string;
  /** What readers may want to know, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Types that ONNX can't tell by itself. */
  readonly values: readonly OnnxValue[];
}

export const opset = 20;

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ rule: 'repeated', id, type });

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        producerVersion: field(3, 'string'),
        docString: field(6, 'string'),
        graph: field(7, 'GraphProto'),
        opsetImport: repeated(8, 'OperatorSetIdProto'),
        metadataProps: repeated(14, 'StringStringEntryProto'),
      },
    },
    StringStringEntryProto: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    OperatorSetIdProto: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    GraphProto: {
      fields: {
        node: repeated(1, 'NodeProto'),
        name: field(2, 'string'),
        initializer: repeated(5, 'TensorProto'),
        input: repeated(11, 'ValueInfoProto'),
        output: repeated(12, 'ValueInfoProto'),
        valueInfo: repeated(13, 'ValueInfoProto'),
      },
    },
    NodeProto: {
      fields: {
        input: repeated(1, 'string'),
        output: repeated(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: repeated(5, 'AttributeProto'),
        domain: field(7, 'string'),
      },
    },
    AttributeProto: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        t: field(5, 'TensorProto'),
        ints: repeated(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    TensorProto: {
      fields: {
        dims: repeated(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfoProto: { fields: { name: field(1, 'string'), type: field(2, 'TypeProto') } },
    TypeProto: { fields: { tensorType: field(1, 'TensorTypeProto') } },
    TensorTypeProto: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') } },
    TensorShapeProto: { fields: { dim: repeated(1, 'DimensionProto') } },
    DimensionProto: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
  },
});
const modelType = root.lookupType('ModelProto');

/** AttributeProto.AttributeType. */
const attributeType = { float: 1, int: 2, string: 3, tensor: 4, ints: 7 } as const;

function attributeProto(name: string, value: OnnxAttribute) {
  if (typeof value === 'number') return { name, type: attributeType.int, i: value };
  if (typeof value === 'string')
    return { name, type: attributeType.string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: attributeType.float, f: value.float };
  if ('tensor' in value) return { name, type: attributeType.tensor, t: tensorProto(value.tensor) };
  return { name, type: attributeType.ints, ints: value };
}

const tensorProto = (tensor: OnnxTensor) => ({
  dims: tensor.shape,
  dataType: onnxType[tensor.type],
  name: tensor.name,
  rawData: tensor.bytes,
});

const valueProto = (value: OnnxValue) => ({
  name: value.name,
  type: {
    tensorType: {
      elemType: onnxType[value.type],
      shape: { dim: value.shape.map(d => (typeof d === 'number' ? { dimValue: d } : { dimParam: d })) },
    },
  },
});

/** The model as the bytes of an .onnx file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const own = model.nodes.some(n => n.domain === 'com.microsoft');
  const message = {
    irVersion: 9,
    producerName: 'mmlang',
    ...(model.producer === undefined ? {} : { producerVersion: model.producer }),
    ...(model.doc === undefined ? {} : { docString: model.doc }),
    metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({ key, value })),
    opsetImport: [{ domain: '', version: opset }, ...(own ? [{ domain: 'com.microsoft', version: 1 }] : [])],
    graph: {
      name: model.name,
      node: model.nodes.map(node => ({
        input: node.inputs,
        output: node.outputs,
        name: node.name,
        opType: node.op,
        domain: node.domain,
        attribute: Object.entries(node.attributes)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => attributeProto(name, value)),
      })),
      initializer: model.initializers.map(tensorProto),
      input: model.inputs.map(valueProto),
      output: model.outputs.map(valueProto),
      valueInfo: model.values.map(valueProto),
    },
  };
  return modelType.encode(modelType.create(message)).finish();
}
