// dot_general by a thread for each element of the result, over axes of any order.

import { inputType, intsAttr, outputType, product } from '../node-query.ts';
import { coordIndex, flatIndex } from './indexing.ts';
import { groupIndex, type KernelRule, kernel, mostThreads, spread } from './kernel.ts';
import { createScribe } from './scribe.ts';

export const dotGeneral: KernelRule = q => {
  const out = outputType(q);
  const count = product(out.shape);
  const [lhs, rhs] = [inputType(q, 0).shape, inputType(q, 1).shape];
  const [lhsBatch, lhsContract] = [intsAttr(q, 'lhsBatch'), intsAttr(q, 'lhsContract')];
  const [rhsBatch, rhsContract] = [intsAttr(q, 'rhsBatch'), intsAttr(q, 'rhsContract')];
  const inner = lhsContract.map(a => lhs[a] ?? 1);
  const s = createScribe();
  const at = flatIndex(s, out.shape, 'i').coords();
  const loop = s.within();
  const along = flatIndex(loop, inner, 'k').coords();
  const free = (
    shape: readonly number[],
    batch: readonly number[],
    contract: readonly number[],
  ): readonly number[] =>
    shape.map((_, axis) => axis).filter(axis => !batch.includes(axis) && !contract.includes(axis));
  const place = (
    shape: readonly number[],
    batch: readonly number[],
    contract: readonly number[],
    first: number,
  ): string => {
    const others = free(shape, batch, contract);
    const coords = shape.map((_, axis) => {
      if (batch.includes(axis)) return at[batch.indexOf(axis)] ?? '0u';
      if (contract.includes(axis)) return along[contract.indexOf(axis)] ?? '0u';
      return at[first + others.indexOf(axis)] ?? '0u';
    });
    return coordIndex(loop, shape, coords).flat();
  };
  const rows = free(lhs, lhsBatch, lhsContract).length;
  const a = place(lhs, lhsBatch, lhsContract, lhsBatch.length);
  const b = place(rhs, rhsBatch, rhsContract, lhsBatch.length + rows);
  const groups = Math.ceil(count / mostThreads);
  const isSquare = q.inputs[0] === q.inputs[1];
  return [
    kernel({
      name: 'dot',
      reads: [
        { name: 'x', slot: q.inputs[0]!, element: 'f32' },
        ...(isSquare ? [] : [{ name: 'w', slot: q.inputs[1]!, element: 'f32' } as const]),
      ],
      writes: [{ name: 'y', slot: q.results[0]!, element: 'f32' }],
      body: `@compute @workgroup_size(${mostThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = ${groupIndex(groups)} * ${mostThreads}u + lane;
  if (i >= ${count}u) { return; }
${s.text()}  var sum = 0.0;
  for (var k = 0u; k < ${product(inner)}u; k++) {
${loop.text()}    sum += x[${a}] * ${isSquare ? 'x' : 'w'}[${b}];
  }
  y[i] = sum;
}
`,
      workgroups: spread(groups),
    }),
  ];
};
