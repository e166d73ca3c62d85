// The text of a group: one thread works out each position, or several of a workgroup each result of a reduction.

import type { ValueId } from '../../ir/graph.ts';
import { intsAttr } from '../node-query.ts';
import { ruleOf } from './core-table.ts';
import type { Form } from './form.ts';
import type { Group } from './groups.ts';
import { rootsOf } from './groups.ts';
import { flatIndex } from './indexing.ts';
import {
  type Binding,
  elementOf,
  groupIndex,
  type Kernel,
  kernel,
  mostThreads,
  type Slot,
  slotOf,
  spread,
} from './kernel.ts';
import { createReader, type Load, type Reader } from './reader.ts';
import { innerCount, isTrailing, reducedIndex } from './reduce-shape.ts';
import type { Reduction } from './reduction.ts';
import { createScribe, type Scribe } from './scribe.ts';

export interface ClusterContext {
  readonly form: Form;
  /** Whether anything outside the group reads this root. */
  readonly isWritten: (id: ValueId) => boolean;
  readonly scratch: (elements: number) => Slot;
}

/** A group's memory: names in the order in which the text comes to them, so that equal work is equal text. */
function memory({ form, isWritten }: ClusterContext, group: Group) {
  const reads: (Binding & { readonly slot: Slot })[] = [];
  const names = new Map<ValueId, string>();
  const written = rootsOf(group).filter(isWritten);
  const writes = written.map(
    (id, i): Binding => ({
      name: `y${i}`,
      slot: slotOf(id),
      element: elementOf(form.types[id]?.dtype ?? 'f32'),
    }),
  );
  // What is written over its input shares that one's memory, and so its name.
  for (const [root, input] of group.over) {
    const at = written.indexOf(root);
    if (at >= 0) names.set(input, `y${at}`);
  }
  const load: Load = (id, at) => {
    let name = names.get(id);
    if (name === undefined) {
      name = `x${reads.length}`;
      names.set(id, name);
      reads.push({ name, slot: slotOf(id), element: elementOf(form.types[id]?.dtype ?? 'f32') });
    }
    return `${name}[${at.flat()}]`;
  };
  const nameOf = (root: ValueId): string | undefined => writes[written.indexOf(root)]?.name;
  return { reads, writes, load, nameOf };
}

/** Works out the points of a group at position `i`, and writes all its roots. */
function finish(
  reader: Reader,
  scribe: Scribe,
  group: Group,
  { form }: ClusterContext,
  nameOf: (id: ValueId) => string | undefined,
): void {
  for (const id of group.points) reader.make(scribe, id, flatIndex(scribe, form.types[id]?.shape ?? [], 'i'));
  const at = (id: ValueId) => flatIndex(scribe, form.types[id]?.shape ?? [], 'i');
  for (const id of rootsOf(group)) {
    const name = nameOf(id);
    if (name !== undefined) scribe.line(`${name}[${at(id).flat()}] = ${reader.read(scribe, id, at(id))};`);
  }
}

const header = (threads: number): string => `@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
`;

/** What a kernel does, by the slowest or last of its ops. */
function nameOfGroup({ form }: ClusterContext, group: Group): string {
  const op = (id: ValueId | undefined): string =>
    form.graph.nodes[form.producer(id ?? -1) ?? -1]?.op ?? 'nothing';
  const points = group.points.length === 0 ? '' : op(group.points.at(-1));
  const sums = [...new Set(group.reductions.map(op))];
  return [...sums, ...(points === '' ? [] : [points])].join('_');
}

export function pointsKernel(context: ClusterContext, group: Group): readonly Kernel[] {
  const { reads, writes, load, nameOf } = memory(context, group);
  const scribe = createScribe();
  finish(createReader(context.form, load), scribe, group, context, nameOf);
  const { count } = group;
  const threads = count <= 64 ? 64 : mostThreads;
  const groups = Math.ceil(count / threads);
  return [
    kernel({
      name: nameOfGroup(context, group),
      reads,
      writes,
      body: `${scribe.constants()}${header(threads)}  let i = ${groupIndex(groups)} * ${threads}u + lane;
  if (i >= ${count}u) { return; }
${scribe.text()}}
`,
      workgroups: spread(groups),
    }),
  ];
}

/** How the threads of a workgroup share results and what each result is made of. */
interface Share {
  /** Results of a workgroup, side by side. */
  readonly columns: number;
  /** Threads of a result. */
  readonly rows: number;
}

const share = (count: number, inner: number, isAlong: boolean): Share => {
  // Threads that stand side by side read what lies side by side.
  let rows = 1;
  const most = isAlong ? mostThreads : 8;
  while (rows < most && rows * 4 <= inner) rows *= 2;
  if (!isAlong && count * rows < 32 * 8 && inner > 64)
    while (rows < mostThreads && rows * 4 <= inner && count * rows < mostThreads) rows *= 2;
  return { columns: mostThreads / rows, rows };
};

/** From so many workgroups on a GPU is busy; with fewer, what is reduced is cut into as many parts. */
const busy = 64;
/** Each thread of a part takes at least so many. */
const leastEach = 16;

export function reduceKernels(context: ClusterContext, group: Group): readonly Kernel[] {
  const { form, scratch } = context;
  const nodes = group.reductions.map(id => form.graph.nodes[form.producer(id) ?? -1]!);
  const [first] = nodes;
  if (first === undefined) throw new Error('a reduction of nothing');
  const shape = form.types[first.inputs[0]!]?.shape ?? [];
  const axes = intsAttr({ node: first, inputs: [], types: [], outputs: [], used: [] }, 'axes');
  const inner = innerCount(shape, axes);
  const { count } = group;
  const how = share(count, inner, isTrailing(shape, axes));
  const groups = Math.ceil(count / how.columns);
  const parts = Math.max(1, Math.min(Math.floor(busy / groups), Math.floor(inner / (how.rows * leastEach))));
  const folds = group.reductions.map(
    (id, at): Fold => ({
      rule: reductionOf(nodes[at]!.op),
      dtype: form.types[id]?.dtype ?? 'f32',
    }),
  );
  const input = (reader: Reader, scribe: Scribe, at: number): string =>
    reader.read(scribe, nodes[at]!.inputs[0]!, reducedIndex(scribe, shape, axes, 'i', 'k'));
  const ends = (reader: Reader, scribe: Scribe, nameOf: (id: ValueId) => string | undefined): void => {
    for (const [at, id] of group.reductions.entries())
      scribe.remember(`${id}@${flatIndex(scribe, form.types[id]?.shape ?? [], 'i').key}`, `all${at}`);
    finish(reader, scribe, group, context, nameOf);
  };
  const name = nameOfGroup(context, group);
  if (parts <= 1) {
    const { reads, writes, load, nameOf } = memory(context, group);
    const reader = createReader(form, load);
    const body = reduceText({
      count,
      how,
      folds,
      from: '0u',
      to: `${inner}u`,
      parts: 1,
      each: (scribe, at) => input(reader, scribe, at),
      end: scribe => ends(reader, scribe, nameOf),
    });
    return [kernel({ name, reads, writes, body, workgroups: spread(groups) })];
  }
  // In two steps: partial results side by side, then all of them.
  const partial = folds.map(() => scratch(parts * count));
  const one = memory({ ...context, isWritten: () => false }, { ...group, over: new Map(), points: [] });
  const oneReader = createReader(form, one.load);
  const length = Math.ceil(inner / parts);
  const element = (at: number) => elementOf(folds[at]?.dtype ?? 'f32');
  const firstBody = reduceText({
    count,
    how,
    folds,
    from: `part * ${length}u`,
    to: `min(part * ${length}u + ${length}u, ${inner}u)`,
    parts,
    each: (scribe, at) => input(oneReader, scribe, at),
    end: scribe => {
      for (const at of folds.keys()) scribe.line(`p${at}[part * ${count}u + i] = all${at};`);
    },
  });
  const two = memory(context, group);
  const twoReader = createReader(form, two.load);
  const last = share(count, parts, false);
  const lastBody = reduceText({
    count,
    how: last,
    folds,
    from: '0u',
    to: `${parts}u`,
    parts: 1,
    each: (scribe, at) => scribe.name(element(at), `p${at}[k * ${count}u + i]`),
    end: scribe => ends(twoReader, scribe, two.nameOf),
  });
  const room = partial.map((slot, at): Binding => ({ name: `p${at}`, slot, element: element(at) }));
  return [
    kernel({
      name: `${name}_part`,
      reads: one.reads,
      writes: room,
      body: firstBody,
      workgroups: spread(groups * parts),
    }),
    kernel({
      name,
      reads: [...two.reads, ...room],
      writes: two.writes,
      body: lastBody,
      workgroups: spread(Math.ceil(count / last.columns)),
    }),
  ];
}

interface Fold {
  readonly rule: Reduction;
  readonly dtype: 'f32' | 'i32' | 'bool' | 'f16' | 'bf16';
}

function reductionOf(op: string): Reduction {
  const rule = ruleOf(op);
  if (rule.kind !== 'reduce') throw new Error(`${op} is no reduction`);
  return rule.rule;
}

interface ReduceText {
  readonly count: number;
  readonly how: Share;
  readonly folds: readonly Fold[];
  readonly from: string;
  readonly to: string;
  /** Workgroups that share a result. */
  readonly parts: number;
  /** Names what fold `at` takes in at `k`. */
  readonly each: (scribe: Scribe, at: number) => string;
  /** Writes what is made of the results, which are named all0, all1, … */
  readonly end: (scribe: Scribe) => void;
}

function reduceText({ count, how, folds, from, to, parts, each, end }: ReduceText): string {
  const { columns, rows } = how;
  const groups = Math.ceil(count / columns);
  const scribe = createScribe();
  const loop = scribe.within();
  for (const [at, { rule, dtype }] of folds.entries()) {
    const x = each(loop, at);
    loop.line(`sum${at} = ${rule.fold(dtype, `sum${at}`, x)};`);
  }
  const ending = scribe.within();
  end(ending);
  const element = (at: number) => elementOf(folds[at]?.dtype ?? 'f32');
  const each_ = (text: (at: number, fold: Fold) => string): string =>
    folds.map((f, at) => text(at, f)).join('');
  const shared =
    rows === 1 ? '' : each_(at => `var<workgroup> shared${at}: array<${element(at)}, ${mostThreads}>;\n`);
  const tree =
    rows === 1
      ? each_(at => `  let all${at} = sum${at};\n`)
      : `${each_(at => `  shared${at}[lane] = sum${at};\n`)}  workgroupBarrier();
  for (var half = ${rows / 2}u; half > 0u; half /= 2u) {
    if (row < half) {
${each_((at, { rule, dtype }) => `      shared${at}[lane] = ${rule.fold(dtype, `shared${at}[lane]`, `shared${at}[lane + half * ${columns}u]`)};\n`)}    }
    workgroupBarrier();
  }
${each_(at => `  let all${at} = shared${at}[lane];\n`)}`;
  const total = groupIndex(groups * parts);
  const place =
    parts === 1
      ? `  let block = ${total};\n`
      : `  let block = ${total} % ${groups}u;\n  let part = ${total} / ${groups}u;\n`;
  const guard = parts === 1 ? '' : ` && part < ${parts}u`;
  return `${scribe.constants()}${shared}${header(mostThreads)}${place}  let i = block * ${columns}u + lane % ${columns}u;
  let row = lane / ${columns}u;
${each_((at, { rule, dtype }) => `  var sum${at}: ${element(at)} = ${rule.start(dtype)};\n`)}  if (i < ${count}u) {
    for (var k = ${from} + row; k < ${to}; k += ${rows}u) {
${loop.text().replaceAll(/^/gm, '  ').trimEnd()}
    }
  }
${tree}  if (row == 0u && i < ${count}u${guard}) {
${ending.text()}  }
}
`;
}
