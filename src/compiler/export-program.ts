// An export for arguments of given sizes: one graph, a batch for each parameter, what its results mean.

import { callBlock } from '../dsl/semantics/call-block.ts';
import { alignMask } from '../dsl/semantics/emit.ts';
import { evaluate } from '../dsl/semantics/expressions.ts';
import { basesOf, memberBlock } from '../dsl/semantics/extend.ts';
import { leadName } from '../dsl/semantics/fields.ts';
import { allTrue } from '../dsl/semantics/generation-prompt.ts';
import { hardened } from '../dsl/semantics/soft.ts';
import { idsOf, splitKeeps } from '../dsl/semantics/text-value.ts';
import type { Frame } from '../dsl/semantics/trace.ts';
import { showTypeExpr } from '../dsl/semantics/type-names.ts';
import type { BoundArg, TensorValue, Value } from '../dsl/semantics/values.ts';
import type { ExportMember, Param, TypeExpr } from '../dsl/syntax/ast.ts';
import type { ValueId } from '../ir/graph.ts';
import { createBatch, type LowerContext, LoweringError, startLowering, weightSpecs } from './lower.ts';
import type { ExportProgram, ExportResult, ExportSetting } from './program.ts';
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

/** Values of parameters that have a default and are known before the model runs, by name. */
export type ExportSettings = ReadonlyMap<string, number | boolean>;

/** The graph of an export, not yet optimized: what `exportProgram` starts from. */
export function tracedExport(
  context: LowerContext,
  name: string,
  sizes: ExportSizes,
  settings: ExportSettings = new Map(),
) {
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
    batch: createBatch(
      { ...lowering, declared: own },
      p.name.text,
      sizes.get(p.name.text) ?? 1,
      context.padded ?? true,
    ),
  }));
  const args: BoundArg[] = batches.map(({ p, batch }) => ({
    name: p.name.text,
    value: batch.field(p, params),
    span: p.span,
  }));
  for (const p of member.params) {
    const set = settings.get(p.name.text);
    const type = settingType(p);
    if (set !== undefined && type !== undefined)
      args.push({ name: p.name.text, value: settingValue(type, set), span: p.span });
  }
  const result = callBlock(declared.frame, memberBlock(declared, member), args, member.name.span, undefined);
  lowering.finish();
  return { member, declared, trace, params, batches, result };
}

/** What a caller may set: a parameter with a default whose value is a number, or true or false. */
function settingType(p: Param): ExportSetting['type'] | undefined {
  const type = p.fallback === undefined || p.type.kind !== 'tensor' ? undefined : p.type.base.text;
  return type === 'int' || type === 'number' || type === 'bool' ? type : undefined;
}

function settingValue(type: ExportSetting['type'], value: number | boolean): Value {
  switch (type) {
    case 'int':
      return { kind: 'int', dim: Number(value) };
    case 'number':
      return { kind: 'number', value: Number(value) };
    case 'bool':
      return { kind: 'bool', value: Boolean(value), facts: [] };
    default:
      return type satisfies never;
  }
}

function seedOf(frame: Frame, member: ExportMember, settings: ExportSettings): number | undefined {
  const p = member.params.find(own => own.name.text === 'seed' && settingType(own) === 'int');
  if (p?.fallback === undefined) return undefined;
  const set = settings.get('seed');
  if (set !== undefined) return Number(set);
  const value = evaluate(frame, p.fallback);
  return value.kind === 'int' && typeof value.dim === 'number' ? value.dim : undefined;
}

/** The whole graph of an export with its results named, not yet optimized. */
export function loweredExport(
  context: LowerContext,
  name: string,
  sizes: ExportSizes,
  settings: ExportSettings = new Map(),
) {
  const traced = tracedExport(context, name, sizes, settings);
  const { member, declared, trace, params } = traced;
  // What it says that it returns is written among the names that its body sees.
  const frame = { ...declared.frame, scope: memberBlock(declared, member).scope };
  const results = resultsOf(context, frame, traced.result, member.result, params, name);
  for (const { result: r, id, keep } of results) {
    trace.builder.output(r.fetch, 'fetch', id);
    const mask = r.text?.keep ?? r.kept;
    if (mask !== undefined && keep !== undefined) trace.builder.output(mask, 'fetch', keep);
  }
  return { ...traced, frame, results, weights: weightSpecs([trace]) };
}

/** A batch is padded where rows may be fewer than its size (not so under `padded: false`); sizes of parameters with one leading dim must agree. */
export function exportProgram(
  context: LowerContext,
  name: string,
  sizes: ExportSizes,
  settings: ExportSettings = new Map(),
): ExportProgram {
  const { member, frame, trace, batches, results, weights } = loweredExport(context, name, sizes, settings);
  const specs = batches.map(({ p, batch }) => ({
    name: p.name.text,
    size: batch.size,
    lead: leadName(p),
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
    weights,
    params: specs,
    settings: member.params.flatMap(p => {
      const type = settingType(p);
      return type === undefined ? [] : [{ name: p.name.text, type }];
    }),
    seed: seedOf(frame, member, settings),
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
