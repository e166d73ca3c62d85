// An export for arguments of given sizes: one graph, a batch for each parameter, what its results mean.

import { callBlock } from '../dsl/semantics/call-block.ts';
import { alignMask } from '../dsl/semantics/emit.ts';
import { basesOf, memberBlock } from '../dsl/semantics/extend.ts';
import { leadName } from '../dsl/semantics/fields.ts';
import { allTrue } from '../dsl/semantics/generation-prompt.ts';
import { hardened } from '../dsl/semantics/soft.ts';
import { idsOf, splitKeeps } from '../dsl/semantics/text-value.ts';
import type { Frame } from '../dsl/semantics/trace.ts';
import { showTypeExpr } from '../dsl/semantics/type-names.ts';
import type { BoundArg, TensorValue, Value } from '../dsl/semantics/values.ts';
import type { Param, TypeExpr } from '../dsl/syntax/ast.ts';
import type { ValueId } from '../ir/graph.ts';
import { createBatch, type LowerContext, LoweringError, startLowering, weightSpecs } from './lower.ts';
import type { ExportProgram, ExportResult } from './program.ts';
import { evaluationEntry } from './stage-program.ts';

const plain = {
  indexes: undefined,
  labelSet: undefined,
  labels: undefined,
  kept: undefined,
  text: undefined,
};

/** How many rows each parameter has, by its name. */
export type ExportSizes = ReadonlyMap<string, number>;

/** The graph of an export, not yet optimized: what `exportProgram` starts from. */
export function tracedExport(context: LowerContext, name: string, sizes: ExportSizes) {
  const member = context.model.exports.get(name);
  if (member === undefined) throw new Error(`no export ${name} in ${context.model.name}`);
  const lowering = startLowering(context, name, () => false);
  const { declared, trace } = lowering;
  // Types of its parameters are read where it is declared, which may be a model that this one extends.
  const bases = [...basesOf(declared)].map(b => b.declared);
  const own = bases.find(b => b.item.members.includes(member)) ?? declared;
  const params = member.params.filter(p => p.fallback === undefined);
  const batches = params.map(p => ({
    p,
    batch: createBatch({ ...lowering, declared: own }, p.name.text, sizes.get(p.name.text) ?? 1, true),
  }));
  const args: BoundArg[] = batches.map(({ p, batch }) => ({
    name: p.name.text,
    value: batch.field(p, params),
    span: p.span,
  }));
  const result = callBlock(declared.frame, memberBlock(declared, member), args, member.name.span, undefined);
  lowering.finish();
  return { member, declared, trace, params, batches, result };
}

/** A batch is padded where rows may be fewer than its size; sizes of parameters with one leading dim must agree. */
export function exportProgram(context: LowerContext, name: string, sizes: ExportSizes): ExportProgram {
  const traced = tracedExport(context, name, sizes);
  const { member, declared, trace, params, batches } = traced;
  // What it says that it returns is written among the names that its body sees.
  const frame = { ...declared.frame, scope: memberBlock(declared, member).scope };
  const results = resultsOf(context, frame, traced.result, member.result, params, name);
  for (const { result: r, id, keep } of results) {
    trace.builder.output(r.fetch, 'fetch', id);
    const mask = r.text?.keep ?? r.kept;
    if (mask !== undefined && keep !== undefined) trace.builder.output(mask, 'fetch', keep);
  }
  const specs = batches.map(({ p, batch }) => ({
    name: p.name.text,
    size: batch.size,
    batch: batch.spec(undefined, []),
  }));
  return {
    name,
    doc: member.doc,
    entry: evaluationEntry(
      context,
      `export ${name}`,
      trace,
      specs.map(s => s.batch),
    ),
    weights: weightSpecs([trace]),
    params: specs,
    results: results.map(r => r.result),
    generations: trace.generations,
  };
}

interface Resulting {
  readonly result: ExportResult;
  readonly id: ValueId;
  readonly keep: ValueId | undefined;
}

function resultsOf(
  context: LowerContext,
  frame: Frame,
  value: Value,
  type: TypeExpr | undefined,
  params: readonly Param[],
  name: string,
): readonly Resulting[] {
  const written = type === undefined ? '' : showTypeExpr(type);
  const ids = idsOf(value);
  if (ids !== undefined && value.kind === 'record' && value.modality !== undefined) {
    const hard = hardened(frame, frame.trace.builder.span ?? context.model.item.name.span, ids);
    if (hard.kind === 'error') throw new LoweringError([]);
    const keep = splitKeeps(frame, ids).along ?? allTrue(frame, ids.dims);
    const fetch = `result/${name}`;
    const text = { modality: value.modality.path, keep: `${fetch}.keep` };
    return [{ id: hard.id, keep, result: { ...plain, name: '', fetch, type: written, text } }];
  }
  if (value.kind === 'record') {
    return [...value.fields].flatMap(([field, v]) => {
      const of = type?.kind === 'record' ? type.fields.find(f => f.name.text === field)?.type : undefined;
      return resultsOf(context, frame, v, of, params, field).map(r => ({
        ...r,
        result: { ...r.result, name: field },
      }));
    });
  }
  if (value.kind !== 'tensor') throw new LoweringError([]);
  const of = type?.kind === 'tensor' && type.of?.kind === 'name' ? type.of.text : undefined;
  const indexes = of === undefined ? undefined : params.find(p => leadName(p) === of)?.name.text;
  const set = of === undefined ? undefined : context.model.labels.get(of);
  const fetch = `result/${name}`;
  const keep = keptPositions(frame, value);
  return [
    {
      id: value.id,
      keep,
      result: {
        ...plain,
        name: '',
        fetch,
        kept: keep === undefined ? undefined : `${fetch}.keep`,
        type: written,
        indexes,
        labelSet: set?.path,
        labels: set?.names,
      },
    },
  ];
}

/** Which positions along the second axis of a value are real, row by row. */
function keptPositions(frame: Frame, value: TensorValue): ValueId | undefined {
  const { builder } = frame.trace;
  const [rows, places] = value.dims;
  const masks = value.keeps.filter(k => k.axes.includes(1) && k.axes.every(a => a <= 1));
  if (masks.length === 0 || rows === undefined || places === undefined) return undefined;
  const aligned = masks.map(k => alignMask(frame, k, 2));
  const all = aligned.reduce((a, b) => builder.one('and', [a, b]));
  return builder.one('broadcast', [all], { shape: [rows, places] });
}
