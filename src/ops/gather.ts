// Rows of a table by id, and the adjoint: adding rows into a table.

import { fault } from '../ir/builder.ts';
import type { Shape } from '../ir/graph.ts';
import { defineOp } from './define.ts';
import { numbers } from './dtype-rules.ts';
import { consumeKeeps, distinctKeeps } from './keep-rules.ts';
import { bool, f32, i32 } from './sample-inputs.ts';
import { concreteDim, dimAt, range, showShape, sizeOf, takes } from './shape-rules.ts';

type NoAttrs = Readonly<Record<never, never>>;

const rowSize = (shape: readonly number[]): number => shape.slice(1).reduce((n, d) => n * d, 1);

function checkedRow(op: string, id: number, rows: number): number {
  if (id < 0 || id >= rows) throw new RangeError(`${op}: id ${id} of a table of ${rows} rows`);
  return id;
}

export const gather = defineOp<NoAttrs>({
  name: 'gather',
  kind: 'core',
  doc: 'gather(table[V, …], ids): the row of each id, of shape ids ++ …; an id out of range is an error here, engines clamp',
  shape: q => {
    const [table, ids] = takes('gather', q, 2);
    dimAt('gather', table!.shape, 0);
    return [[...ids!.shape, ...table!.shape.slice(1)]];
  },
  dtype: q => {
    const [table, ids] = q.inputs;
    if (ids?.dtype !== 'i32') fault(`gather wants i32 ids; got ${ids?.dtype}`);
    return [table!.dtype];
  },
  // A dropped id reads row 0; a dropped row of the table reads as 0.
  keep: q => {
    const lead = q.types[1]!.shape.length;
    const table = consumeKeeps(q.builder, 0, q.inputs[0]!, [0], 0, axis => axis - 1 + lead);
    const ids = q.inputs[1]!;
    return {
      fills: [...table.fills, ...ids.map(keep => ({ input: 1, keep, value: 0 }))],
      outputs: [distinctKeeps([...ids, ...table.kept])],
    };
  },
  dependence: q => {
    const lead = q.types[1]!.shape.length;
    return q.axis < lead
      ? [{ kind: 'all' }, { kind: 'same', axis: q.axis }]
      : [{ kind: 'same', axis: q.axis - lead + 1 }, { kind: 'all' }];
  },
  grad: q => {
    if (q.grads[0] === undefined) return [undefined, undefined];
    const rows = concreteDim(q.builder.shapeOf(q.inputs[0]!)[0]!);
    return [q.builder.one('scatter_add', [q.inputs[1]!, q.grads[0]], { rows }), undefined];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [table, ids] = [q.inputs[0]!, q.inputs[1]!];
    const row = rowSize(table.shape);
    for (let i = 0; i < ids.data.length; i++) {
      const from = checkedRow('gather', ids.data[i]!, table.shape[0]!) * row;
      out.data.set(table.data.subarray(from, from + row), i * row);
    }
    return [out];
  },
  samples: () => [
    { name: 'tokens', inputs: [f32([5, 3]), i32([2, 4], { high: 5 })], attrs: {} },
    { name: 'one id', inputs: [f32([5, 3]), i32([], { high: 5 })], attrs: {} },
    { name: 'a table of numbers', inputs: [f32([4]), i32([3], { high: 4 })], attrs: {} },
    { name: 'edge ids', inputs: [f32([3, 1, 2]), i32([3], { values: [0, 2, 2] })], attrs: {} },
    { name: 'bool', inputs: [bool([4]), i32([6], { high: 4 })], attrs: {} },
  ],
  flops: () => 0,
});

type ScatterAddAttrs = { readonly rows: number };

export const scatter_add = defineOp<ScatterAddAttrs>({
  name: 'scatter_add',
  kind: 'core',
  doc: 'scatter_add(ids, updates): a table of `rows` rows, each the sum of the updates with its id; the adjoint of gather',
  shape: q => {
    const [ids, updates] = takes('scatter_add', q, 2);
    const lead = ids!.shape.length;
    if (updates!.shape.length < lead || ids!.shape.some((dim, i) => !q.dims.same(dim, updates!.shape[i]!)))
      fault(
        `scatter_add wants an update for each id; ids are ${showShape(ids!.shape)}, updates ${showShape(updates!.shape)}`,
      );
    const rest: Shape = updates!.shape.slice(lead);
    return [[q.attrs.rows, ...rest]];
  },
  dtype: q => {
    const [ids, updates] = takes('scatter_add', q, 2);
    if (ids!.dtype !== 'i32') fault(`scatter_add wants i32 ids; got ${ids!.dtype}`);
    return [numbers('scatter_add', [updates!])];
  },
  keep: q => {
    const lead = q.types[0]!.shape.length;
    const place = (axis: number): number => axis - lead + 1;
    const ofIds = q.inputs[0]!;
    const updates = distinctKeeps([...ofIds, ...q.inputs[1]!]);
    const { fills, kept } = consumeKeeps(q.builder, 1, updates, range(lead), 0, place);
    return { fills: [...ofIds.map(keep => ({ input: 0, keep, value: 0 })), ...fills], outputs: [kept] };
  },
  dependence: q => {
    const lead = q.types[0]!.shape.length;
    return q.axis === 0
      ? [{ kind: 'all' }, { kind: 'all' }]
      : [{ kind: 'all' }, { kind: 'same', axis: q.axis - 1 + lead }];
  },
  grad: q => [
    undefined,
    q.grads[0] === undefined ? undefined : q.builder.one('gather', [q.grads[0], q.inputs[0]!]),
  ],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [ids, updates] = [q.inputs[0]!, q.inputs[1]!];
    const row = rowSize(out.shape);
    const sums = new Float64Array(out.data.length);
    for (let i = 0; i < ids.data.length; i++) {
      const to = checkedRow('scatter_add', ids.data[i]!, q.attrs.rows) * row;
      for (let j = 0; j < row; j++) sums[to + j]! += updates.data[i * row + j]!;
    }
    out.data.set(sums);
    return [out];
  },
  samples: () => [
    { name: 'tokens', inputs: [i32([2, 4], { high: 5 }), f32([2, 4, 3])], attrs: { rows: 5 } },
    { name: 'the same id', inputs: [i32([3], { values: [1, 1, 1] }), f32([3, 2])], attrs: { rows: 2 } },
    { name: 'one id', inputs: [i32([], { high: 3 }), f32([2])], attrs: { rows: 3 } },
    { name: 'numbers', inputs: [i32([4], { high: 3 }), f32([4])], attrs: { rows: 3 } },
  ],
  flops: q => sizeOf(q.types[1]!),
});
