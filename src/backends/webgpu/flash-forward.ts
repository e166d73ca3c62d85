// Flash attention forward (arXiv:2205.14135, algorithm 1; 2307.08691): a workgroup has 32 queries of one head, goes
// over the keys in tiles, and keeps of each query the largest score so far, the sum of exponentials and the weighted
// values, all rescaled where the largest score grows.

import { input } from '../node-query.ts';
import { bindings } from './bindings.ts';
import { flashSizes, loader, scoring } from './flash-sizes.ts';
import { groupIndex, type KernelRule, kernel, spread } from './kernel.ts';
import {
  addProduct,
  addWeighted,
  chunksOf,
  mostColumns,
  putWeights,
  resultVectors,
  slabsOf,
  tileMemory,
  tilePlace,
  tilesOf,
  tileThreads,
  writeResult,
} from './tile.ts';

/** Below any score but −∞; not −∞ itself, from which nothing can be subtracted. */
const lowest = '-3.4e38';

export const flashAttention: KernelRule = q => {
  const sizes = flashSizes(q, 3);
  const { batch, heads, groups, queries, keys, width, values } = sizes;
  const { all: reads, named } = bindings([
    ['q', input(q, 0)],
    ['k', input(q, 1)],
    ['v', input(q, 2)],
    ['bias', sizes.bias?.slot],
  ]);
  const blocks = tilesOf(queries);
  const slabs = slabsOf(values);
  const count = batch * heads * blocks * slabs;
  /** What only a gradient reads. */
  const statistics = [
    { name: 'largest', of: 'most', slot: q.results[1]!, isUsed: q.used[1] },
    { name: 'total', of: 'sum', slot: q.results[2]!, isUsed: q.used[2] },
  ].filter(s => s.isUsed);
  const body = `${tileMemory}
var<workgroup> gathered: array<f32, 256>;
${loader('load_q', named('q'), queries, width)}
${loader('load_k', named('k'), keys, width)}
${loader('load_v', named('v'), keys, values)}
${scoring(sizes, sizes.bias && named('bias'))}
@compute @workgroup_size(${tileThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let id = ${groupIndex(count)};
  if (id >= ${count}u) { return; }
  let slab = (id % ${slabs}u) * ${mostColumns}u;
  let t_from = ((id / ${slabs}u) % ${blocks}u) * 32u;
  let at_head = id / ${slabs * blocks}u;
  let batch = at_head / ${heads}u;
  let head = at_head % ${heads}u;
  let at_group = batch * ${groups}u + head / ${heads / groups}u;
${tilePlace}
  let t = t_from + row;
  load_q_base = at_head * ${queries * width}u;
  load_k_base = at_group * ${keys * width}u;
  load_v_base = at_group * ${keys * values}u;
  var most0 = f32(${lowest});
  var most1 = f32(${lowest});
  var sum0 = 0.0;
  var sum1 = 0.0;
${resultVectors('y', values)}
  for (var s_from = 0u; s_from < ${sizes.causal ? `min(${keys}u, t_from + 32u)` : `${keys}u`}; s_from += 32u) {
    var s0 = vec4<f32>(0.0);
    var s1 = vec4<f32>(0.0);
    ${addProduct(
      's',
      width,
      (r, c) => `load_q(t_from + ${r}, ${c})`,
      (s, c) => `load_k(s_from + ${s}, ${c})`,
    )}
    var hidden0: vec4<bool>;
    var hidden1: vec4<bool>;
    for (var j = 0u; j < 4u; j++) {
      let s = s_from + column + j;
      hidden0[j] = hidden(t, s);
      hidden1[j] = hidden(t + 1u, s);
      s0[j] = score(s0[j], batch, head, t, s);
      s1[j] = score(s1[j], batch, head, t + 1u, s);
    }
    let m0 = select(s0, vec4<f32>(${lowest}), hidden0);
    let m1 = select(s1, vec4<f32>(${lowest}), hidden1);
    gathered[row * 8u + lane] = max(max(m0.x, m0.y), max(m0.z, m0.w));
    gathered[row * 8u + 8u + lane] = max(max(m1.x, m1.y), max(m1.z, m1.w));
    workgroupBarrier();
    var next0 = most0;
    var next1 = most1;
    for (var i = 0u; i < 8u; i++) {
      next0 = max(next0, gathered[row * 8u + i]);
      next1 = max(next1, gathered[row * 8u + 8u + i]);
    }
    var p0 = vec4<f32>(0.0);
    var p1 = vec4<f32>(0.0);
    for (var j = 0u; j < 4u; j++) {
      if (!hidden0[j]) { p0[j] = exp_of(s0[j] - next0); }
      if (!hidden1[j]) { p1[j] = exp_of(s1[j] - next1); }
    }
    let keep0 = exp_of(most0 - next0);
    let keep1 = exp_of(most1 - next1);
    sum0 = sum0 * keep0 + (p0.x + p0.y) + (p0.z + p0.w);
    sum1 = sum1 * keep1 + (p1.x + p1.y) + (p1.z + p1.w);
    most0 = next0;
    most1 = next1;
${chunksOf(values)
  .map(c => `    y0_${c} *= keep0;\n    y1_${c} *= keep1;\n`)
  .join('')}
    ${putWeights('p0', 'p1')}
    ${addWeighted('y', values, (s, c) => `load_v(s_from + ${s}, ${c})`)}
  }
  workgroupBarrier();
  gathered[row * 8u + lane] = sum0;
  gathered[row * 8u + 8u + lane] = sum1;
  workgroupBarrier();
  sum0 = 0.0;
  sum1 = 0.0;
  for (var i = 0u; i < 8u; i++) {
    sum0 += gathered[row * 8u + i];
    sum1 += gathered[row * 8u + 8u + i];
  }
${chunksOf(values)
  .map(c => `  y0_${c} /= sum0;\n  y1_${c} /= sum1;\n`)
  .join('')}
${writeResult(
  'y',
  values,
  (r, c, value) =>
    `if (t_from + ${r} < ${queries}u && ${c} < ${values}u) { out[(at_head * ${queries}u + t_from + ${r}) * ${values}u + ${c}] = ${value}; }`,
)}
${statistics
  .map(
    ({ name, of }) => `  if (slab == 0u && lane == 0u) {
    if (t < ${queries}u) { ${name}[at_head * ${queries}u + t] = ${of}0; }
    if (t + 1u < ${queries}u) { ${name}[at_head * ${queries}u + t + 1u] = ${of}1; }
  }
`,
  )
  .join('')}}
`;
  const writes = [
    { name: 'out', slot: q.results[0]!, element: 'f32' } as const,
    ...statistics.map(({ name, slot }) => ({ name, slot, element: 'f32' }) as const),
  ];
  return [kernel({ name: 'attention_forward', reads, writes, body, workgroups: spread(count) })];
};
