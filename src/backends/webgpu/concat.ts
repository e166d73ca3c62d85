// A join of more inputs than one kernel reads: each kernel writes the positions of some of them.

import { numberAttr, outputType, product } from '../node-query.ts';
import {
  elementOf,
  groupIndex,
  type KernelRule,
  kernel,
  mostBindings,
  mostThreads,
  spread,
} from './kernel.ts';

const atOnce = mostBindings - 1;

export const joined: KernelRule = q => {
  const axis = numberAttr(q, 'axis');
  const out = outputType(q);
  const element = elementOf(out.dtype);
  const inner = product(out.shape.slice(axis + 1));
  const whole = (out.shape[axis] ?? 1) * inner;
  const outer = product(out.shape.slice(0, axis));
  const sizes = q.types.map(t => (t.shape[axis] ?? 0) * inner);
  const parts = q.inputs
    .map((slot, i) => ({ slot, size: sizes[i] ?? 0, start: sizes.slice(0, i).reduce((n, s) => n + s, 0) }))
    .filter(p => p.size > 0);
  // An input that stands in the list twice is bound once, and read by two parts.
  const chunks: (typeof parts)[] = [];
  for (const part of parts) {
    const last = chunks.at(-1);
    const slots = new Set(last?.map(p => p.slot));
    if (last !== undefined && (slots.has(part.slot) || slots.size < atOnce)) last.push(part);
    else chunks.push([part]);
  }
  return chunks.map(chunk => {
    const start = chunk[0]?.start ?? 0;
    const width = chunk.reduce((n, p) => n + p.size, 0);
    const slots = [...new Set(chunk.map(p => p.slot))];
    const count = outer * width;
    const groups = Math.ceil(count / mostThreads);
    const lines = chunk.map(
      p =>
        `  if (at >= ${p.start - start}u && at < ${p.start - start + p.size}u) { value = x${slots.indexOf(p.slot)}[row * ${p.size}u + at - ${p.start - start}u]; }\n`,
    );
    return kernel({
      name: 'concat',
      reads: slots.map((slot, i) => ({ name: `x${i}`, slot, element })),
      writes: [{ name: 'y', slot: q.results[0]!, element }],
      body: `@compute @workgroup_size(${mostThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = ${groupIndex(groups)} * ${mostThreads}u + lane;
  if (i >= ${count}u) { return; }
  let row = i / ${width}u;
  let at = i % ${width}u;
  var value: ${element};
${lines.join('')}  y[row * ${whole}u + ${start}u + at] = value;
}
`,
      workgroups: spread(groups),
    });
  });
};
