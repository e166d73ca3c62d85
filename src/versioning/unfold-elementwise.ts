// Ops on each number: computed on the axes of the first input of the result's shape as they were before it was folded.
// Other inputs are laid out beside it, stretched by the op itself where they can be.

import { axesBefore, isSame, type Unfolding, type UnfoldRule, type Waiting } from './unfolded.ts';

export const unfoldElementwise: UnfoldRule = (u, { op, attrs }, inputs, [out]) => {
  const first = inputs.find(x => isSame(x.shape, out!) && !isSame(u.shapeOf(x.id), out!));
  const groups = first === undefined ? identity(out!) : wholeGroups(u, first);
  if (groups === undefined) return undefined;
  const wide = first === undefined ? out! : u.shapeOf(first.id);
  const laid = inputs.map(x => layOut(u, x, out!, groups, wide));
  // A value of one number of rank 0 stays so; else some input has to have the shape of the result.
  const narrow = laid.map(id => unstretched(u, id));
  const shape = broadcastOf(narrow.map(u.shapeOf), wide.length);
  const ids = isSame(shape, wide) ? narrow : laid;
  if (!isSame(broadcastOf(ids.map(u.shapeOf), wide.length), wide)) return undefined;
  return [{ id: u.emit(op, ids, attrs)[0]!, shape: out! }];
};

type Groups = readonly (readonly number[])[];

const identity = (shape: readonly number[]): Groups => shape.map((_, axis) => [axis]);

/** For each axis those that it was folded from, where every axis has its own. */
function wholeGroups(u: Unfolding, x: Waiting): Groups | undefined {
  const before = axesBefore(u, x);
  return x.shape.every((_, axis) => before.has(axis))
    ? x.shape.map((_, axis) => before.get(axis)!)
    : undefined;
}

function layOut(
  u: Unfolding,
  x: Waiting,
  out: readonly number[],
  groups: Groups,
  wide: readonly number[],
): number {
  const lead = out.length - x.shape.length;
  const laid = groups.flatMap((group, axis) =>
    group.map(a => (axis < lead || x.shape[axis - lead] !== out[axis] ? 1 : wide[a]!)),
  );
  return u.reshaped(x.id, withoutLeading(laid));
}

function withoutLeading(shape: readonly number[]): readonly number[] {
  const at = shape.findIndex(d => d !== 1);
  return at < 0 ? [] : shape.slice(at);
}

/** What a broadcast stretches, where the op itself would stretch it alike. */
function unstretched(u: Unfolding, id: number): number {
  const source = u.stretches(id);
  if (source === undefined) return id;
  return u.reshaped(source, withoutLeading(u.shapeOf(source)));
}

function broadcastOf(shapes: readonly (readonly number[])[], rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map(s => (axis < rank - s.length ? 1 : s[axis - (rank - s.length)]!))),
  );
}
