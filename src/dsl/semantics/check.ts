// Checks a file: every block for all its uses, then every model (and each of its variants) declaration by
// declaration. Everything wrong is reported; nothing here reads data or makes a runnable graph.

import type { Diagnostic } from '../../base/diagnostic.ts';
import { hasErrors } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import type { OpRegistry } from '../../ir/op.ts';
import type {
  AlignMember,
  EncoderMember,
  ExportMember,
  HeadMember,
  Member,
  ModelItem,
  Name,
  ObjectiveMember,
  SourceFile,
  StageMember,
  VariantItem,
} from '../syntax/ast.ts';
import { parse } from '../syntax/parse.ts';
import { checkAdaptations } from './adapt.ts';
import { checkExport } from './check-export.ts';
import { checkFit } from './check-fit.ts';
import { checkMeasures } from './check-measures.ts';
import { checkMigrations, checkMoves } from './check-migrations.ts';
import { checkObjective, type Reached, warnUncalled, warnUnreached } from './check-objective.ts';
import { checkRenames } from './check-renames.ts';
import { checkStages, fittedBy } from './check-stages.ts';
import { declareModel, type ModelSetting } from './declare.ts';
import {
  type Checking,
  createDefinitions,
  type Definitions,
  type Prepare,
  startChecking,
  type UsedCheck,
} from './definitions.ts';
import { diagnose } from './diagnostics.ts';
import { basesOf, declarationsOf } from './extend.ts';
import { type Library, loadLibrary, type ReadFile } from './library.ts';
import type { Model, Objective } from './model.ts';
import { objectiveOf } from './objectives.ts';
import { checkImports } from './stage-starts.ts';
import { complain, createTrace, startBody, type Trace, type TracedWeight } from './trace.ts';
import { warnIdleMembers } from './updates.ts';
import { modelKey } from './used-model.ts';
import type { Callable, ModelValue } from './values.ts';

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
  const checking = startChecking(options.registry, d => diagnostics.push(d), checkUsed);
  const report = checking.reporter();
  const library = loadLibrary(source, text, { read: options.read, report });
  const definitions = createDefinitions(checking);
  for (const block of library.blocks)
    definitions.check(block, () => ({ scope: library.scope, path: block.name.text }));
  const models: Model[] = [];
  for (const item of library.models) {
    const own = library.variants.filter(v => v.model.text === item.name.text);
    const complete = item.params.every(p => p.fallback !== undefined);
    const wanted: (VariantItem | undefined)[] = [
      ...(complete || own.length === 0 ? [undefined] : []),
      ...own,
    ];
    for (const variant of wanted) {
      const setting = { library, item, variant, args: [] };
      models.push(checkModel({ checking, setting, definitions, isUsed: false }).model);
    }
  }
  checkMaps(checking, library);
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
  if (library.models.length + library.blocks.length + library.migrations.length === 0)
    report(diagnose('no-model', { file: source.file }, { span: startOf(source.span) }));
  return { library, models: hasErrors(diagnostics) ? [] : models, diagnostics: inOrder(diagnostics) };
}

/** Migrations of weights from elsewhere: what is wrong in them whatever those are. */
function checkMaps(checking: Checking, { file, scope, migrations }: Library): void {
  const trace = createTrace({
    mode: 'check',
    registry: checking.registry,
    learning: () => undefined,
    report: checking.reporter(),
    name: file.file,
    fuel: checking.fuel,
  });
  for (const m of migrations) checkMoves(startBody(trace, { scope, path: '' }), m.moves);
}

function startOf(span: Span): Span {
  return { ...span, end: span.start, endLine: span.line, endColumn: span.column };
}

/** In the order of the source, so that a reader goes through once. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    const [x, y] = [a.span, b.span];
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1;
    return x.file === y.file ? x.start - y.start || x.end - y.end : x.file < y.file ? -1 : 1;
  });
}

interface ModelContext {
  readonly checking: Checking;
  readonly setting: ModelSetting;
  /** Of the file. */
  readonly definitions: Definitions;
  /** By another model: its exports are checked where they are called, its measures where it is checked for itself. */
  readonly isUsed: boolean;
}

/** Checks a model of a used file. Its warnings are told where it is checked for itself. */
function checkUsed(checking: Checking, value: ModelValue): UsedCheck {
  const key = modelKey(value);
  const known = checking.used.get(key);
  if (known !== undefined) return known;
  checking.used.set(key, { kind: 'busy' });
  let right = true;
  const reporter = (): ((d: Diagnostic) => void) => {
    const report = checking.reporter();
    return d => {
      if (d.severity !== 'error') return;
      right = false;
      report(d);
    };
  };
  const inside = { ...checking, reporter };
  const { model, definitions } = checkModel({
    checking: inside,
    setting: value,
    definitions: createDefinitions(inside),
    isUsed: true,
  });
  const state: UsedCheck = right ? { kind: 'right', model, definitions } : { kind: 'wrong' };
  checking.used.set(key, state);
  return state;
}

/** What is wrong only in a variant names it. */
function inVariant(checking: Checking, { name, span }: VariantItem): Checking {
  return {
    ...checking,
    reporter: () => {
      const report = checking.reporter();
      const here = { span: name.span, message: 'in this variant' };
      const inside = (d: Diagnostic): boolean =>
        d.span?.file === span.file && d.span.start >= span.start && d.span.end <= span.end;
      return d => report(inside(d) ? d : { ...d, related: [...d.related, here] });
    },
  };
}

/** The names of what a stage minimizes. */
const objectivesOf = (stage: StageMember): readonly string[] =>
  stage.clauses.flatMap(c => (c.kind === 'minimize' ? c.terms.map(t => t.objective.text) : []));

const isObjective = (m: Member): m is ObjectiveMember | AlignMember | HeadMember =>
  m.kind === 'objective' || m.kind === 'align' || m.kind === 'head';

function checkModel(context: ModelContext): { readonly model: Model; readonly definitions: Definitions } {
  const { setting, isUsed } = context;
  const { library, item, variant } = setting;
  const prepared = new Map<Callable, Prepare>();
  const prepare = (of: ModelItem): void => {
    for (const m of of.members) {
      if (m.kind !== 'block' && m.kind !== 'encoder' && m.kind !== 'export') continue;
      prepared.set(m, trace => ({
        scope: declarationsOf(declareModel(trace, setting), of).scope,
        path: m.name.text,
      }));
    }
  };
  prepare(item);
  const checking = variant === undefined ? context.checking : inVariant(context.checking, variant);
  const definitions = createDefinitions(checking, prepared, context.definitions, modelKey(setting));
  const fresh = (name: string): Trace =>
    createTrace({
      mode: 'check',
      registry: checking.registry,
      learning: () => undefined,
      report: checking.reporter(),
      name,
      fuel: checking.fuel,
      sound: definitions.sound,
      check: used => checking.use(used).kind,
    });
  const declared = declareModel(fresh(item.name.text), setting);
  const encoders = new Map<string, EncoderMember>();
  const exports = new Map<string, ExportMember>();
  const objectives = new Map<string, Objective>();
  const stageMembers: StageMember[] = [];
  const bases = [...basesOf(declared)].reverse();
  for (const { model, declared: base } of bases) {
    prepare(model.item);
    for (const m of model.item.members)
      if (isObjective(m)) objectives.set(m.name.text, objectiveOf(base, m));
      else if (m.kind === 'encoder') encoders.set(m.name.text, m);
      else if (m.kind === 'export') exports.set(m.name.text, m);
  }
  const owned = new Map<string, TracedWeight>();
  const names = new Map<string, Name>();
  // Traces in which functions on weights were met.
  const traces: (Trace | undefined)[] = [];
  const called = new Set<string>();
  let right = true;
  const isBroken = item.extends !== undefined && declared.base === undefined;
  for (const m of isBroken ? [] : item.members) {
    if (m.kind === 'adapt' || m.kind === 'migrate') continue;
    if (m.kind !== 'stage' && objectives.has(m.name.text) && !names.has(m.name.text)) continue;
    if (isObjective(m) || m.kind === 'stage') {
      const key = m.kind === 'stage' ? `stage ${m.name.text}` : m.name.text;
      const earlier =
        names.get(key)?.span ?? (m.kind === 'stage' ? undefined : declared.scope.names.get(key)?.span);
      if (earlier !== undefined) {
        complain(declared.frame, 'defined-twice', { name: m.name.text, what: m.kind }, m.name.span, {
          related: [{ span: earlier, message: 'the earlier one' }],
        });
        continue;
      }
      names.set(key, m.name);
    }
    if (isObjective(m)) objectives.set(m.name.text, objectiveOf(declared, m));
    else if (m.kind === 'stage') stageMembers.push(m);
    else if (m.kind === 'encoder') encoders.set(m.name.text, m);
    else if (m.kind === 'export') exports.set(m.name.text, m);
    if (m.kind === 'export') {
      if (isUsed) continue;
      checkExport(declared, m);
    }
    const named = declared.scope.names.get(m.name.text)?.value;
    const own = named?.kind === 'block' && named.callable === m ? prepared.get(m) : undefined;
    const trace = own === undefined ? undefined : definitions.check(m as Callable, own);
    if (own !== undefined) traces.push(trace);
    for (const call of trace?.calls ?? []) called.add(call.path);
    right &&= own === undefined || trace !== undefined;
    if (m.kind === 'encoder' || m.kind === 'export')
      for (const [path, weight] of trace?.weights ?? [])
        if (weight.kind === 'weight' && !owned.has(path)) owned.set(path, weight);
  }
  // Adapted, a base's bodies are checked once more.
  if (declared.frame.trace.adaptations.length > 0)
    for (const [callable, own] of prepared)
      if (callable.kind !== 'block' && !item.members.includes(callable))
        traces.push(definitions.check(callable, own));
  const reached = new Map<string, Reached>();
  const minimized = new Set(stageMembers.flatMap(objectivesOf));
  for (const objective of objectives.values()) {
    if (objective.item !== item && !minimized.has(objective.name)) continue;
    const trace = fresh(objective.name);
    const found = checkObjective(declareModel(trace, setting), objective);
    traces.push(found && trace);
    if (found !== undefined) reached.set(objective.name, found);
    for (const call of trace.calls) called.add(call.path);
  }
  const use = (used: ModelValue): Model | undefined => {
    const found = checking.use(used);
    return found.kind === 'right' ? found.model : undefined;
  };
  const models = [declared.frame.trace, ...traces].flatMap(t => [...(t?.models.values() ?? [])]);
  const elsewhere = models.flatMap(m => fittedBy(use(m.model), m.declared.frame.path));
  const read = checkStages(declared, { objectives, reached, elsewhere }, stageMembers, use);
  const stages = new Map(isUsed ? read : checkMeasures(declared, objectives, read));
  for (const stage of stages.values()) {
    if (stage.kind !== 'fit') continue;
    const paths = new Set<string>();
    for (const fit of stage.fits) {
      const trace = fresh(`fit ${fit.pattern.text}`);
      for (const path of checkFit(declareModel(trace, setting), fit)) paths.add(path);
      for (const call of trace.calls) called.add(call.path);
    }
    const checked = { ...stage, reached: [...paths].sort() };
    stages.set(stage.name, checked);
    checkImports(declared.frame, checked, reached);
  }
  for (const call of declared.frame.trace.calls) called.add(call.path);
  if (right && [...objectives.values()].every(o => o.item !== item || reached.has(o.name)))
    warnUncalled(declared, item, called);
  if (traces.every(t => t !== undefined)) checkAdaptations(declared, traces);
  checkRenames(declared, traces);
  checkMigrations(
    declared.frame,
    item.members.filter(m => m.kind === 'migrate'),
    item.version?.text,
  );
  warnIdleMembers(declared.frame, item);
  warnUnreached(declared, owned, objectives, stageMembers, reached);
  const model: Model = {
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
  return { model, definitions };
}
