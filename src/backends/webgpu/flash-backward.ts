// Flash attention backward: Σ dout·out of each query first, then the gradient of queries by blocks of queries and those
// of keys and values by blocks of keys. Both make the probabilities again; neither adds to what another workgroup
// writes, so runs agree to the bit (arXiv:2205.14135, algorithm 4, in the loop order of 2307.08691).

import { input } from '../node-query.ts';
import { bindings } from './bindings.ts';
import { type FlashSizes, flashSizes, loader, scoring } from './flash-sizes.ts';
import {
  groupIndex,
  type Kernel,
  type KernelQuery,
  type KernelRule,
  kernel,
  type Slot,
  spread,
} from './kernel.ts';
import {
  addProduct,
  addWeighted,
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

export const flashAttentionGrad: KernelRule = q => {
  const sizes = flashSizes(q, 7);
  const rows = q.scratch(3 * sizes.batch * sizes.heads * sizes.queries);
  return [
    rowStatistics(q, sizes, rows),
    ...(q.used[0] === true ? [queryGradient(q, sizes, rows)] : []),
    ...(q.used[1] === true || q.used[2] === true ? [keyGradient(q, sizes, rows)] : []),
  ];
};

/** [max, sum, Σ dout·out] of each query beside each other, so that what follows needs one binding for them. */
function rowStatistics(q: KernelQuery, { batch, heads, queries, values }: FlashSizes, rows: Slot): Kernel {
  const { all: reads, named } = bindings([
    ['out', input(q, 3)],
    ['largest', input(q, 4)],
    ['total', input(q, 5)],
    ['dout', input(q, 6)],
  ]);
  const count = batch * heads * queries;
  const groups = Math.ceil(count / 64);
  const body = `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let at = ${groupIndex(groups)} * 64u + thread;
  if (at >= ${count}u) { return; }
  var along = 0.0;
  for (var c = at * ${values}u; c < (at + 1u) * ${values}u; c++) { along += ${named('dout')}[c] * ${named('out')}[c]; }
  rows[at * 3u] = ${named('largest')}[at];
  rows[at * 3u + 1u] = ${named('total')}[at];
  rows[at * 3u + 2u] = along;
}
`;
  const writes = [{ name: 'rows', slot: rows, element: 'f32' }] as const;
  return kernel({ name: 'attention_rows', reads, writes, body, workgroups: spread(groups) });
}

/** What both kernels declare before `main`. */
function operands(q: KernelQuery, sizes: FlashSizes, rows: Slot) {
  const { queries, keys, width, values } = sizes;
  const { all, named } = bindings([
    ['q', input(q, 0)],
    ['k', input(q, 1)],
    ['v', input(q, 2)],
    ['dout', input(q, 6)],
    ['rows', rows],
    ['bias', sizes.bias?.slot],
  ]);
  const text = `${tileMemory}
${loader('load_q', named('q'), queries, width)}
${loader('load_k', named('k'), keys, width)}
${loader('load_v', named('v'), keys, values)}
${loader('load_dout', named('dout'), queries, values)}
${scoring(sizes, sizes.bias && named('bias'))}
fn weight(dot: f32, batch: u32, head: u32, t: u32, s: u32) -> f32 {
  if (hidden(t, s)) { return 0.0; }
  let at = ((batch * ${sizes.heads}u + head) * ${queries}u + t) * 3u;
  return exp_of(score(dot, batch, head, t, s) - rows[at]) / rows[at + 1u];
}
fn slope(p: f32, dp: f32, batch: u32, head: u32, t: u32, s: u32) -> f32 {
  if (hidden(t, s)) { return 0.0; }
  let at = ((batch * ${sizes.heads}u + head) * ${queries}u + t) * 3u;
  return ${sizes.scale} * p * (dp - rows[at + 2u]);
}
`;
  return { reads: all, text };
}

/** dq = scale·(p·(dout·vᵀ − Σ dout·out))·k for 32 queries of one head. */
function queryGradient(q: KernelQuery, sizes: FlashSizes, rows: Slot): Kernel {
  const { batch, heads, groups, queries, keys, width, values } = sizes;
  const { reads, text } = operands(q, sizes, rows);
  const blocks = tilesOf(queries);
  const slabs = slabsOf(width);
  const count = batch * heads * blocks * slabs;
  const body = `${text}
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
  load_dout_base = at_head * ${queries * values}u;
  load_k_base = at_group * ${keys * width}u;
  load_v_base = at_group * ${keys * values}u;
${resultVectors('dq', width)}
  for (var s_from = 0u; s_from < ${sizes.causal ? `min(${keys}u, t_from + 32u)` : `${keys}u`}; s_from += 32u) {
    var s0 = vec4<f32>(0.0);
    var s1 = vec4<f32>(0.0);
    ${addProduct(
      's',
      width,
      (r, c) => `load_q(t_from + ${r}, ${c})`,
      (s, c) => `load_k(s_from + ${s}, ${c})`,
    )}
    for (var j = 0u; j < 4u; j++) {
      s0[j] = weight(s0[j], batch, head, t, s_from + column + j);
      s1[j] = weight(s1[j], batch, head, t + 1u, s_from + column + j);
    }
    var dp0 = vec4<f32>(0.0);
    var dp1 = vec4<f32>(0.0);
    ${addProduct(
      'dp',
      values,
      (r, c) => `load_dout(t_from + ${r}, ${c})`,
      (s, c) => `load_v(s_from + ${s}, ${c})`,
    )}
    for (var j = 0u; j < 4u; j++) {
      dp0[j] = slope(s0[j], dp0[j], batch, head, t, s_from + column + j);
      dp1[j] = slope(s1[j], dp1[j], batch, head, t + 1u, s_from + column + j);
    }
    ${putWeights('dp0', 'dp1')}
    ${addWeighted('dq', width, (s, c) => `load_k(s_from + ${s}, ${c})`)}
  }
${writeResult(
  'dq',
  width,
  (r, c, value) =>
    `if (t_from + ${r} < ${queries}u && ${c} < ${width}u) { dq[(at_head * ${queries}u + t_from + ${r}) * ${width}u + ${c}] = ${value}; }`,
)}
}
`;
  const writes = [{ name: 'dq', slot: q.results[0]!, element: 'f32' }] as const;
  return kernel({ name: 'attention_backward_queries', reads, writes, body, workgroups: spread(count) });
}

/** dv = pᵀ·dout and dk = scale·dsᵀ·q for 32 keys of one group, over all heads that share them. */
function keyGradient(q: KernelQuery, sizes: FlashSizes, rows: Slot): Kernel {
  const { batch, heads, groups, queries, keys, width, values } = sizes;
  const { reads, text } = operands(q, sizes, rows);
  const blocks = tilesOf(keys);
  const slabs = slabsOf(Math.max(width, values));
  const count = batch * groups * blocks * slabs;
  const shared = heads / groups;
  const body = `${text}
@compute @workgroup_size(${tileThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let id = ${groupIndex(count)};
  if (id >= ${count}u) { return; }
  let slab = (id % ${slabs}u) * ${mostColumns}u;
  let s_from = ((id / ${slabs}u) % ${blocks}u) * 32u;
  let at_group = id / ${slabs * blocks}u;
  let batch = at_group / ${groups}u;
${tilePlace}
  let s = s_from + row;
  load_k_base = at_group * ${keys * width}u;
  load_v_base = at_group * ${keys * values}u;
${resultVectors('dk', width)}
${resultVectors('dv', values)}
  for (var one = 0u; one < ${shared}u; one++) {
    let head = (at_group % ${groups}u) * ${shared}u + one;
    load_q_base = (batch * ${heads}u + head) * ${queries * width}u;
    load_dout_base = (batch * ${heads}u + head) * ${queries * values}u;
    for (var t_from = ${sizes.causal ? 's_from' : '0u'}; t_from < ${queries}u; t_from += 32u) {
      var s0 = vec4<f32>(0.0);
      var s1 = vec4<f32>(0.0);
      ${addProduct(
        's',
        width,
        (r, c) => `load_k(s_from + ${r}, ${c})`,
        (t, c) => `load_q(t_from + ${t}, ${c})`,
      )}
      for (var j = 0u; j < 4u; j++) {
        s0[j] = weight(s0[j], batch, head, t_from + column + j, s);
        s1[j] = weight(s1[j], batch, head, t_from + column + j, s + 1u);
      }
      ${putWeights('s0', 's1')}
      ${addWeighted('dv', values, (t, c) => `load_dout(t_from + ${t}, ${c})`)}
      var dp0 = vec4<f32>(0.0);
      var dp1 = vec4<f32>(0.0);
      ${addProduct(
        'dp',
        values,
        (r, c) => `load_v(s_from + ${r}, ${c})`,
        (t, c) => `load_dout(t_from + ${t}, ${c})`,
      )}
      for (var j = 0u; j < 4u; j++) {
        dp0[j] = slope(s0[j], dp0[j], batch, head, t_from + column + j, s);
        dp1[j] = slope(s1[j], dp1[j], batch, head, t_from + column + j, s + 1u);
      }
      ${putWeights('dp0', 'dp1')}
      ${addWeighted('dk', width, (t, c) => `load_q(t_from + ${t}, ${c})`)}
    }
  }
${writeResult(
  'dk',
  width,
  (r, c, value) =>
    `if (s_from + ${r} < ${keys}u && ${c} < ${width}u) { dk[(at_group * ${keys}u + s_from + ${r}) * ${width}u + ${c}] = ${value}; }`,
)}
${writeResult(
  'dv',
  values,
  (r, c, value) =>
    `if (s_from + ${r} < ${keys}u && ${c} < ${values}u) { dv[(at_group * ${keys}u + s_from + ${r}) * ${values}u + ${c}] = ${value}; }`,
)}
}
`;
  const writes = [
    { name: 'dk', slot: q.results[1]!, element: 'f32' },
    { name: 'dv', slot: q.results[2]!, element: 'f32' },
  ] as const;
  return kernel({ name: 'attention_backward_keys', reads, writes, body, workgroups: spread(count) });
}
