// Products y(b, m, n) = Σ x(b, m, k)·w(b, k, n), whatever x and w read: a workgroup computes a tile of 64 × 64 (or
// 32 × 32) from shared tiles of depth 16, a thread 4 × 4 of it in registers. Where results are few and sums long, the
// sums are shared out over workgroups and their parts added up by a second kernel, always in the same order. What is
// small has a thread for each result.

import { type Binding, groupIndex, type Kernel, type KernelQuery, kernel, spread } from './kernel.ts';

/** The direction in which neighbours in memory lie; neighbouring threads read along it. */
export type Along = 'depth' | 'side';

export interface Operand {
  /** WGSL of a function's body that gives the element at `b`, `m` (or `n`) and `k`, all within bounds. */
  readonly element: string;
  readonly along: Along;
}

export interface Product {
  readonly name: string;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly left: Operand;
  readonly right: Operand;
  readonly reads: readonly Binding[];
  /** What becomes of a finished sum: an expression of `sum` and the column `n`, and the bindings that it reads. */
  readonly finish?: { readonly value: string; readonly reads: readonly Binding[] };
}

const depthOfTile = 16;
/** Fewer workgroups than this leave most of a GPU idle. */
const wantedGroups = 64;
const leastDepth = 256;

export interface Tiling {
  readonly side: 32 | 64;
  readonly groups: number;
  /** Parts of each sum. */
  readonly parts: number;
}

export function tilingOf({ batch, rows, columns, depth }: Product): Tiling {
  const groupsOf = (side: number): number => batch * Math.ceil(rows / side) * Math.ceil(columns / side);
  const side = Math.min(rows, columns) <= 32 || groupsOf(64) < wantedGroups ? 32 : 64;
  const tiles = groupsOf(side);
  const parts = Math.min(Math.ceil(wantedGroups / tiles), Math.floor(depth / leastDepth), 32);
  return { side, groups: tiles * Math.max(1, parts), parts: Math.max(1, parts) };
}

/** Up to so many products and sums, tiles would be mostly edge. */
const mostDirect = 2 ** 15;

export function productKernels(q: KernelQuery, of: Product): readonly Kernel[] {
  const out: Binding = { name: 'y', slot: q.results[0]!, element: 'f32' };
  if (of.batch * of.rows * of.columns * of.depth <= mostDirect) return [direct(of, out)];
  const tiling = tilingOf(of);
  if (tiling.parts === 1) return [tiles(of, tiling, out)];
  const parts: Binding = {
    name: 'parts',
    slot: q.scratch(tiling.parts * of.batch * of.rows * of.columns),
    element: 'f32',
  };
  return [tiles(of, tiling, parts), addition(of, tiling, parts, out)];
}

const finishing = (of: Product): string =>
  of.finish === undefined
    ? ''
    : `fn finished(sum: f32, n: u32) -> f32 {
${of.finish.value}
}
`;

const elements = (of: Product): string => `fn left_at(b: u32, m: u32, k: u32) -> f32 {
${of.left.element}
}
fn right_at(b: u32, n: u32, k: u32) -> f32 {
${of.right.element}
}
`;

/** A thread for each result. */
function direct(of: Product, out: Binding): Kernel {
  const { rows, columns, depth } = of;
  const count = of.batch * rows * columns;
  const groups = Math.ceil(count / 64);
  const body = `
${elements(of)}${finishing(of)}@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ${groupIndex(groups)} * 64u + thread;
  if (i >= ${count}u) { return; }
  let n = i % ${columns}u;
  let m = i / ${columns}u % ${rows}u;
  let b = i / ${rows * columns}u;
  var sum = 0.0;
  for (var k = 0u; k < ${depth}u; k++) { sum += left_at(b, m, k) * right_at(b, n, k); }
  ${out.name}[i] = ${of.finish === undefined ? 'sum' : 'finished(sum, n)'};
}
`;
  const reads = [...of.reads, ...(of.finish?.reads ?? [])];
  return kernel({ name: of.name, reads, writes: [out], body, workgroups: spread(groups) });
}

function tiles(of: Product, { side, groups, parts }: Tiling, into: Binding): Kernel {
  const { batch, rows, columns, depth } = of;
  const quads = side / 4;
  const threads = quads * quads;
  const pitch = quads + 1;
  const [down, across] = [Math.ceil(rows / side), Math.ceil(columns / side)];
  const perPart = Math.ceil(Math.ceil(depth / parts) / depthOfTile) * depthOfTile;
  const isLast = parts === 1;
  const finish = isLast ? of.finish : undefined;
  /** A vector of four along the side for each position of the depth. */
  const load = (name: 'left' | 'right', operand: Operand, first: string, most: number): string => `
    for (var i = thread; i < ${depthOfTile * quads}u; i += ${threads}u) {
      let at = ${operand.along === 'depth' ? `i % ${depthOfTile}u` : `i / ${quads}u`};
      let quad = ${operand.along === 'depth' ? `i / ${depthOfTile}u` : `i % ${quads}u`};
      var four = vec4<f32>(0.0);
      if (begin + at < last) {
        for (var j = 0u; j < 4u; j++) {
          let edge = ${first} + quad * 4u + j;
          if (edge < ${most}u) { four[j] = ${name}_at(b, edge, begin + at); }
        }
      }
      ${name}_tile[at * ${pitch}u + quad] = four;
    }`;
  const body = `
var<workgroup> left_tile: array<vec4<f32>, ${depthOfTile * pitch}>;
var<workgroup> right_tile: array<vec4<f32>, ${depthOfTile * pitch}>;
${elements(of)}${finish === undefined ? '' : finishing(of)}@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let id = ${groupIndex(groups)};
  if (id >= ${groups}u) { return; }
  let n_first = (id % ${across}u) * ${side}u;
  let m_first = (id / ${across}u % ${down}u) * ${side}u;
  let b = id / ${across * down}u % ${batch}u;
  let part = id / ${across * down * batch}u;
  let last = min(${depth}u, (part + 1u) * ${perPart}u);
  let tx = thread % ${quads}u;
  let ty = thread / ${quads}u;
  var y0 = vec4<f32>(0.0);
  var y1 = vec4<f32>(0.0);
  var y2 = vec4<f32>(0.0);
  var y3 = vec4<f32>(0.0);
  for (var begin = part * ${perPart}u; begin < last; begin += ${depthOfTile}u) {
    workgroupBarrier();${load('left', of.left, 'm_first', rows)}${load('right', of.right, 'n_first', columns)}
    workgroupBarrier();
    for (var k = 0u; k < ${depthOfTile}u; k++) {
      let l = left_tile[k * ${pitch}u + ty];
      let r = right_tile[k * ${pitch}u + tx];
      y0 += l.x * r;
      y1 += l.y * r;
      y2 += l.z * r;
      y3 += l.w * r;
    }
  }
  var rows = array<vec4<f32>, 4>(y0, y1, y2, y3);
  for (var i = 0u; i < 4u; i++) {
    let m = m_first + ty * 4u + i;
    for (var j = 0u; j < 4u; j++) {
      let n = n_first + tx * 4u + j;
      if (m < ${rows}u && n < ${columns}u) {
        ${into.name}[((part * ${batch}u + b) * ${rows}u + m) * ${columns}u + n] = ${finish === undefined ? 'rows[i][j]' : 'finished(rows[i][j], n)'};
      }
    }
  }
}
`;
  const reads = [...of.reads, ...(finish?.reads ?? [])];
  return kernel({ name: of.name, reads, writes: [into], body, workgroups: spread(groups) });
}

/** Adds up the parts of each sum. */
function addition(of: Product, { parts }: Tiling, from: Binding, out: Binding): Kernel {
  const count = of.batch * of.rows * of.columns;
  const groups = Math.ceil(count / 64);
  const body = `
${finishing(of)}@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ${groupIndex(groups)} * 64u + thread;
  if (i >= ${count}u) { return; }
  var sum = 0.0;
  for (var part = 0u; part < ${parts}u; part++) { sum += ${from.name}[part * ${count}u + i]; }
  ${out.name}[i] = ${of.finish === undefined ? 'sum' : `finished(sum, i % ${of.columns}u)`};
}
`;
  const reads = [from, ...(of.finish?.reads ?? [])];
  return kernel({ name: `${of.name}_parts`, reads, writes: [out], body, workgroups: spread(groups) });
}
