// Where a stage's weights come from: `from pretrain`, an earlier stage of the model, and `from Bert.pretrain(read)`,
// parts that a stage of another model has trained.

import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { CallExpr, Expr, FieldExpr, Name, StageMember } from '../syntax/ast.ts';
import { printExpr } from '../syntax/print-expr.ts';
import { joinPath } from './call-block.ts';
import type { Reached } from './check-objective.ts';
import type { Declared } from './declare.ts';
import { evaluate } from './expressions.ts';
import { basesOf, namedMembers } from './extend.ts';
import { membersBehind } from './members-behind.ts';
import type { Model, Stage, StageImport } from './model.ts';
import type { StageContext } from './stages.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';
import { asModel, instanceOf, showModel } from './used-model.ts';
import type { ModelValue } from './values.ts';
import { showType } from './values.ts';

/** What a stage starts from; undefined where something is wrong, which is reported. */
export interface Starts {
  readonly from: string | undefined;
  readonly imports: readonly StageImport[];
}

export function readStarts(context: StageContext, member: StageMember): Starts | undefined {
  const { frame } = context.declared;
  const stage = member.name.text;
  const own: Expr[] = [];
  const imports: StageImport[] = [];
  let fits = true;
  for (const e of member.from) {
    const place = e.kind === 'call' ? e.callee : e;
    const base = place.kind === 'name' ? baseOf(context, place.text) : undefined;
    if (place.kind === 'field' || base !== undefined) {
      const other = place.kind === 'field' ? otherModel(context, place) : base;
      const name = place.kind === 'field' ? place.field : { text: printExpr(place), span: place.span };
      const read = other && readImport(context, e, other, name);
      if (read === undefined) fits = false;
      else imports.push(read);
      continue;
    }
    fits = isOwnStage(context, e, stage) && fits;
    own.push(e);
  }
  const [first, second] = own;
  if (first !== undefined && second !== undefined) {
    const related = [{ span: first.span, message: 'the first one' }];
    complain(frame, 'starts-twice', { stage, what: 'what it trains' }, second.span, { related });
    fits = false;
  }
  fits = areApart(context, stage, imports) && fits;
  const from = first?.kind === 'name' ? first.text : undefined;
  return fits ? { from, imports } : undefined;
}

function isOwnStage(context: StageContext, e: Expr, stage: string): boolean {
  const { frame } = context.declared;
  const name = e.kind === 'name' ? e.text : undefined;
  if (name === stage) complain(frame, 'stage-cycle', { stage }, e.span);
  else if (name === undefined || !context.stages.includes(name))
    complain(
      frame,
      'unknown-name',
      { name: name ?? showExpr(e), what: 'stage', suggestion: nearestName(name ?? '', context.stages) },
      e.span,
    );
  else return true;
  return false;
}

/** No weight comes from two stages. */
function areApart(context: StageContext, stage: string, imports: readonly StageImport[]): boolean {
  const { frame } = context.declared;
  for (const [i, b] of imports.entries()) {
    const a = imports.slice(0, i).find(other => other.root === b.root && overlap(other, b));
    if (a === undefined) continue;
    const related = [{ span: a.span, message: 'the first one' }];
    complain(frame, 'starts-twice', { stage, what: `parts of ${b.name}` }, b.span, { related });
    return false;
  }
  return true;
}

const overlap = (a: StageImport, b: StageImport): boolean =>
  a.members === undefined || b.members === undefined || a.members.some(m => b.members?.includes(m));

/** Another model whose stage is named, and where its weights stand here. */
interface Other {
  readonly model: ModelValue;
  readonly declared: Declared;
  readonly used: Model;
  readonly span: Span;
}

/** The model of `Bert.pretrain`; undefined where something is wrong, which is reported. */
function otherModel(context: StageContext, { object }: FieldExpr): Other | undefined {
  const { frame } = context.declared;
  const found = evaluate(frame, object);
  if (found.kind === 'error') return undefined;
  if (found.kind !== 'file' && found.kind !== 'model') {
    const expected = 'a stage, or one of another model';
    complain(
      frame,
      'wrong-kind',
      { where: 'what a stage starts from', expected, got: showType(found) },
      object.span,
    );
    return undefined;
  }
  const model = asModel(frame, found, object.span);
  const declared = model && instanceOf(frame, model, object.span);
  const used = model && context.used(model);
  if (model === undefined || declared === undefined || used === undefined) return undefined;
  return { model, declared, used, span: object.span };
}

/** The model that this one extends and that has a stage of this name, where this one has none. */
function baseOf(context: StageContext, stage: string): Other | undefined {
  if (context.stages.includes(stage)) return undefined;
  for (const { model, declared, span } of basesOf(context.declared)) {
    const used = context.used(model);
    if (used?.stages.has(stage) === true) return { model, declared, used, span };
  }
  return undefined;
}

/** `Bert.pretrain`, or `Bert.pretrain(read)` with the parts that are taken. */
function readImport(
  context: StageContext,
  e: Expr,
  { model, declared, used, span }: Other,
  { text: name, span: nameSpan }: Name,
): StageImport | undefined {
  const { frame } = context.declared;
  const of = used.stages.get(name);
  if (of === undefined) {
    const known = [...used.stages.keys()];
    const params = { name, model: showModel(model), known, suggestion: nearestName(name, known) };
    complain(frame, 'no-such-stage', params, nameSpan);
    return undefined;
  }
  if (model.args.length > 0) {
    complain(frame, 'untrained-setting', { stage: name, model: model.root }, span);
    return undefined;
  }
  const root = declared.frame.path;
  const parts = e.kind === 'call' ? readParts(context, e, model, root) : [];
  if (parts === undefined) return undefined;
  const all = parts.length === 0;
  // Of a model that is extended, everything is what it declares itself: the rest is new here.
  const isBase = root === context.declared.frame.path;
  const members = all && !isBase ? undefined : membersBehind(declared, all ? allMembers(declared) : parts);
  const has = reachedUpTo(used, name).map(path => joinPath(root, path));
  return {
    name: model.root,
    root,
    model,
    stage: name,
    members,
    has: new Set(has),
    text: printExpr(e),
    span: e.span,
  };
}

/** The names of all that a model and those that it extends declare. */
function allMembers(declared: Declared): readonly string[] {
  const items = [declared.item, ...[...basesOf(declared)].map(b => b.declared.item)];
  return items.flatMap(item => namedMembers(item).map(m => m.name.text));
}

/** The members of the other model that are named in the parentheses. */
function readParts(
  context: StageContext,
  e: CallExpr,
  model: ModelValue,
  root: string,
): readonly string[] | undefined {
  const { frame } = context.declared;
  const stage = printExpr(e.callee);
  const parts: string[] = [];
  let fits = true;
  for (const a of e.args) {
    const value = evaluate(frame, a.value);
    const path = value.kind === 'part' || value.kind === 'block' ? value.path : undefined;
    const inside = path === undefined ? undefined : below(root, path);
    if (value.kind === 'error') fits = false;
    else if (a.name !== undefined) {
      complain(
        frame,
        'unknown-argument',
        { callee: stage, name: a.name.text, known: [], suggestion: undefined },
        a.span,
        { help: `it takes parts of this model that stand on ${model.root}, by their names` },
      );
      fits = false;
    } else if (inside === undefined) {
      complain(
        frame,
        'not-of-model',
        { part: showExpr(a.value), got: showType(value), model: showModel(model), stage },
        a.span,
      );
      fits = false;
    } else parts.push(inside.split('.')[0] ?? inside);
  }
  return fits ? parts : undefined;
}

/** What is left of a path behind `root`; undefined where it isn't under it. */
function below(root: string, path: string): string | undefined {
  if (root === '') return path;
  return path.startsWith(`${root}.`) ? path.slice(root.length + 1) : undefined;
}

/**
 * Paths in a model of what a stage and those that it starts from reach, also where they are another model's: what its
 * checkpoint has trained or kept.
 */
function reachedUpTo(model: Model, stage: string): readonly string[] {
  const paths = new Set<string>();
  const seen = new Set<string>();
  for (let at = model.stages.get(stage); at !== undefined && !seen.has(at.name); ) {
    seen.add(at.name);
    for (const path of at.reached) paths.add(path);
    for (const start of at.imports) for (const path of start.has) if (isTaken(start, path)) paths.add(path);
    at = at.from === undefined ? undefined : model.stages.get(at.from);
  }
  return [...paths];
}

/** Whether a weight's start is taken from a stage of another model. */
export function isTaken(start: Pick<StageImport, 'root' | 'members'>, path: string): boolean {
  const inside = below(start.root, path);
  if (inside === undefined) return false;
  return start.members === undefined || start.members.includes(inside.split('.')[0] ?? inside);
}

/** What a stage takes is reached here, and was reached there. */
export function checkImports(frame: Frame, stage: Stage, reached: ReadonlyMap<string, Reached>): void {
  const terms = stage.kind === 'minimize' ? stage.terms : [];
  const made = new Set(terms.flatMap(t => [...(reached.get(t.objective)?.adapters ?? [])]));
  const states = terms.flatMap(t => (reached.get(t.objective)?.states ?? []).map(s => s.path));
  const read = terms.flatMap(t => reached.get(t.objective)?.read ?? []);
  for (const start of stage.imports) {
    const taken = stage.reached.filter(path => isTaken(start, path));
    // A state that no stage there has renewed is as it would start here.
    const missing = stage.kind === 'fit' ? [] : taken.filter(path => !start.has.has(path) && !made.has(path));
    const of = `${start.name}.${start.stage}`;
    if (taken.length === 0 && ![...states, ...read].some(path => isTaken(start, path)))
      complain(frame, 'nothing-taken', { stage: stage.name, from: of }, start.span);
    else if (missing.length > 0)
      complain(
        frame,
        'not-in-stage',
        { from: of, paths: missing.map(p => below(start.root, p) ?? p) },
        start.span,
      );
  }
}
