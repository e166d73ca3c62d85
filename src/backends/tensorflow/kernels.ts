// The TensorFlow ops that are written here: what their outputs are called in a function, and which attributes hold the
// types of which inputs. Attributes with defaults are written out too, since functions are read without them.

import type { Attribute, TensorflowType } from './saved-model-proto.ts';

export interface KernelOp {
  readonly outputs: readonly string[];
  /** Attributes that follow from the types of the inputs. */
  readonly types: Readonly<Record<string, number>>;
  /** Attributes that a node may leave out. */
  readonly defaults?: Readonly<Record<string, Attribute>>;
  /** Of each output: a type, the input whose type it has, or the attribute that says it; input 0 where absent. */
  readonly gives?: readonly (TensorflowType | number | { readonly attribute: string })[];
}

const typeAttrs = new Map<TensorflowType, Attribute>();

export function typeAttr(type: TensorflowType): Attribute {
  const known = typeAttrs.get(type);
  if (known !== undefined) return known;
  const made: Attribute = { kind: 'type', type };
  typeAttrs.set(type, made);
  return made;
}
export const intAttr = (value: number): Attribute => ({ kind: 'int', value });
export const intsAttr = (values: readonly number[]): Attribute => ({ kind: 'ints', values });
export const flagAttr = (value: boolean): Attribute => ({ kind: 'bool', value });
export const textAttr = (text: string): Attribute => ({ kind: 'text', text });
export const shapeAttr = (shape: readonly number[]): Attribute => ({ kind: 'shape', shape });

const typed = (output: string, defaults: Readonly<Record<string, Attribute>> = {}): KernelOp => ({
  outputs: [output],
  types: { T: 0 },
  defaults,
});
const compared = (defaults: Readonly<Record<string, Attribute>> = {}): KernelOp => ({
  ...typed('z', defaults),
  gives: ['bool'],
});
const logical = (output: string): KernelOp => ({ outputs: [output], types: {}, gives: ['bool'] });
const said = (output: string, attribute: string): KernelOp => ({
  outputs: [output],
  types: {},
  gives: [{ attribute }],
});

const convolution: Readonly<Record<string, Attribute>> = {
  use_cudnn_on_gpu: flagAttr(true),
  padding: textAttr('EXPLICIT'),
  data_format: textAttr('NHWC'),
  dilations: intsAttr([1, 1, 1, 1]),
};

export const kernelOps = {
  Neg: typed('y'),
  Abs: typed('y'),
  Sign: typed('y'),
  Exp: typed('y'),
  Log: typed('y'),
  Sqrt: typed('y'),
  Rsqrt: typed('y'),
  Tanh: typed('y'),
  Erf: typed('y'),
  Sin: typed('y'),
  Cos: typed('y'),
  Floor: typed('y'),
  Sigmoid: typed('y'),
  AddV2: typed('z'),
  Sub: typed('z'),
  Mul: typed('z'),
  RealDiv: typed('z'),
  FloorDiv: typed('z'),
  FloorMod: typed('z'),
  Maximum: typed('z'),
  Minimum: typed('z'),
  Pow: typed('z'),
  Equal: compared({ incompatible_shape_error: flagAttr(true) }),
  Less: compared(),
  LessEqual: compared(),
  IsNan: { ...typed('y'), gives: ['bool'] },
  LogicalNot: logical('y'),
  LogicalAnd: logical('z'),
  LogicalOr: logical('z'),
  BitwiseXor: typed('z'),
  BitwiseAnd: typed('z'),
  RightShift: typed('z'),
  Bitcast: { outputs: ['output'], types: { T: 0 }, gives: [{ attribute: 'type' }] },
  SelectV2: { outputs: ['output'], types: { T: 1 }, gives: [1] },
  Cast: {
    outputs: ['y'],
    types: { SrcT: 0 },
    defaults: { Truncate: flagAttr(false) },
    gives: [{ attribute: 'DstT' }],
  },
  Identity: typed('output'),
  Const: said('output', 'dtype'),
  Fill: { outputs: ['output'], types: { T: 1, index_type: 0 }, gives: [1] },
  Range: { outputs: ['output'], types: { Tidx: 0 } },
  Shape: { outputs: ['output'], types: { T: 0 }, defaults: { out_type: typeAttr('i32') }, gives: ['i32'] },
  Reshape: { outputs: ['output'], types: { T: 0, Tshape: 1 } },
  Transpose: { outputs: ['y'], types: { T: 0, Tperm: 1 } },
  BroadcastTo: { outputs: ['output'], types: { T: 0, Tidx: 1 } },
  StridedSlice: {
    outputs: ['output'],
    types: { T: 0, Index: 1 },
    defaults: {
      begin_mask: intAttr(0),
      end_mask: intAttr(0),
      ellipsis_mask: intAttr(0),
      new_axis_mask: intAttr(0),
      shrink_axis_mask: intAttr(0),
    },
  },
  PadV2: { outputs: ['output'], types: { T: 0, Tpaddings: 1 } },
  ConcatV2: { outputs: ['output'], types: { T: 0 }, defaults: { Tidx: typeAttr('i32') } },
  Sum: { outputs: ['output'], types: { T: 0, Tidx: 1 } },
  Max: { outputs: ['output'], types: { T: 0, Tidx: 1 } },
  ArgMax: {
    outputs: ['output'],
    types: { T: 0, Tidx: 1 },
    defaults: { output_type: typeAttr('i32') },
    gives: ['i32'],
  },
  TopKV2: {
    outputs: ['values', 'indices'],
    types: { T: 0, Tk: 1 },
    defaults: { sorted: flagAttr(true), index_type: typeAttr('i32') },
    gives: [0, 'i32'],
  },
  BiasAddGrad: typed('output', { data_format: textAttr('NHWC') }),
  MatMul: typed('product', {
    transpose_a: flagAttr(false),
    transpose_b: flagAttr(false),
    grad_a: flagAttr(false),
    grad_b: flagAttr(false),
  }),
  BatchMatMulV2: typed('output', {
    adj_x: flagAttr(false),
    adj_y: flagAttr(false),
    grad_x: flagAttr(false),
    grad_y: flagAttr(false),
  }),
  GatherV2: {
    outputs: ['output'],
    types: { Tparams: 0, Tindices: 1, Taxis: 2 },
    defaults: { batch_dims: intAttr(0) },
  },
  UnsortedSegmentSum: { outputs: ['output'], types: { T: 0, Tindices: 1, Tnumsegments: 2 } },
  Conv2D: typed('output', convolution),
  Conv2DBackpropInput: { outputs: ['output'], types: { T: 1 }, defaults: convolution, gives: [1] },
  Conv2DBackpropFilter: typed('output', convolution),
  VarHandleOp: { outputs: ['resource'], types: {}, gives: ['resource'] },
  ReadVariableOp: said('value', 'dtype'),
  AssignVariableOp: { outputs: [], types: { dtype: 1 }, defaults: { validate_shape: flagAttr(false) } },
  Placeholder: said('output', 'dtype'),
} as const satisfies Readonly<Record<string, KernelOp>>;

export type KernelName = keyof typeof kernelOps;
