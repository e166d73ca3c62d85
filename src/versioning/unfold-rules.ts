// For every core op: how it is computed on axes that are not folded yet. `stays` where it can't be: its inputs are
// taken as the graph has them.

import type { Attrs, Node } from '../ir/graph.ts';
import type { CoreOp } from '../ops/core.ts';
import { unfoldElementwise } from './unfold-elementwise.ts';
import { axesBefore, isSame, type Unfolding, type UnfoldRule, type Waiting } from './unfolded.ts';

const stays: UnfoldRule = () => undefined;

const list = (attrs: Attrs, name: string): readonly number[] => attrs[name] as readonly number[];

/** The axes before for each of `axes`, where every one of them has its own. */
function ownAxes(
  u: Unfolding,
  x: Waiting,
  axes: readonly number[],
): readonly (readonly number[])[] | undefined {
  const before = axesBefore(u, x);
  const own = axes.map(a => before.get(a) ?? []);
  return own.every(a => a.length > 0) ? own : undefined;
}

/** The one axis before for each of `axes`. */
function oneAxis(u: Unfolding, x: Waiting, axes: readonly number[]): readonly number[] | undefined {
  const own = ownAxes(u, x, axes);
  return own?.every(a => a.length === 1) === true ? own.flat() : undefined;
}

const reduction: UnfoldRule = (u, { op, attrs }, [x], [out]) => {
  const axes = ownAxes(u, x!, list(attrs, 'axes'));
  if (axes === undefined) return undefined;
  const [id] = u.emit(op, [x!.id], { axes: axes.flat(), keepdims: false });
  return [{ id: id!, shape: out! }];
};

const ranked: UnfoldRule = (u, { op, attrs }, [x], outputs) => {
  const axis = op === 'top_k' ? x!.shape.length - 1 : Number(attrs.axis);
  const own = oneAxis(u, x!, [axis]);
  if (own === undefined) return undefined;
  const ids = u.emit(op, [x!.id], op === 'top_k' ? attrs : { ...attrs, axis: own[0]! });
  return ids.map((id, i) => ({ id, shape: outputs[i]! }));
};

const transposition: UnfoldRule = (u, { attrs }, [x], [out]) => {
  const before = axesBefore(u, x!);
  const perm = list(attrs, 'perm');
  if (perm.some(a => !before.has(a))) return undefined;
  const moved = perm.flatMap(a => before.get(a)!);
  if (moved.every((a, i) => a === i)) return [{ id: x!.id, shape: out! }];
  return [{ id: u.emit('transpose', [x!.id], { perm: moved })[0]!, shape: out! }];
};

/** What is stretched gets axes of its own; what isn't stays as it was before it was folded. */
const stretched: UnfoldRule = (u, _, [x], [out]) => {
  if (isSame(x!.shape, out!)) return [x!];
  const before = axesBefore(u, x!);
  const lead = out!.length - x!.shape.length;
  const was = u.shapeOf(x!.id);
  const narrow: number[] = [];
  const wide: number[] = [];
  for (const [axis, size] of out!.entries()) {
    const own = before.get(axis - lead);
    if (axis >= lead && x!.shape[axis - lead] === size) {
      if (own === undefined) return undefined;
      narrow.push(...own.map(a => was[a]!));
      wide.push(...own.map(a => was[a]!));
    } else {
      narrow.push(1);
      wide.push(size);
    }
  }
  const from = narrow.slice(
    narrow.findIndex(d => d !== 1) < 0 ? narrow.length : narrow.findIndex(d => d !== 1),
  );
  return [{ id: u.emit('broadcast', [u.reshaped(x!.id, from)], { shape: wide })[0]!, shape: out! }];
};

/** An op that moves along some axes only, by lists with a number for each axis and one that says nothing. */
function along(
  touched: (attrs: Attrs, axis: number, size: number) => boolean,
  spread: (
    attrs: Attrs,
    place: (list: readonly number[], quiet: (size: number) => number) => readonly number[],
  ) => Attrs,
): UnfoldRule {
  return (u, { op, attrs }, [x], [out]) => {
    const axes = x!.shape.flatMap((size, axis) => (touched(attrs, axis, size) ? [axis] : []));
    if (axes.length === 0) return [{ id: x!.id, shape: out! }];
    const own = oneAxis(u, x!, axes);
    if (own === undefined) return undefined;
    const was = u.shapeOf(x!.id);
    const place = (given: readonly number[], quiet: (size: number) => number): readonly number[] =>
      was.map((size, axis) => {
        const at = own.indexOf(axis);
        return at < 0 ? quiet(size) : given[axes[at]!]!;
      });
    return [{ id: u.emit(op, [x!.id], spread(attrs, place))[0]!, shape: out! }];
  };
}

const none = (): number => 0;
const once = (): number => 1;
const whole = (size: number): number => size;

const slicing = along(
  (attrs, axis, size) =>
    list(attrs, 'starts')[axis] !== 0 ||
    list(attrs, 'limits')[axis] !== size ||
    list(attrs, 'strides')[axis] !== 1,
  (attrs, place) => ({
    starts: place(list(attrs, 'starts'), none),
    limits: place(list(attrs, 'limits'), whole),
    strides: place(list(attrs, 'strides'), once),
  }),
);

const padding = along(
  (attrs, axis) => list(attrs, 'low')[axis] !== 0 || list(attrs, 'high')[axis] !== 0,
  (attrs, place) => ({
    ...attrs,
    low: place(list(attrs, 'low'), none),
    high: place(list(attrs, 'high'), none),
  }),
);

/** Inputs that go together along all axes but one. */
const side: UnfoldRule = (u, { op, attrs }, inputs, [out]) => {
  const axis = Number(attrs.axis);
  const axes = inputs.map(x => oneAxis(u, x, [axis])?.[0]);
  const [first] = axes;
  if (first === undefined || axes.some(a => a !== first)) return undefined;
  const others = inputs.map(x => u.shapeOf(x.id).filter((_, a) => a !== first));
  if (others.some(o => !isSame(o, others[0]!))) return undefined;
  return [
    {
      id: u.emit(
        op,
        inputs.map(x => x.id),
        { ...attrs, axis: first },
      )[0]!,
      shape: out!,
    },
  ];
};

const product: UnfoldRule = (u, { attrs }, [lhs, rhs], [out]) => {
  const axesOf = (x: Waiting, name: string) => ownAxes(u, x, list(attrs, name))?.flat();
  const [lhsBatch, rhsBatch] = [axesOf(lhs!, 'lhsBatch'), axesOf(rhs!, 'rhsBatch')];
  const [lhsContract, rhsContract] = [axesOf(lhs!, 'lhsContract'), axesOf(rhs!, 'rhsContract')];
  if (!lhsBatch || !rhsBatch || !lhsContract || !rhsContract) return undefined;
  const [a, b] = [u.shapeOf(lhs!.id), u.shapeOf(rhs!.id)];
  const fits = (l: readonly number[], r: readonly number[]): boolean =>
    isSame(
      l.map(x => a[x]!),
      r.map(x => b[x]!),
    );
  if (!fits(lhsBatch, rhsBatch) || !fits(lhsContract, rhsContract)) return undefined;
  const [id] = u.emit('dot_general', [lhs!.id, rhs!.id], { lhsBatch, rhsBatch, lhsContract, rhsContract });
  return [{ id: id!, shape: out! }];
};

const rows: UnfoldRule = (u, { op, attrs }, [table, ids], [out]) => [
  { id: u.emit(op, [u.plain(table!), ids!.id], attrs)[0]!, shape: out! },
];

const regrouped: UnfoldRule = (_, __, [x], [out]) => [{ id: x!.id, shape: out! }];

export const unfoldCore: { readonly [K in CoreOp]: UnfoldRule } = {
  neg: unfoldElementwise,
  abs: unfoldElementwise,
  sign: unfoldElementwise,
  exp: unfoldElementwise,
  log: unfoldElementwise,
  sqrt: unfoldElementwise,
  rsqrt: unfoldElementwise,
  tanh: unfoldElementwise,
  erf: unfoldElementwise,
  sin: unfoldElementwise,
  cos: unfoldElementwise,
  floor: unfoldElementwise,
  sigmoid: unfoldElementwise,
  not: unfoldElementwise,
  add: unfoldElementwise,
  sub: unfoldElementwise,
  mul: unfoldElementwise,
  div: unfoldElementwise,
  max: unfoldElementwise,
  min: unfoldElementwise,
  pow: unfoldElementwise,
  rem: unfoldElementwise,
  equal: unfoldElementwise,
  less: unfoldElementwise,
  less_equal: unfoldElementwise,
  and: unfoldElementwise,
  or: unfoldElementwise,
  bit_xor: unfoldElementwise,
  bit_and: unfoldElementwise,
  shift_right: unfoldElementwise,
  select: unfoldElementwise,
  cast: unfoldElementwise,
  stop_gradient: unfoldElementwise,
  after: stays,
  constant: stays,
  literal: stays,
  iota: stays,
  reshape: regrouped,
  transpose: transposition,
  broadcast: stretched,
  slice: slicing,
  pad: padding,
  concat: side,
  reduce_sum: reduction,
  reduce_max: reduction,
  argmax: ranked,
  top_k: ranked,
  dot_general: product,
  // Their axes are those that they are defined for.
  conv2d: stays,
  conv2d_input_grad: stays,
  conv2d_weight_grad: stays,
  gather: rows,
  scatter_add: stays,
  take_along: side,
  random_bits: stays,
};

/** Composites that act on each number, or along one axis named in their attributes; all others stay. */
export const unfoldComposites: Readonly<Record<string, UnfoldRule>> = {
  relu: unfoldElementwise,
  gelu: unfoldElementwise,
  quick_gelu: unfoldElementwise,
  silu: unfoldElementwise,
  softmax: ranked,
  logsumexp: (u, node: Node, inputs, outputs) =>
    ranked(u, { ...node, attrs: { ...node.attrs, keepdims: false } }, inputs, outputs),
};
