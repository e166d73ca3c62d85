// Kernels that work on rows along one axis, as text: several threads share a row, the rows of a workgroup stand side
// by side, and sums and maxima over a row are gathered in shared memory, always in the same order.

import { product } from '../node-query.ts';
import { type Binding, groupIndex, type Kernel, kernel, mostThreads, spread } from './kernel.ts';

export interface RowKernel {
  readonly name: string;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly reads: readonly Binding[];
  readonly writes: readonly Binding[];
  /**
   * What is done with each row, by all of its threads: statements of the functions below. `row` counts rows and `isRow`
   * tells whether there is one; `at(k)` is where its element k lies.
   */
  readonly work: readonly string[];
}

/** Threads of a row: a power of 2, about four elements for each. */
const threadsOf = (length: number): number => {
  let threads = 1;
  while (threads < mostThreads && threads * 4 < length) threads *= 2;
  return threads;
};

/** `NAME`: the sum over the row of an expression of `k`. */
export const rowSum = (name: string, value: string): string => `
  var ${name} = 0.0;
  if (isRow) { for (var k = lane; k < length; k += threads) { ${name} += ${value}; } }
  ${name} = row_sum(${name}, thread);`;

/** `NAME`: the largest of an expression of `k`, NaN where one is. */
export const rowMax = (name: string, value: string): string => `
  var ${name} = from_bits(0xff800000u);
  if (isRow) { for (var k = lane; k < length; k += threads) { ${name} = larger(${name}, ${value}); } }
  ${name} = row_max(${name}, thread);`;

/** A statement for each element `k` of the row. */
export const eachElement = (statement: string): string => `
  if (isRow) { for (var k = lane; k < length; k += threads) { ${statement} } }`;

/** A statement once for the row. */
export const onceForRow = (statement: string): string => `
  if (isRow && lane == 0u) { ${statement} }`;

const gather = (name: string, join: string): string => `
fn ${name}(value: f32, thread: u32) -> f32 {
  workgroupBarrier();
  gathered[thread] = value;
  workgroupBarrier();
  for (var step = threads / 2u; step > 0u; step /= 2u) {
    if (thread % threads < step) {
      let other = gathered[thread + step];
      gathered[thread] = ${join};
    }
    workgroupBarrier();
  }
  return gathered[thread - thread % threads];
}
`;

export function rowKernel({ name, shape, axis, reads, writes, work }: RowKernel): Kernel {
  const length = shape[axis]!;
  const inner = product(shape.slice(axis + 1));
  const rows = product(shape) / length;
  const threads = threadsOf(length);
  const together = mostThreads / threads;
  const groups = Math.ceil(rows / together);
  const text = work.join('');
  const body = `
const length = ${length}u;
const threads = ${threads}u;
var<workgroup> gathered: array<f32, ${mostThreads}>;
${text.includes('row_sum(') ? gather('row_sum', 'gathered[thread] + other') : ''}${text.includes('row_max(') ? gather('row_max', 'larger(gathered[thread], other)') : ''}
@compute @workgroup_size(${mostThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = ${groupIndex(groups)} * ${together}u + thread / threads;
  let lane = thread % threads;
  let isRow = row < ${rows}u;
  let start = ${inner === 1 ? 'row * length' : `row / ${inner}u * ${inner * length}u + row % ${inner}u`};${text}
}
`;
  return kernel({ name, reads, writes, body, workgroups: spread(groups) });
}

/** Where element k of the row lies. */
export const elementAt = (shape: readonly number[], axis: number): string => {
  const inner = product(shape.slice(axis + 1));
  return inner === 1 ? 'start + k' : `start + k * ${inner}u`;
};
