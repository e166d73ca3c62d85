// Checks a file: every block for all its uses, then every model (and each of its variants) declaration by
// declaration. Everything wrong is reported; nothing here reads data or makes a runnable graph.

import type { Diagnostic } from '../../base/diagnostic.ts';
import { hasErrors } from '../../base/diagnostic.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { OpRegistry } from '../../ir/op.ts';
import type {
  EncoderMember,
  ExportMember,
  ModelItem,
  SourceFile,
  StageMember,
  VariantItem,
} from '../syntax/ast.ts';
import { parse } from '../syntax/parse.ts';
import { type Declared, declareModel } from './declare.ts';
import { checkDefinition } from './define-check.ts';
import { diagnose } from './diagnostics.ts';
import { evaluate } from './expressions.ts';
import { formalValue } from './formal.ts';
import { type Library, loadLibrary, type ReadFile } from './library.ts';
import type { Model, Objective, Stage } from './model.ts';
import { fieldFrame, fieldOf, leadName, objectiveOf, symbolicFields, traceObjective } from './objectives.ts';
import { readStage } from './stages.ts';
import { complain, createTrace, type Trace } from './trace.ts';
import { showType } from './values.ts';
import { partition, patternMatches } from './weight-pattern.ts';

export interface CheckOptions {
  readonly registry: OpRegistry;
  readonly read: ReadFile;
}

export interface CheckedFile {
  readonly library: Library | undefined;
  /** The models that are right, each variant for itself. */
  readonly models: readonly Model[];
  readonly diagnostics: readonly Diagnostic[];
}

export function checkText(text: string, file: string, options: CheckOptions): CheckedFile {
  const parsed = parse(text, file);
  const diagnostics: Diagnostic[] = [...parsed.diagnostics];
  if (parsed.value === undefined || hasErrors(diagnostics))
    return { library: undefined, models: [], diagnostics: inOrder(diagnostics) };
  return checkFile(parsed.value, text, options, diagnostics);
}

function checkFile(
  source: SourceFile,
  text: string,
  options: CheckOptions,
  diagnostics: Diagnostic[],
): CheckedFile {
  const said = new Set<string>();
  const report = (d: Diagnostic): void => {
    const key = `${d.code} ${d.span?.file} ${d.span?.start} ${d.span?.end} ${d.message}`;
    if (!said.has(key)) diagnostics.push(d);
    said.add(key);
  };
  const library = loadLibrary(source, text, { read: options.read, report });
  const fresh = (name: string): Trace =>
    createTrace({ mode: 'check', registry: options.registry, learning: () => undefined, report, name });
  for (const block of library.blocks)
    checkDefinition(fresh(block.name.text), block, library.scope, block.name.text);
  const models: Model[] = [];
  for (const item of library.models) {
    const own = library.variants.filter(v => v.model.text === item.name.text);
    const complete = item.params.every(p => p.fallback !== undefined);
    const wanted: (VariantItem | undefined)[] = [
      ...(complete || own.length === 0 ? [undefined] : []),
      ...own,
    ];
    for (const variant of wanted) {
      const before = diagnostics.length;
      const model = checkModel(fresh, library, item, variant);
      if (!hasErrors(diagnostics.slice(before)) && model !== undefined) models.push(model);
    }
  }
  for (const v of library.variants) {
    if (library.models.some(m => m.name.text === v.model.text)) continue;
    const [only] = library.models;
    report(
      diagnose(
        'variant-of-nothing',
        { variant: v.name.text, model: v.model.text, suggestion: only?.name.text },
        { span: v.model.span },
      ),
    );
  }
  if (library.models.length === 0 && library.blocks.length === 0)
    report(diagnose('no-model', { file: source.file }, { span: source.span }));
  return { library, models: hasErrors(diagnostics) ? [] : models, diagnostics: inOrder(diagnostics) };
}

/** In the order of the source, so that a reader goes through once. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    const [x, y] = [a.span, b.span];
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1;
    return x.file === y.file ? x.start - y.start || x.end - y.end : x.file < y.file ? -1 : 1;
  });
}

interface Reached {
  readonly weights: ReadonlySet<string>;
}

function checkModel(
  fresh: (name: string) => Trace,
  library: Library,
  item: ModelItem,
  variant: VariantItem | undefined,
): Model | undefined {
  const trace = fresh(item.name.text);
  const declared = declareModel(trace, library, item, variant);
  const encoders = new Map<string, EncoderMember>();
  const exports = new Map<string, ExportMember>();
  const objectives = new Map<string, Objective>();
  const stageMembers: StageMember[] = [];
  const owned = new Set<string>();
  const names = new Map<string, { readonly start: number }>();
  for (const m of item.members) {
    if (m.kind === 'objective' || m.kind === 'align' || m.kind === 'stage') {
      const key = m.kind === 'stage' ? `stage ${m.name.text}` : m.name.text;
      if (names.has(key) || (m.kind !== 'stage' && declared.scope.names.has(m.name.text))) {
        complain(declared.frame, 'defined-twice', { name: m.name.text, what: m.kind }, m.name.span);
        continue;
      }
      names.set(key, m.span);
    }
    if (m.kind === 'objective' || m.kind === 'align') objectives.set(m.name.text, objectiveOf(declared, m));
    else if (m.kind === 'stage') stageMembers.push(m);
    else if (m.kind === 'encoder') encoders.set(m.name.text, m);
    else if (m.kind === 'export') exports.set(m.name.text, m);
    else if (m.kind === 'block') checkDefinition(fresh(m.name.text), m, declared.scope, m.name.text);
  }
  for (const m of [...encoders.values(), ...exports.values()]) {
    if (m.kind === 'export' && m.result === undefined)
      complain(declared.frame, 'export-type-missing', { name: m.name.text }, m.name.span);
    const own = fresh(m.name.text);
    const there = declareModel(own, library, item, variant);
    checkDefinition(own, m, there.scope, m.name.text);
    for (const path of own.weights.keys()) owned.add(path);
  }
  const reached = new Map<string, Reached>();
  for (const objective of objectives.values()) {
    const weights = checkObjective(fresh(objective.name), library, item, variant, objective);
    if (weights !== undefined) reached.set(objective.name, { weights });
  }
  const stages = checkStages(declared, objectives, stageMembers, reached);
  const everything = new Set([...reached.values()].flatMap(r => [...r.weights]));
  if (objectives.size > 0 && reached.size === objectives.size) warnUnreached(declared, owned, everything);
  checkMeasures(declared, stages);
  return {
    name: item.name.text,
    version: item.version?.text,
    variant: variant?.name.text,
    item,
    file: library.file,
    scope: declared.scope,
    modalities: declared.modalities,
    labels: declared.labels,
    encoders,
    objectives,
    exports,
    stages,
  };
}

function warnUnreached(declared: Declared, owned: ReadonlySet<string>, reached: ReadonlySet<string>): void {
  const paths = [...owned].filter(p => !reached.has(p)).sort();
  if (paths.length === 0) return;
  const member = paths[0]?.split('.')[0] ?? '';
  const place = declared.scope.names.get(member)?.span;
  if (place !== undefined) complain(declared.frame, 'unreached-weights', { paths }, place);
}

/** Checks one objective over symbolic rows; the weights that its loss depends on. */
function checkObjective(
  trace: Trace,
  library: Library,
  item: ModelItem,
  variant: VariantItem | undefined,
  objective: Objective,
): ReadonlySet<string> | undefined {
  const declared = declareModel(trace, library, item, variant);
  const { frame } = declared;
  if (objective.params.length === 0) {
    complain(frame, 'no-fields', { name: objective.name }, objective.member.name.span);
    return undefined;
  }
  const [first] = objective.params;
  const lead = first === undefined ? undefined : leadName(first);
  for (const p of objective.params.slice(1)) {
    const other = leadName(p);
    if (lead !== undefined && other !== undefined && other !== lead)
      complain(frame, 'fields-of-other-rows', { a: lead, b: other }, p.type.span);
  }
  if (objective.params.map(p => fieldOf(declared, p)).some(f => f === undefined)) return undefined;
  const binding = { scope: declared.scope, bound: new Map(), pack: undefined };
  const values = symbolicFields(declared, objective, (at, p, rows) => {
    // All rows are one dim, under whatever name.
    const scope = at.scope;
    const name = leadName(p);
    if (name !== undefined) scope.names.set(name, { value: { kind: 'int', dim: rows }, span: p.span });
    return formalValue(at, { ...binding, scope }, p.type, p.name.text);
  });
  const loss = traceObjective(declared, objective, values);
  if (loss === undefined) return undefined;
  const weights = weightsBehind(trace, loss.id);
  if (weights.size === 0)
    complain(frame, 'dead-objective', { objective: objective.name }, objective.member.name.span);
  return weights;
}

/** Paths of the weights from which a value is computed. */
export function weightsBehind(trace: Trace, id: ValueId): ReadonlySet<string> {
  const paths = new Map([...trace.weights.values()].map(w => [w.value.id, w.path]));
  const found = new Set<string>();
  const seen = new Set<ValueId>();
  const todo = [id];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const path = paths.get(at);
    if (path !== undefined) found.add(path);
    const node = trace.builder.producer(at);
    if (node !== undefined && node.op !== 'stop_gradient') todo.push(...node.inputs);
  }
  return found;
}

function checkStages(
  declared: Declared,
  objectives: ReadonlyMap<string, Objective>,
  members: readonly StageMember[],
  reached: ReadonlyMap<string, Reached>,
): ReadonlyMap<string, Stage> {
  const { frame } = declared;
  const names = members.map(m => m.name.text);
  const stages = new Map<string, Stage>();
  for (const member of members) {
    const stage = readStage({ declared, objectives, stages: names }, member);
    if (stage === undefined) continue;
    stages.set(stage.name, stage);
    const known = stage.terms.every(t => reached.has(t.objective));
    const paths = [
      ...new Set(stage.terms.flatMap(t => [...(reached.get(t.objective)?.weights ?? [])])),
    ].sort();
    if (!known) continue;
    // A repeat was traced once: any layer's number stands for all.
    const general = (text: string): string =>
      text
        .split('.')
        .map(part => (/^\d+$/.test(part) ? '*' : part))
        .join('.');
    const patterns = [...stage.train, ...stage.freeze].filter(p => p.text !== 'all' && p.text !== 'rest');
    for (const p of patterns) {
      if (paths.some(path => patternMatches(general(p.text), path))) continue;
      const [near] = [...new Set(paths.map(path => path.split('.')[0] ?? path))].filter(n =>
        n.startsWith(p.text.slice(0, 2)),
      );
      complain(frame, 'matches-nothing', { pattern: p.text, suggestion: near }, p.span);
    }
    const parts = partition(
      {
        train: stage.train.map(p => ({ ...p, text: general(p.text) })),
        freeze: stage.freeze.map(p => ({ ...p, text: general(p.text) })),
      },
      paths,
    );
    const [both] = parts.both;
    if (both !== undefined) complain(frame, 'trained-and-frozen', { path: both }, member.name.span);
    if (parts.neither.length > 0)
      complain(frame, 'neither-trained-nor-frozen', { paths: parts.neither }, member.name.span);
    if (parts.trained.length === 0 && paths.length > 0 && parts.neither.length === 0)
      complain(frame, 'everything-frozen', { stage: stage.name }, member.name.span);
  }
  for (const member of members) {
    const seen = new Set<string>();
    for (let at: string | undefined = member.name.text; at !== undefined; at = stages.get(at)?.from) {
      if (seen.has(at)) {
        complain(frame, 'stage-cycle', { stage: member.name.text }, member.name.span);
        break;
      }
      seen.add(at);
    }
  }
  return stages;
}

/** The expressions of accuracy measures: a call over fields that gives an index. */
function checkMeasures(declared: Declared, stages: ReadonlyMap<string, Stage>): void {
  for (const stage of stages.values()) {
    for (const m of stage.measures) {
      if (m.metric.kind !== 'accuracy') continue;
      const objective = accuracyFields(declared, m.metric.predicted, m.metric.target, m.span);
      const values = symbolicFields(declared, objective, (at, p, rows) => {
        at.scope.names.set('B', { value: { kind: 'int', dim: rows }, span: p.span });
        return formalValue(at, { scope: at.scope, bound: new Map(), pack: undefined }, p.type, p.name.text);
      });
      const predicted = evaluate(fieldFrame(declared, objective, values), m.metric.predicted);
      if (predicted.kind === 'error') continue;
      if (predicted.kind === 'tensor' && predicted.element.kind === 'index' && predicted.dims.length === 1)
        continue;
      complain(
        declared.frame,
        'wrong-kind',
        { where: 'what accuracy compares', expected: 'one index for each row', got: showType(predicted) },
        m.metric.predicted.span,
      );
    }
  }
}

/** The fields that an accuracy's call reads, as the parameters of an objective without a loss. */
export function accuracyFields(
  declared: Declared,
  predicted: import('../syntax/ast.ts').Expr,
  target: string,
  span: import('../../base/span.ts').Span,
): Objective {
  const at = { text: target, span };
  const member = {
    kind: 'align',
    doc: undefined,
    name: at,
    left: predicted,
    right: predicted,
    by: predicted,
    span,
  } as const;
  return { ...objectiveOf(declared, member), name: `accuracy of ${target}` };
}
