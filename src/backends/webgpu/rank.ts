// argmax and top_k: a workgroup for each row. Of equal numbers the earlier comes first.

import { inputType, numberAttr, outputType, product } from '../node-query.ts';
import { elementOf, groupIndex, type KernelRule, kernel, spread } from './kernel.ts';

const threads = 128;

/** Which of all threads' candidates comes first; `found` is that one's place, or `nowhere`. */
const contest = `  places[lane] = place;
  values[lane] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (lane < half && precedes(values[lane + half], places[lane + half], values[lane], places[lane])) {
      values[lane] = values[lane + half];
      places[lane] = places[lane + half];
    }
    workgroupBarrier();
  }
`;

const shared = (element: string): string => `const nowhere = 0xffffffffu;
var<workgroup> values: array<${element}, ${threads}>;
var<workgroup> places: array<u32, ${threads}>;
fn precedes(a: ${element}, at: u32, b: ${element}, other: u32) -> bool {
  return at != nowhere && (other == nowhere || a > b || (a == b && at < other));
}
`;

export const argmax: KernelRule = q => {
  const { shape, dtype } = inputType(q, 0);
  const axis = numberAttr(q, 'axis');
  const inner = product(shape.slice(axis + 1));
  const size = shape[axis] ?? 1;
  const rows = product(outputType(q).shape);
  const element = elementOf(dtype);
  // The first number is the largest until a larger one comes; nothing is larger than NaN.
  const first = dtype === 'f32' ? 'is_nan(x[start])' : 'false';
  const number = dtype === 'f32' ? '!is_nan(x[start + k * INNER])' : 'true';
  return [
    kernel({
      name: 'argmax',
      reads: [{ name: 'x', slot: q.inputs[0]!, element }],
      writes: [{ name: 'y', slot: q.results[0]!, element: 'i32' }],
      body: `const INNER = ${inner}u;
${shared(element)}@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = ${groupIndex(rows)};
  if (row >= ${rows}u) { return; }
  let start = row / INNER * ${size * inner}u + row % INNER;
  var place = nowhere;
  var value: ${element};
  for (var k = lane; k < ${size}u; k += ${threads}u) {
    let candidate = x[start + k * INNER];
    if (${number} && precedes(candidate, k, value, place)) {
      place = k;
      value = candidate;
    }
  }
${contest}  if (lane == 0u) { y[row] = i32(select(places[0], 0u, ${first} || places[0] == nowhere)); }
}
`,
      workgroups: spread(rows),
    }),
  ];
};

/** Each round finds what comes next after the last one found. */
export const topK: KernelRule = q => {
  const { shape, dtype } = inputType(q, 0);
  const size = shape.at(-1) ?? 1;
  const rows = product(shape.slice(0, -1));
  const k = numberAttr(q, 'k');
  const element = elementOf(dtype);
  const number = dtype === 'f32' ? '!is_nan(candidate)' : 'true';
  const wanted = q.results
    .map((slot, i) => ({
      slot,
      name: i === 0 ? 'largest' : 'index',
      element: i === 0 ? element : ('i32' as const),
    }))
    .filter((_, i) => q.used[i]);
  return [
    kernel({
      name: 'top_k',
      reads: [{ name: 'x', slot: q.inputs[0]!, element }],
      writes: wanted,
      body: `${shared(element)}@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = ${groupIndex(rows)};
  if (row >= ${rows}u) { return; }
  let start = row * ${size}u;
  var last = nowhere;
  var least: ${element};
  for (var j = 0u; j < ${k}u; j++) {
    var place = nowhere;
    var value: ${element};
    for (var k = lane; k < ${size}u; k += ${threads}u) {
      let candidate = x[start + k];
      let is_left = last == nowhere || (k != last && precedes(least, last, candidate, k));
      if (${number} && is_left && precedes(candidate, k, value, place)) {
        place = k;
        value = candidate;
      }
    }
${contest.replaceAll(/^/gm, '  ').trimEnd()}
    // Where only NaN is left, the row's first place stands for it.
    last = workgroupUniformLoad(&places[0]);
    least = workgroupUniformLoad(&values[0]);
    if (lane == 0u) {
      let found = select(last, 0u, last == nowhere);
${wanted.map(({ name }) => (name === 'largest' ? `      largest[row * ${k}u + j] = x[start + found];\n` : `      index[row * ${k}u + j] = i32(found);\n`)).join('')}    }
  }
}
`,
      workgroups: spread(rows),
    }),
  ];
};
