// What a checked file is, as a lock: its models by their defaults and in every variant, each export and stage traced
// to the graph that it computes. No weights and no data are read.

import { createHash } from 'node:crypto';
import type { Span } from '../base/span.ts';
import { loweredExport } from '../compiler/export-program.ts';
import { type LowerContext, LoweringError } from '../compiler/lower.ts';
import type { WeightSpec } from '../compiler/program.ts';
import { type TracedStage, tracedStage } from '../compiler/stage-program.ts';
import { leadName } from '../dsl/semantics/fields.ts';
import type { Library } from '../dsl/semantics/library.ts';
import type { Model } from '../dsl/semantics/model.ts';
import type { PartCall, Rename } from '../dsl/semantics/trace.ts';
import { showTypeExpr } from '../dsl/semantics/type-names.ts';
import type { ExportMember } from '../dsl/syntax/ast.ts';
import { printExpr } from '../dsl/syntax/print-expr.ts';
import type { Graph } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { canonical, meaningText } from './canonical.ts';
import { dataText } from './data-text.ts';
import type { ExportLock, Lock, Meaning, ModelLock, StageLock, WeightLock } from './lock.ts';
import { naturalOrder } from './natural-order.ts';
import { partText } from './part-text.ts';
import { recipeOf } from './recipe.ts';

export interface Origins {
  readonly mmlang: string;
  readonly std: string;
}

/** Where what a lock says stands in the spec, by kind and path: `part look.transformer`, `stage tune`, `version`. */
export type Places = ReadonlyMap<string, Span>;

export interface PlacedLock {
  readonly lock: Lock;
  /** By the model's name in the lock. */
  readonly places: ReadonlyMap<string, Places>;
}

export const lockOf = (
  library: Library,
  models: readonly Model[],
  registry: OpRegistry,
  origins: Origins,
): Lock => placedLock(library, models, registry, origins).lock;

export function placedLock(
  library: Library,
  models: readonly Model[],
  registry: OpRegistry,
  { mmlang, std }: Origins,
): PlacedLock {
  const places = new Map<string, Places>();
  const entries = models.map(m => {
    const name = m.variant ?? m.name;
    const own = declaredPlaces(m);
    places.set(name, own);
    return [name, modelLock(library, m, registry, own)] as const;
  });
  return { lock: { lock: 1, mmlang, std, models: new Map(entries) }, places };
}

function declaredPlaces(m: Model): Map<string, Span> {
  return new Map<string, Span>([
    ['version', m.item.version?.span ?? m.item.name.span],
    ...[...m.exports].map(([name, e]) => [`export ${name}`, e.name.span] as const),
    ...[...m.stages].map(([name, s]) => [`stage ${name}`, s.span] as const),
    ...[...m.modalities.values()].map(i => [`modality ${i.path}`, i.span] as const),
    ...m.item.members.flatMap(member =>
      member.kind === 'labels' ? [[`labels ${member.name.text}`, member.name.span] as const] : [],
    ),
  ]);
}

/** Graphs are traced for an engine that runs nothing whole, so that what they hold depends on the spec alone. */
const target = { engine: 'none', composites: new Set<string>(), alternates: false };

function modelLock(
  library: Library,
  model: Model,
  registry: OpRegistry,
  places: Map<string, Span>,
): ModelLock {
  const context = { library, model, target, registry };
  const weights = new Map<string, WeightLock>();
  const parts = new Map<string, string>();
  const renamed = new Map<string, string>();
  const seen: Seen = (specs, calls, renames) => {
    for (const [path, { from }] of renames) renamed.set(path, from);
    for (const w of specs) {
      weights.set(w.path, weightLock(w));
      places.set(`weight ${w.path}`, w.span);
    }
    for (const call of calls) {
      parts.set(call.path, partText(call));
      places.set(`part ${call.path}`, call.span);
    }
  };
  const exports = [...model.exports].map(
    ([name, member]) => [name, exportLock(context, name, member, seen)] as const,
  );
  const stages = [...model.stages.keys()].map(name => [name, stageLock(context, name, seen)] as const);
  return {
    model: model.name,
    version: model.version,
    modalities: byName([...model.modalities.values()].map(m => [m.path, dataText(m.spec)] as const)),
    labels: byName([...model.labels.values()].map(l => [l.path, l.names ?? l.size] as const)),
    tokenizers: new Map(),
    exports: byName(exports),
    weights: byName(weights),
    parts: byName(parts),
    renamed: byName(renamed),
    stages: new Map(stages),
  };
}

type Seen = (
  specs: readonly WeightSpec[],
  calls: readonly PartCall[],
  renames: ReadonlyMap<string, Rename>,
) => void;

/** Sizes that no two axes have in common by chance: rows of the first leading dim are 2, of the next 3, … */
function sizesOf(member: ExportMember): ReadonlyMap<string, number> {
  const leads = [...new Set(member.params.map(leadName))];
  return new Map(member.params.map(p => [p.name.text, leads.indexOf(leadName(p)) + 2] as const));
}

function exportLock(context: LowerContext, name: string, member: ExportMember, seen: Seen): ExportLock {
  // A generation's first step stands for all that follow, which are the same.
  const lowered = loweredExport({ ...context, outline: true }, name, sizesOf(member));
  seen(lowered.weights, lowered.trace.calls, lowered.trace.renames);
  return {
    takes: new Map(
      member.params.map(p => {
        const fallback = p.fallback === undefined ? '' : ` = ${printExpr(p.fallback)}`;
        return [p.name.text, `${showTypeExpr(p.type)}${fallback}`] as const;
      }),
    ),
    gives: member.result === undefined ? '' : showTypeExpr(member.result),
    ...meaningOf(lowered.trace.builder.finish(), context.registry, { gradients: false }),
  };
}

function stageLock(context: LowerContext, name: string, seen: Seen): StageLock {
  const traced = stageTraces(context, name);
  for (const t of traced) seen(t.weights, t.calls, t.renames);
  return {
    computes: traced.map(t => meaningOf(t.forward, context.registry, { gradients: true })),
    recipe: recipeOf(context.model.stages.get(name)!),
  };
}

/** With 2 rows; a stage that demands how many there are keeps its own batch. */
function stageTraces(context: LowerContext, name: string): readonly TracedStage[] {
  try {
    return tracedStage(context, name, { batch: 2 });
  } catch (error) {
    if (!(error instanceof LoweringError)) throw error;
    return tracedStage(context, name, {});
  }
}

function meaningOf(graph: Graph, registry: OpRegistry, how: { readonly gradients: boolean }): Meaning {
  const form = canonical(graph, registry, how);
  return {
    meaning: createHash('sha256').update(meaningText(form)).digest('hex'),
    reads: form.inputs.filter(i => i.role === 'weight' || i.role === 'state').map(i => i.name),
  };
}

function weightLock(w: WeightSpec): WeightLock {
  return {
    kind: w.kind,
    type: `${w.dtype}[${w.shape.join(', ')}]`,
    starts: dataText(w.initializer),
    follows: w.follows === undefined ? undefined : `${w.follows.path} by ${w.follows.by}`,
  };
}

const byName = <V>(entries: Iterable<readonly [string, V]>): ReadonlyMap<string, V> =>
  new Map([...entries].sort(([a], [b]) => naturalOrder(a, b)));
