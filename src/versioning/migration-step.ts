// One step of a migration: old weights to new ones, as a graph whose inputs are the old and whose outputs the new.
// Right sides are traced by the language's own interpreter with every size a number, so shapes are checked on both
// sides as everywhere else. Each weight is accounted for: what is lost or not given is an error that names it.

import type { Diagnostic } from '../base/diagnostic.ts';
import { hasErrors } from '../base/diagnostic.ts';
import type { DType } from '../base/dtype.ts';
import { nearestName } from '../base/nearest-name.ts';
import { asTensor, emitOp } from '../dsl/semantics/emit.ts';
import { dottedPath, evaluate } from '../dsl/semantics/expressions.ts';
import type { Scope } from '../dsl/semantics/scope.ts';
import { createTrace, type Frame, startBody, type Trace } from '../dsl/semantics/trace.ts';
import { float, type TensorValue, type Value } from '../dsl/semantics/values.ts';
import { patternMatches } from '../dsl/semantics/weight-pattern.ts';
import type { Migration } from '../dsl/syntax/ast.ts';
import { printExpr } from '../dsl/syntax/print-expr.ts';
import type { Graph } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { versioningDiagnostic } from './diagnostics.ts';
import { type Give, type Moves, movesOf, type Named } from './migration-moves.ts';

export interface WeightType {
  readonly kind: 'weight' | 'state';
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export type WeightTypes = ReadonlyMap<string, WeightType>;

/** What became of a weight. */
export type WeightMove =
  | { readonly kind: 'carried'; readonly path: string; readonly from: string; readonly type: WeightType }
  | {
      readonly kind: 'made';
      readonly path: string;
      /** The expression as it is written. */
      readonly of: string;
      readonly reads: readonly string[];
      readonly type: WeightType;
    }
  | { readonly kind: 'fresh'; readonly path: string; readonly type: WeightType }
  | { readonly kind: 'dropped'; readonly from: string };

export interface MigrationStep {
  /** Inputs are old weights by their paths, outputs the new ones that are made of them. */
  readonly graph: Graph;
  readonly moves: readonly WeightMove[];
  /** The new weights that old ones give. */
  readonly gives: WeightTypes;
}

export interface StepContext {
  readonly registry: OpRegistry;
  /** Names that right sides may use beside old weights: functions, and the model's dims and settings. */
  readonly scope: Scope;
  readonly old: WeightTypes;
  /** undefined where another step follows: then what is made is what the next one has. */
  readonly now: WeightTypes | undefined;
  /** Under which path the old model had what stands at a path of the new one. */
  readonly earlier: (path: string) => string;
}

/** Without a migration only renames and equal paths move weights. */
export function migrationStep(
  context: StepContext,
  migration: Migration | undefined,
): { readonly step: MigrationStep | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report = (d: Diagnostic): void => void diagnostics.push(d);
  const trace = createTrace({
    mode: 'lower',
    registry: context.registry,
    learning: () => false,
    report,
    name: 'migration',
  });
  const { old, now } = context;
  const sides = { old: [...old.keys()], now: now && [...now.keys()] };
  const none: Moves = { gives: [], drops: [], fresh: [] };
  const moves = migration === undefined ? none : movesOf(migration, sides, report);
  const read = new Set<string>();
  const reading = oldInputs(trace, old, read);
  const made = new Map<string, Made>();
  for (const give of moves.gives)
    for (const move of given(context, trace, give, reading, read, report)) {
      if (made.has(move.path))
        report(versioningDiagnostic('weight-made-twice', { path: move.path }, { span: give.span }));
      made.set(move.path, move);
    }
  const dropped = namedBy(moves.drops, sides.old, 'old', report);
  for (const [path, { span }] of dropped)
    if (read.has(path)) report(versioningDiagnostic('weight-read-and-dropped', { path }, { span }));
  const fresh = now === undefined ? new Map() : namedBy(moves.fresh, [...now.keys()], 'new', report);
  for (const [path, { span }] of fresh)
    if (made.has(path)) report(versioningDiagnostic('weight-made-and-fresh', { path }, { span }));
  const carried = carriedWeights(context, { read, dropped, fresh, made }, migration, report);
  const all = [...made.values(), ...carried];
  const taken = new Set([...read, ...dropped.keys(), ...carried.map(c => c.from)]);
  const lost = sides.old.filter(path => !taken.has(path));
  const span = migration?.from.span;
  if (lost.length > 0) report(versioningDiagnostic('weights-lost', { paths: some(lost) }, { span }));
  const missing = (sides.now ?? []).filter(
    path => !made.has(path) && !fresh.has(path) && !carried.some(c => c.path === path),
  );
  if (missing.length > 0) report(versioningDiagnostic('weights-missing', { paths: some(missing) }, { span }));
  if (hasErrors(diagnostics)) return { step: undefined, diagnostics };
  return {
    step: {
      graph: trace.builder.finish(),
      moves: [
        ...all,
        ...[...fresh.keys()].map((path): WeightMove => ({ kind: 'fresh', path, type: now!.get(path)! })),
        ...[...dropped.keys()].map((from): WeightMove => ({ kind: 'dropped', from })),
      ],
      gives: new Map(all.map(m => [m.path, m.type] as const)),
    },
    diagnostics,
  };
}

const some = (paths: readonly string[]): string =>
  paths.length <= 6 ? paths.join(', ') : `${paths.slice(0, 6).join(', ')} and ${paths.length - 6} more`;

export const showWeightType = ({ kind, dtype, shape }: WeightType): string =>
  `${kind === 'state' ? 'state ' : ''}${dtype}[${shape.join(', ')}]`;

type Reading = (path: string) => TensorValue | undefined;

/** Old weights as inputs, made when they are first read. */
function oldInputs(trace: Trace, old: WeightTypes, read: Set<string>): Reading {
  const values = new Map<string, TensorValue>();
  return path => {
    const type = old.get(path);
    if (type === undefined) return undefined;
    read.add(path);
    const known = values.get(path);
    if (known !== undefined) return known;
    const { kind, dtype, shape } = type;
    const value: TensorValue = {
      kind: 'tensor',
      id: trace.builder.input(path, kind, { dtype, shape }),
      element: dtype === 'bool' ? { kind: 'bool' } : dtype === 'i32' ? { kind: 'int' } : float,
      dims: shape,
      quality: undefined,
      keeps: [],
      origins: new Map(),
    };
    values.set(path, value);
    return value;
  };
}

type Made = Exclude<WeightMove, { kind: 'dropped' | 'fresh' }>;

/** What one line gives: a weight, or all weights of a part. */
function given(
  { old, now, scope }: StepContext,
  trace: Trace,
  give: Give,
  reading: Reading,
  read: Set<string>,
  report: (d: Diagnostic) => void,
): readonly Made[] {
  const { path, value: expr, within, span } = give;
  const source = dottedPath(expr);
  const part = source === undefined ? undefined : partAt(old, within, source);
  if (part !== undefined) {
    for (const { from } of part.weights) read.add(from);
    return part.weights.map(({ from, rest }) => ({
      kind: 'carried',
      path: `${path}.${rest}`,
      from,
      type: old.get(from)!,
    }));
  }
  const wanted = now?.get(path);
  if (now !== undefined && wanted === undefined) {
    const suggestion = nearestName(path, now.keys()) ?? '';
    report(versioningDiagnostic('new-weight-unknown', { path, suggestion }, { span }));
    return [];
  }
  const before = new Set(read);
  read.clear();
  const earlier = {
    read: (p: string) => within.map(w => reading(w === '' ? p : `${w}.${p}`)).find(v => v !== undefined),
    known: () => [...old.keys()],
  };
  const frame: Frame = { ...startBody(trace, { scope, path: '' }), earlier };
  const value = evaluate(frame, expr);
  const reads = [...read];
  for (const p of before) read.add(p);
  if (value.kind === 'error') return [];
  if (trace.weights.size > 0 || trace.draws.size > 0 || trace.randomness.seed !== undefined) {
    report(versioningDiagnostic('migration-owns', { path }, { span: expr.span }));
    return [];
  }
  const tensor = shaped(frame, value, wanted, give);
  if (tensor === undefined) return [];
  const { dtype, shape } = trace.builder.typeOf(tensor.id);
  const type: WeightType = {
    kind:
      wanted?.kind ??
      (reads.some(p => old.get(p)?.kind === 'weight') || reads.length === 0 ? 'weight' : 'state'),
    dtype,
    shape: shape as readonly number[],
  };
  if (wanted !== undefined && showWeightType(wanted) !== showWeightType(type)) {
    const [made, model] = [type, wanted].map(showWeightType) as [string, string];
    report(versioningDiagnostic('migration-misfit', { path, made, wanted: model }, { span: expr.span }));
    return [];
  }
  if (source !== undefined && reads.length === 1) return [{ kind: 'carried', path, from: reads[0]!, type }];
  trace.builder.output(path, 'fetch', tensor.id);
  return [{ kind: 'made', path, of: printExpr(expr), reads, type }];
}

/** One number stands for all elements where the shape is known. */
function shaped(
  frame: Frame,
  value: Value,
  wanted: WeightType | undefined,
  { value: expr }: Give,
): TensorValue | undefined {
  const tensor = asTensor(frame, value, expr.span, 'what a weight is made of');
  if (tensor.kind === 'error') return undefined;
  if (wanted === undefined || tensor.dims.length > 0 || wanted.shape.length === 0) return tensor;
  const filled = emitOp(frame, expr.span, 'broadcast', [tensor], { shape: wanted.shape });
  return filled.kind === 'error' ? undefined : filled;
}

/** The old weights below a path, where it is no weight itself. */
function partAt(old: WeightTypes, within: readonly string[], source: string) {
  for (const w of within) {
    const root = w === '' ? source : `${w}.${source}`;
    if (old.has(root)) return undefined;
    const weights = [...old.keys()]
      .filter(p => p.startsWith(`${root}.`))
      .map(from => ({ from, rest: from.slice(root.length + 1) }));
    if (weights.length > 0) return { weights };
  }
  return undefined;
}

/** What patterns name, each path with the pattern. */
function namedBy(
  list: readonly Named[],
  paths: readonly string[],
  side: 'old' | 'new',
  report: (d: Diagnostic) => void,
): Map<string, Named> {
  const found = new Map<string, Named>();
  for (const named of list) {
    const matched = paths.filter(p => patternMatches(named.pattern, p));
    if (matched.length === 0)
      report(
        versioningDiagnostic(
          'migration-matches-nothing',
          { pattern: named.pattern, side },
          { span: named.span },
        ),
      );
    for (const p of matched) found.set(p, named);
  }
  return found;
}

interface Accounted {
  readonly read: ReadonlySet<string>;
  readonly dropped: ReadonlyMap<string, Named>;
  readonly fresh: ReadonlyMap<string, Named>;
  readonly made: ReadonlyMap<string, unknown>;
}

type Carried = WeightMove & { readonly kind: 'carried' };

/** Old weights that no line speaks of, under the path that they have now. */
function carriedWeights(
  { old, now, earlier }: StepContext,
  { read, dropped, fresh, made }: Accounted,
  migration: Migration | undefined,
  report: (d: Diagnostic) => void,
): readonly Carried[] {
  const free = (path: string): boolean => old.has(path) && !read.has(path) && !dropped.has(path);
  if (now === undefined)
    return [...old]
      .filter(([path]) => free(path) && !made.has(path))
      .map(([path, type]) => ({ kind: 'carried', path, from: path, type }));
  const renamed = new Set([...now.keys()].map(earlier));
  return [...now].flatMap(([path, wanted]): readonly Carried[] => {
    if (made.has(path) || fresh.has(path)) return [];
    const before = earlier(path);
    const from = free(before) ? before : !renamed.has(path) && free(path) ? path : undefined;
    const type = from === undefined ? undefined : old.get(from);
    if (from === undefined || type === undefined) return [];
    if (showWeightType(type) !== showWeightType(wanted)) {
      const [was, is] = [type, wanted].map(showWeightType) as [string, string];
      report(
        versioningDiagnostic(
          'migration-misfit',
          { path, made: was, wanted: is },
          { span: migration?.from.span },
        ),
      );
    }
    return [{ kind: 'carried', path, from, type: wanted }];
  });
}
