// scatter_add without a race, so that sums are the same bits each time: a workgroup for each row of the table looks
// through all ids, and adds what is its own in the order of positions.

import { inputType, numberAttr, product } from '../node-query.ts';
import { elementOf, groupIndex, type KernelRule, kernel, spread } from './kernel.ts';

const threads = 128;

export const scatterAdd: KernelRule = q => {
  const [ids, updates] = [inputType(q, 0), inputType(q, 1)];
  const count = product(ids.shape);
  const width = product(updates.shape.slice(ids.shape.length));
  const rows = numberAttr(q, 'rows');
  const element = elementOf(updates.dtype);
  const blocks = Math.ceil(width / threads);
  const groups = rows * blocks;
  return [
    kernel({
      name: 'scatter_add',
      reads: [
        { name: 'ids', slot: q.inputs[0]!, element: 'i32' },
        { name: 'updates', slot: q.inputs[1]!, element },
      ],
      writes: [{ name: 'y', slot: q.results[0]!, element }],
      body: `var<workgroup> hits: array<atomic<u32>, ${threads / 32}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let number = ${groupIndex(groups)};
  if (number >= ${groups}u) { return; }
  let row = i32(number / ${blocks}u);
  let column = number % ${blocks}u * ${threads}u + lane;
  var sum: ${element};
  for (var start = 0u; start < ${count}u; start += ${threads}u) {
    if (lane < ${threads / 32}u) { atomicStore(&hits[lane], 0u); }
    workgroupBarrier();
    let n = start + lane;
    if (n < ${count}u && clamp(ids[n], 0, ${rows - 1}) == row) { atomicOr(&hits[lane / 32u], 1u << (lane % 32u)); }
    workgroupBarrier();
    for (var word = 0u; word < ${threads / 32}u; word++) {
      var left = atomicLoad(&hits[word]);
      while (left != 0u) {
        let bit = firstTrailingBit(left);
        left &= left - 1u;
        if (column < ${width}u) { sum += updates[(start + word * 32u + bit) * ${width}u + column]; }
      }
    }
    workgroupBarrier();
  }
  if (column < ${width}u) { y[u32(row) * ${width}u + column] = sum; }
}
`,
      workgroups: spread(groups),
    }),
  ];
};
