// One ONNX model with open sizes from models of the same graph at several fixed sizes: a constant that varies with the
// sizes is computed from the shapes of the inputs instead.

import { sameShape } from '../node-query.ts';
import { isConstant, type OpenSize, showVarying, type Varying, varying } from '../open-sizes.ts';
import { type RefusedSize, reasons, refusedSize } from '../refused-size.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './model-proto.ts';
import { createWriter, type Writer } from './writer.ts';

/** `models`: at the trial sizes, in their order. */
export function openModel(
  models: readonly OnnxModel[],
  open: readonly OpenSize[],
): { readonly kind: 'model'; readonly model: OnnxModel } | RefusedSize {
  const [first, ...others] = models;
  if (first === undefined) throw new Error('there is no model to open');
  if (others.length === 0) return { kind: 'model', model: first };
  const uneven = others.map(o => firstDifference(first.nodes, o.nodes)).find(d => d !== undefined);
  if (uneven !== undefined) return uneven;
  const inputs = first.inputs.map((v, i) =>
    openValue(
      v,
      models.map(m => m.inputs[i]),
      open,
    ),
  );
  const outputs = first.outputs.map((v, i) =>
    openValue(
      v,
      models.map(m => m.outputs[i]),
      open,
    ),
  );

  const w = createWriter(true);
  w.label = 'sizes';
  const reader = createSizes(w, inputs, open);
  const seen = open.reduce(
    (bits, o, i) => (inputs.some(v => v.shape.includes(o.name)) ? bits | (1 << i) : bits),
    0,
  );
  const computed = new Map<string, string>();
  const kept: OnnxTensor[] = [];
  const byName = others.map(m => new Map(m.initializers.map(t => [t.name, t])));
  for (const tensor of first.initializers) {
    const all = [tensor, ...byName.map(m => m.get(tensor.name))];
    const read = first.nodes.find(n => n.inputs.includes(tensor.name));
    if (all.some(t => t?.type !== tensor.type)) return refusedSize(reasons.structure, placeOf(read));
    if (all.every(t => t !== undefined && sameTensor(t, tensor))) {
      kept.push(tensor);
      continue;
    }
    const functions = functionsOf(tensor, all, open);
    if (functions === undefined) return refusedSize(reasons.number, placeOf(read));
    if (functions.some(f => f.some(t => (t.sizes & ~seen) !== 0)))
      return refusedSize(reasons.unseen, placeOf(read));
    computed.set(tensor.name, reader.vector(tensor, functions));
  }
  const rename = (prefix: string) => (name: string) => (name === '' ? '' : `${prefix}${name}`);
  const ofSizes = new Set([...w.nodes.flatMap(n => n.outputs), ...w.initializers.map(t => t.name)]);
  const sized = (name: string): string => (ofSizes.has(name) ? rename('sizes/')(name) : name);
  return {
    kind: 'model',
    model: {
      ...first,
      inputs,
      outputs,
      nodes: [
        ...w.nodes.map(n => ({ ...n, inputs: n.inputs.map(sized), outputs: n.outputs.map(sized) })),
        ...first.nodes.map(n => ({
          ...n,
          inputs: n.inputs.map(name => {
            const made = computed.get(name);
            return made === undefined ? name : sized(made);
          }),
        })),
      ],
      initializers: [...kept, ...w.initializers.map(t => ({ ...t, name: sized(t.name) }))],
    },
  };
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const sameTensor = (a: OnnxTensor, b: OnnxTensor): boolean =>
  a === b || (sameShape(a.shape, b.shape) && sameBytes(a.bytes, b.bytes));

/** The first node in which two models differ in more than constants. */
function firstDifference(a: readonly OnnxNode[], b: readonly OnnxNode[]): RefusedSize | undefined {
  for (const [i, node] of a.entries()) {
    const other = b[i];
    const same =
      other !== undefined &&
      node.op === other.op &&
      node.domain === other.domain &&
      node.inputs.join('\n') === other.inputs.join('\n') &&
      node.outputs.join('\n') === other.outputs.join('\n');
    if (!same) return refusedSize(reasons.structure, placeOf(node));
    if (JSON.stringify(node.attributes) !== JSON.stringify(other.attributes))
      return refusedSize(reasons.setting, placeOf(node));
  }
  return a.length === b.length ? undefined : refusedSize(reasons.structure, placeOf(b[a.length]));
}

/** Node names begin with our node's index, op and source line. */
export function placeOf(node: OnnxNode | undefined): string | undefined {
  const [, op, line] = /^\d+:(\w+)(?:@(.+?:\d+))?\//.exec(node?.name ?? '') ?? [];
  if (op === undefined) return undefined;
  return line === undefined ? op : `${op} (${line})`;
}

function openValue(
  value: OnnxValue,
  all: readonly (OnnxValue | undefined)[],
  open: readonly OpenSize[],
): OnnxValue {
  const shape = value.shape.map((d, axis) => {
    const f = varying(
      all.map(v => Number(v?.shape[axis])),
      open,
    );
    return f !== undefined && isConstant(f) ? d : f === undefined ? 'unknown' : showVarying(f, open);
  });
  return { ...value, shape };
}

/** Element by element; undefined where some is no function of the sizes with whole coefficients. */
function functionsOf(
  tensor: OnnxTensor,
  all: readonly (OnnxTensor | undefined)[],
  open: readonly OpenSize[],
): readonly Varying[] | undefined {
  const numbers = all.map(t =>
    t !== undefined && sameShape(t.shape, tensor.shape) ? wholeNumbers(t) : undefined,
  );
  const functions: Varying[] = [];
  for (const i of (numbers[0] ?? []).keys()) {
    const f = varying(
      numbers.map(n => n?.[i] ?? Number.NaN),
      open,
    );
    if (f === undefined) return undefined;
    functions.push(f);
  }
  return functions.length === 0 ? undefined : functions;
}

/** Of a constant of sizes, which is short; undefined for other constants. */
function wholeNumbers({ type, shape, bytes }: OnnxTensor): readonly number[] | undefined {
  if (shape.length > 1) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'i64')
    return Array.from({ length: bytes.length / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  if (type === 'i32') return Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i, true));
  return undefined;
}

/** Writes numbers as functions of the sizes: i64 vectors, then the type and shape that the constant had. */
function createSizes(w: Writer, inputs: readonly OnnxValue[], open: readonly OpenSize[]) {
  const size = ({ name }: OpenSize): string => {
    const input = inputs.find(v => v.shape.includes(name));
    if (input === undefined) throw new Error(`no input has an axis of size ${name}`);
    const axis = input.shape.indexOf(name);
    return w.one('Shape', [input.name], { start: axis, end: axis + 1 });
  };
  const product = (bits: number): string =>
    open
      .filter((_, i) => (bits >> i) & 1)
      .map(size)
      .reduce((a, b) => w.one('Mul', [a, b]));
  const vector = ({ type, shape }: OnnxTensor, functions: readonly Varying[]): string => {
    const times = (bits: number): readonly number[] =>
      functions.map(f => f.find(t => t.sizes === bits)?.times ?? 0);
    const sets = [...new Set(functions.flatMap(f => f.map(t => t.sizes)))].filter(s => s !== 0).sort();
    const parts = sets.map(bits => {
      const factors = times(bits);
      const one = functions.length === 1 && factors[0] === 1;
      return one ? product(bits) : w.one('Mul', [product(bits), w.ints(factors)]);
    });
    const rest = times(0);
    const whole = [...parts, ...(rest.every(n => n === 0) ? [] : [w.ints(rest)])].reduce((a, b) =>
      w.one('Add', [a, b]),
    );
    const typed = type === 'i32' ? w.one('Cast', [whole], { to: 6 }) : whole;
    return shape.length === 0 ? w.one('Squeeze', [typed]) : typed;
  };
  return { vector };
}
