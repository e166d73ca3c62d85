// The picture of a model, as papers draw it: what comes in, the encoders with their parts, the spaces in which they
// meet, alignments and objectives, exports, stages. Every body is traced with its dims as symbols, so that shapes
// read as in the spec.

import type { Diagnostic } from '../base/diagnostic.ts';
import { callableKey, makesOf, readsOf, tensorsIn } from '../dsl/semantics/call-block.ts';
import { symbolicRows } from '../dsl/semantics/check-objective.ts';
import { declareModel } from '../dsl/semantics/declare.ts';
import { checkDefinition } from '../dsl/semantics/define-check.ts';
import { memberBlock } from '../dsl/semantics/extend.ts';
import type { FitStage, Objective, Stage, StageData } from '../dsl/semantics/model.ts';
import { traceObjective } from '../dsl/semantics/objectives.ts';
import { createTrace, type PartCall } from '../dsl/semantics/trace.ts';
import { showExpr, showTypeExpr } from '../dsl/semantics/type-names.ts';
import type { EncoderMember, ExportMember } from '../dsl/syntax/ast.ts';
import type { ValueId } from '../ir/graph.ts';
import type { Diagram, DiagramEdge, DiagramGroup, DiagramNode, DiagramStage } from './diagram-data.ts';
import { type DiagramContext, type Drawing, inputNodes, spaceOf, typeOfField } from './diagram-ends.ts';
import { LoweringError } from './lower.ts';
import { showShape } from './place-boxes.ts';
import { type Flow, type FlowEdge, valueFlow } from './value-flow.ts';

export interface DiagramOptions {
  /** How many calls deep parts are opened; 1 shows those that a body calls itself. */
  readonly depth: number;
}

/** The diagram of a checked model. Throws a LoweringError where a body can't be traced, which a checked one can. */
export function diagram(context: DiagramContext, options: DiagramOptions): Diagram {
  const { model } = context;
  const drawing: Drawing = {
    context,
    depth: options.depth,
    nodes: new Map(),
    groups: [],
    edges: [],
    ends: new Map(),
    given: new Map(),
    uses: new Map(),
  };
  for (const member of model.encoders.values()) drawEncoder(drawing, member);
  for (const objective of model.objectives.values()) drawObjective(drawing, objective);
  for (const member of model.exports.values()) drawExport(drawing, member);
  const shared = new Set([...drawing.uses.values()].filter(ids => ids.length > 1).flat());
  const { nodes, edges } = withArguments(drawing);
  return {
    model: model.variant === undefined ? model.name : `${model.name} ${model.variant}`,
    version: model.version,
    nodes: nodes.map(n => (shared.has(n.id) ? { ...n, notes: [...n.notes, 'shared weights'] } : n)),
    edges,
    groups: inhabited(drawing.groups, nodes),
    stages: [...model.stages.values()].map(stageOf),
  };
}

/** Without groups in which nothing stands: what was in them are encoders, drawn by themselves. */
function inhabited(groups: readonly DiagramGroup[], nodes: readonly DiagramNode[]): readonly DiagramGroup[] {
  const kept = new Set(nodes.map(n => n.group));
  // A group comes after the one around it.
  for (const g of [...groups].reverse())
    if (kept.has(g.id) || g.group === undefined) kept.add(g.id).add(g.group);
  return groups.filter(g => kept.has(g.id));
}

/** A fresh trace with the model declared in it, for one body. */
function start({ context }: Drawing, name: string) {
  const { library, model, registry } = context;
  const diagnostics: Diagnostic[] = [];
  const report = (d: Diagnostic): void => void diagnostics.push(d);
  // The picture shows training: what `when learning` says.
  const trace = createTrace({ mode: 'check', registry, learning: () => true, report, name });
  const variant = library.variants.find(v => v.name.text === model.variant);
  const declared = declareModel(trace, { library, item: model.item, variant, args: [] });
  const finish = (): void => {
    const errors = diagnostics.filter(d => d.severity === 'error');
    if (errors.length > 0) throw new LoweringError(errors);
  };
  return { trace, declared, finish };
}

/** What a callable returns over symbols, with the trace of its body. */
function traceCallable(drawing: Drawing, member: EncoderMember | ExportMember) {
  const name = member.name.text;
  const { trace, declared, finish } = start(drawing, name);
  trace.stack.push(callableKey(member));
  const results = tensorsIn(checkDefinition(trace, member, memberBlock(declared, member).scope, name), '');
  finish();
  return { trace, declared, results };
}

function drawEncoder(drawing: Drawing, member: EncoderMember): void {
  const name = member.name.text;
  const { trace, declared, results } = traceCallable(drawing, member);
  drawing.groups.push({ id: name, kind: member.role, name, notes: [], group: undefined });
  const inputs = inputNodes(drawing, declared, member.params, name);
  const flow = draw(
    drawing,
    trace,
    results.map(r => r.id),
    name,
    name,
    inputs,
  );
  drawing.edges.push(...flow.edges);
  const ends = new Map<string, string>();
  for (const { name: field, id } of results) {
    const from = flow.sourceOf(id);
    if (from === undefined) continue;
    const space = spaceOf(drawing, declared, typeOfField(member.result, field));
    ends.set(field, space ?? from);
    if (space === undefined) continue;
    drawing.edges.push({
      from,
      to: space,
      label: showShape(trace.builder.shapeOf(id)),
      quiet: false,
      tied: false,
    });
  }
  drawing.ends.set(name, ends);
}

function drawObjective(drawing: Drawing, objective: Objective): void {
  const { name, member, params } = objective;
  const { trace, declared, finish } = start(drawing, name);
  const loss = traceObjective(declared, objective, symbolicRows(declared, objective));
  finish();
  if (loss === undefined) throw new LoweringError([]);
  const notes = sidesOf(member);
  drawing.groups.push({ id: name, kind: member.kind, name, notes, group: undefined });
  const inputs = inputNodes(drawing, declared, params, name);
  const flow = draw(drawing, trace, [loss.id], name, name, inputs);
  const last = flow.sourceOf(loss.id);
  if (last === undefined || drawing.nodes.get(last)?.kind !== 'part') {
    const id = `${name}/loss`;
    drawing.nodes.set(id, { id, kind: 'loss', name: 'loss', notes: [], group: name });
    if (last !== undefined)
      flow.edges.push({ from: last, to: id, value: loss.id, label: 'scalar', quiet: true, tied: false });
  }
  drawing.edges.push(...linkEncoders(drawing, flow));
}

/** What an align compares, or a head predicts. */
function sidesOf(member: Objective['member']): readonly string[] {
  switch (member.kind) {
    case 'align':
      return [`${showExpr(member.left)} ↔ ${showExpr(member.right)}`];
    case 'head':
      return [`${showExpr(member.left)} → ${member.field.name.text}`];
    case 'objective':
      return [];
    default:
      return member satisfies never;
  }
}

function drawExport(drawing: Drawing, member: ExportMember): void {
  const name = member.name.text;
  const { trace, declared, results } = traceCallable(drawing, member);
  const id = `export ${name}`;
  const params = member.params.map(p => `${p.name.text}: ${showTypeExpr(p.type)}`);
  const made =
    member.result?.kind === 'record'
      ? member.result.fields.map(f => `${f.name.text}: ${showTypeExpr(f.type)}`)
      : [];
  const result = member.result === undefined ? [] : made.length > 0 ? made : [showTypeExpr(member.result)];
  const notes = [...params, ...result.map(r => `→ ${r}`)];
  const inputs = inputNodes(drawing, declared, member.params, id);
  const flow = draw(
    drawing,
    trace,
    results.map(r => r.id),
    id,
    undefined,
    inputs,
    id,
  );
  drawing.nodes.set(id, { id, kind: 'export', name, notes, group: undefined });
  drawing.edges.push(...linkEncoders(drawing, flow));
}

interface OwnFlow extends Flow {
  readonly edges: FlowEdge[];
}

/** The flow of one body, its boxes put into the drawing; its arrows are the caller's. */
function draw(
  drawing: Drawing,
  trace: Parameters<typeof valueFlow>[0],
  results: readonly ValueId[],
  root: string,
  group: string | undefined,
  inputs: ReadonlyMap<string, () => string>,
  as?: string,
): OwnFlow {
  const { encoders } = drawing.context.model;
  const flow = valueFlow(trace, results, {
    root,
    group,
    path: trace.builder.finish().name,
    depth: drawing.depth,
    isEncoder: call => encoders.has(call.path),
    input: feed => inputs.get(feed.split('.')[0] ?? feed)?.(),
    ...(as === undefined ? {} : { as }),
  });
  for (const node of flow.nodes) drawing.nodes.set(node.id, node);
  drawing.groups.push(...flow.groups);
  const weights = [...trace.weights.keys()];
  for (const [id, path] of flow.paths)
    if (!flow.encoders.has(id) && weights.some(w => w.startsWith(`${path}.`)))
      drawing.uses.set(path, [...(drawing.uses.get(path) ?? []), id]);
  return { ...flow, edges: [...flow.edges] };
}

/** Arrows from encoders in place of the boxes of their calls, where those read what encoders read: fields, or encoders. */
function linkEncoders(drawing: Drawing, flow: Flow): readonly DiagramEdge[] {
  const linked = new Map<string, PartCall>();
  // In order, so that what a call reads was decided before.
  for (const [id, call] of flow.encoders) {
    const read = flow.edges.filter(e => e.to === id);
    const plain = read.every(e => drawing.nodes.get(e.from)?.kind === 'input' || linked.has(e.from));
    if (!plain || !drawing.ends.has(call.path)) continue;
    linked.set(id, call);
    for (const e of read) {
      const param = readsOf(call).find(r => r.id === e.value)?.name;
      const end = endOf(drawing, linked, e);
      const argument = `${call.path}:${param}`;
      if (end !== undefined && drawing.nodes.has(argument))
        drawing.given.set(argument, (drawing.given.get(argument) ?? new Set()).add(end));
    }
  }
  for (const id of linked.keys()) drawing.nodes.delete(id);
  return flow.edges
    .filter(e => !linked.has(e.to))
    .map(({ from, to, label, quiet, tied, ...e }) => ({
      from: endOf(drawing, linked, { from, ...e }) ?? from,
      to,
      label,
      quiet,
      tied,
    }));
}

/** Where the value of a linked encoder's call comes from. */
function endOf(
  drawing: Drawing,
  linked: ReadonlyMap<string, PartCall>,
  { from, value }: Pick<FlowEdge, 'from' | 'value'>,
): string | undefined {
  const call = linked.get(from);
  if (call === undefined) return undefined;
  const ends = drawing.ends.get(call.path);
  const field = makesOf(call).find(m => m.id === value)?.name;
  return (field === undefined ? undefined : ends?.get(field)) ?? ends?.values().next().value;
}

/** Arguments of encoders that others give, replaced by who gives them. */
function withArguments({ nodes, edges, given }: Drawing): {
  readonly nodes: readonly DiagramNode[];
  readonly edges: readonly DiagramEdge[];
} {
  const found = new Map<string, DiagramEdge>();
  for (const e of edges) {
    for (const from of given.get(e.from) ?? [e.from]) {
      const key = JSON.stringify([from, e.to, e.label]);
      if (!found.has(key)) found.set(key, { from, to: e.to, label: e.label, quiet: e.quiet, tied: e.tied });
    }
  }
  return { nodes: [...nodes.values()].filter(n => !given.has(n.id)), edges: [...found.values()] };
}

function stageOf(stage: Stage): DiagramStage {
  const { name } = stage;
  const from = stage.from ?? stage.imports[0]?.text;
  if (stage.kind === 'fit')
    return { name, from, steps: 0, fits: fitLines(stage), minimizes: [], trains: [], freezes: [] };
  return {
    name,
    from,
    steps: stage.steps,
    fits: [],
    minimizes: stage.terms.map(t => ({
      objective: t.objective,
      weight: t.weight,
      data: `${t.data.set}.${t.data.split}`,
      batch: t.data.batch,
    })),
    trains: stage.train.map(p => p.text),
    freezes: stage.freeze.map(p => p.text),
  };
}

function fitLines({ tokenizers, fits }: FitStage): readonly string[] {
  const on = ({ set, split }: StageData): string => `on ${set}.${split}`;
  return [
    ...tokenizers.map(t => `${t.modality}.tokenizer ${on(t.data)}`),
    ...fits.map(f => {
      const batch = f.data.batch === undefined ? '' : `, batch ${f.data.batch}`;
      return `${f.pattern.text} ${on(f.data)}${batch}, ${f.length.count} ${f.length.kind}`;
    }),
  ];
}
