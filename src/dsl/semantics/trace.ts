// What is carried while bodies are traced. Checking and lowering are one interpreter: in `check` mode dims are
// symbolic, repeat runs its body once and both branches of an unknown condition are followed; in `lower` mode
// every size is a number, repeat unrolls, and padding masks are woven in.

import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Dim, DimComparison } from '../../base/dim.ts';
import { DimLimit, dimEqual, dimLowerBound, dimSub, dimUpperBound } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import { isStd, spanVia, userPlace } from '../../base/span.ts';
import { type Builder, createBuilder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { Keep, OpRegistry } from '../../ir/op.ts';
import type { Adaptation, Adapter } from './adapt.ts';
import type { Declared } from './declare.ts';
import { diagnose, type semanticRules } from './diagnostics.ts';
import { underFacts } from './facts.ts';
import type { Initializer } from './model.ts';
import type { Scope } from './scope.ts';
import type { BlockValue, BoundArg, Copy, Fact, ModelValue, TensorValue, Value } from './values.ts';

/** A weight or a state met while tracing. */
export interface TracedWeight {
  readonly kind: 'weight' | 'state';
  readonly path: string;
  readonly value: TensorValue;
  readonly initializer: Initializer;
  readonly atLeast: number | undefined;
  readonly atMost: number | undefined;
  /** Of a copy: the path that it follows, and how. */
  readonly follows: Follow | undefined;
  readonly span: Span;
}

/** A copy starts equal to the weight at `path` and is by · copy + (1 − by) · weight after each step. */
export interface Follow {
  readonly path: string;
  readonly by: number;
}

/** `renamed from OLD`, of what stands at a path. */
export interface Rename {
  /** A name in the same place, or a whole path. */
  readonly from: string;
  readonly isWhole: boolean;
  readonly span: Span;
}

/** What a state becomes when the step is done. */
export interface TracedUpdate {
  readonly path: string;
  /** The path of the body that says it. */
  readonly by: string;
  readonly value: TensorValue;
  readonly span: Span;
}

/** A tensor that goes in or out of a call, by the name of its parameter or field: `x`, `p.pixels`. */
export interface NamedValue {
  readonly name: string;
  readonly id: ValueId;
}

/** A call of a part, for `mm explain` and `mm graph`: which nodes it made and what went in and out. */
export interface PartCall {
  readonly path: string;
  readonly name: string;
  /** What it is an instance of. */
  readonly block: string;
  /** The path of the body that calls, with the layers of repeats: `look.transformer.layers.0`. */
  readonly within: string;
  /** How many calls it stands in, itself included; those in it come before it. */
  readonly depth: number;
  readonly args: ReadonlyMap<string, BoundArg>;
  readonly result: Value;
  readonly firstNode: number;
  readonly lastNode: number;
  readonly span: Span;
}

/** The nodes that a repeat's body made in a check, in which it runs once. */
export interface RepeatRun {
  /** Of the repeat: `look.transformer.layers`. */
  readonly path: string;
  readonly times: number | undefined;
  readonly firstNode: number;
  readonly lastNode: number;
}

/** What is left of the work that a spec may cause, so that one built to explode is refused; shared by traces. */
export interface Fuel {
  left: number;
  /** How deep expressions and calls are nested here. */
  depth: number;
}

/** An expression costs 1, an operation 10, a call 20: enough for some 200,000 operations. */
export const fullTank = (): Fuel => ({ left: 2_000_000, depth: 0 });

export interface Trace {
  readonly mode: 'check' | 'lower';
  readonly builder: Builder;
  /** Weights and states, by path. */
  readonly weights: Map<string, TracedWeight>;
  /** What was called otherwise, by the path at which it stands: `read.last` → `read.out`. */
  readonly renames: Map<string, Rename>;
  /** Their paths by the values that stand for them. */
  readonly paths: Map<ValueId, string>;
  /** In the order of the calls that made them: of several to one state the last counts. */
  readonly updates: TracedUpdate[];
  /** Blocks with mistakes of their own whose promises stand for them: their weights are missing here. */
  readonly missing: string[];
  /** Paths at which something random is drawn. */
  readonly draws: Set<string>;
  readonly facts: Fact[];
  /** Whether the part at this path learns; undefined: both ways are checked. */
  readonly learning: (path: string) => boolean | undefined;
  readonly calls: PartCall[];
  /** Masks that are true up to a length and false after it. */
  readonly prefixes: Set<ValueId>;
  /** Values whose dropped positions were set to a number already, by value, mask, axes and number. */
  readonly filled: Map<string, ValueId>;
  /** What parts gave for their arguments: a second call with equal ones is the same evaluation. */
  readonly evaluated: Map<string, Value>;
  /** The seed and step inputs, made when something draws. */
  readonly randomness: { seed: ValueId | undefined; step: ValueId | undefined };
  /** Positions of the scans being traced, innermost last: what is drawn there is drawn anew for each. */
  readonly steps: number[];
  /** Blocks being traced, innermost last: a block in it again is recursion. */
  readonly stack: string[];
  readonly fuel: Fuel;
  /** Whether a block is right for all its uses. What is wrong in one that isn't was reported, so calls stay silent. */
  readonly sound: (block: BlockValue) => boolean;
  /** Functions on weights, in the order in which they are applied. */
  readonly adaptations: Adaptation[];
  /** What they have made. */
  readonly adapters: Adapter[];
  /** Models whose parts are taken, by the path at which they stand in this graph. */
  readonly models: Map<string, UsedModel>;
  /** Whether a used model is right; `busy`: it is being checked, so it stands on itself. */
  readonly check: (model: ModelValue) => 'right' | 'wrong' | 'busy';
  /** How often each repeat runs, by its path: `look.transformer.layers`. */
  readonly repeats: Map<string, number>;
  /** In `check` mode, inner repeats before those around them. */
  readonly runs: RepeatRun[];
  /** The graph stands for graphs of other lengths too. */
  readonly steady: boolean;
  /** Generation keeps what earlier positions gave, where it can. */
  readonly cache: boolean;
  /** One step stands for all steps of a generation: the graph says what it costs and reads, and isn't run. */
  readonly outline: boolean;
  readonly generations: GenerationNote[];
  /** Where `only` is to tell how much it drops. */
  readonly told: Told[];
  readonly report: (d: Diagnostic) => void;
}

/** How a generation runs: what it keeps from step to step, or why it keeps nothing. */
export interface GenerationNote {
  /** Of the part that generates. */
  readonly path: string;
  readonly span: Span;
  readonly steps: number;
  /** Values that are kept between steps; 0 where all is computed anew. */
  readonly kept: number;
  readonly why: string | undefined;
  /** Where that shows. */
  readonly place: Span | undefined;
}

/** What is left out on purpose and counted, so that a training can say how often it was. */
export interface Told {
  /** In the spec's words. */
  readonly what: string;
  /** True where a position counts. */
  readonly mask: ValueId;
  /** Which positions were there before. */
  readonly keeps: readonly Keep[];
  readonly span: Span;
}

/** What each position of a scan gives, by the name that it is collected under. */
export interface Collecting {
  /** The scope of the scan's body: `collect` stands nowhere deeper. */
  readonly scope: Scope;
  readonly values: Map<string, { readonly value: Value; readonly span: Span }>;
}

/** A used model in a graph, and where it was first taken. */
export interface UsedModel {
  readonly key: string;
  readonly declared: Declared;
  readonly model: ModelValue;
  readonly span: Span;
}

/** One body being traced. */
export interface Frame {
  readonly trace: Trace;
  readonly scope: Scope;
  /** The path of the part whose body this is; '' at the top. */
  readonly path: string;
  /** The call that led here. */
  readonly via: Span | undefined;
  /** What repeat or scan carries, in its body. */
  readonly carries: Map<string, Scope>;
  /** In the body of a scan. */
  readonly collecting?: Collecting;
  /** Parts made in this body by name. */
  readonly uses: Map<string, { readonly span: Span; readonly owns: boolean }>;
  /** How many updates came before this body: states are read as those left them. */
  readonly since: number;
  /** States that this body updates, by path. */
  readonly updated: Map<string, Span>;
  /** The loop in whose body this is, and the path of this round's own parts where each round has some. */
  readonly round: { readonly by: 'repeat' | 'scan'; readonly path: string | undefined } | undefined;
  /** The copy whose body this is, or whose body called it. */
  readonly copy: Copy | undefined;
  /** In a migration: the old weights, which names stand for before all else. */
  readonly earlier?: EarlierWeights;
}

/** Weights of an earlier version, by paths as they are written where a migration reads them. */
export interface EarlierWeights {
  readonly read: (path: string) => Value | undefined;
  readonly known: () => readonly string[];
}

/** What a frame of a new body needs to be told. */
export type BodyStart = Pick<Frame, 'scope' | 'path'> & Partial<Pick<Frame, 'via' | 'copy'>>;

/** A body that begins: nothing in it is used, carried or updated yet. */
export function startBody(trace: Trace, { scope, path, via, copy }: BodyStart): Frame {
  const [carries, uses, updated] = [new Map(), new Map(), new Map()];
  const since = trace.updates.length;
  return { trace, scope, path, via, copy, carries, uses, updated, since, round: undefined };
}

export interface TraceOptions {
  readonly mode: 'check' | 'lower';
  readonly registry: OpRegistry;
  readonly learning: (path: string) => boolean | undefined;
  readonly report: (d: Diagnostic) => void;
  readonly name: string;
  /** Its own if absent. */
  readonly fuel?: Fuel;
  /** Every block, if absent. */
  readonly sound?: (block: BlockValue) => boolean;
  /** All are right, if absent. */
  readonly check?: Trace['check'];
  /** false: generation computes every position anew in each step. */
  readonly cache?: boolean;
  /** One step of a generation stands for all. */
  readonly outline?: boolean;
}

export function createTrace(options: TraceOptions): Trace {
  const facts: Fact[] = [];
  const same = (a: Dim, b: Dim): boolean => compareDims(facts, a, b) === 'equal';
  const said = new Set<string>();
  return {
    mode: options.mode,
    builder: createBuilder(options.name, options.registry, { dims: { same } }),
    weights: new Map(),
    renames: new Map(),
    paths: new Map(),
    updates: [],
    missing: [],
    draws: new Set(),
    facts,
    learning: options.learning,
    calls: [],
    prefixes: new Set(),
    filled: new Map(),
    evaluated: new Map(),
    randomness: { seed: undefined, step: undefined },
    steps: [],
    stack: [],
    fuel: options.fuel ?? fullTank(),
    sound: options.sound ?? (() => true),
    adaptations: [],
    adapters: [],
    models: new Map(),
    check: options.check ?? (() => 'right'),
    repeats: new Map(),
    runs: [],
    steady: false,
    cache: options.cache ?? true,
    outline: options.outline ?? false,
    generations: [],
    told: [],
    report: d => {
      // One mistake in a block is met once for each call of it.
      const key = `${d.code} ${d.span?.file} ${d.span?.start} ${d.span?.end} ${d.message}`;
      if (said.has(key)) return;
      said.add(key);
      options.report(d);
    },
  };
}

/** A trace that goes on beside another, from what that one knows, and leaves it as it is: a template for other lengths. */
export function scratchTrace(trace: Trace, builder: Builder, report: Trace['report']): Trace {
  return {
    ...trace,
    builder,
    weights: new Map(trace.weights),
    paths: new Map(trace.paths),
    updates: [...trace.updates],
    missing: [...trace.missing],
    draws: new Set(trace.draws),
    facts: [...trace.facts],
    calls: [],
    prefixes: new Set(trace.prefixes),
    filled: new Map(trace.filled),
    evaluated: new Map(trace.evaluated),
    randomness: { ...trace.randomness },
    steps: [...trace.steps],
    stack: [...trace.stack],
    models: new Map(trace.models),
    repeats: new Map(trace.repeats),
    runs: [...trace.runs],
    generations: [],
    told: [],
    steady: true,
    report,
  };
}

export function compareDims(facts: readonly Fact[], a: Dim, b: Dim): DimComparison {
  const plain = dimEqual(a, b);
  if (plain === 'equal' || facts.length === 0) return plain;
  return dimEqual(underFacts(facts, a), underFacts(facts, b));
}

/** left ≤ right: from bounds of the symbols, where they decide it. */
export function atMost(left: Dim, right: Dim): boolean | undefined {
  const difference = dimSub(left, right);
  const upper = dimUpperBound(difference);
  if (upper !== undefined && upper <= 0) return true;
  const lower = dimLowerBound(difference);
  if (lower !== undefined && lower > 0) return false;
  return undefined;
}

/** The place of an expression, with the calls that led to it. */
export function here(frame: Frame, span: Span): Span {
  return spanVia(span, frame.via);
}

type Rules = typeof semanticRules;
type ParamsOf<C extends keyof Rules> = Parameters<Rules[C]['message']>[0];

interface Place {
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
  readonly notes?: readonly string[];
  readonly help?: string;
}

/**
 * Reports a mistake at `span`. A mistake that shows inside the standard library is put at the user's line that led
 * there; the library's line is told beside it.
 */
export function complain<C extends keyof Rules & string>(
  frame: Frame,
  code: C,
  params: ParamsOf<C>,
  span: Span,
  place: Place = {},
): void {
  const full = here(frame, span);
  const user = userPlace(full);
  const inStd = isStd(full.file) && !isStd(user.file);
  const related = [
    ...(place.related ?? []),
    ...(inStd ? [{ span: { ...full }, message: 'in the standard library, here' }] : []),
  ];
  // The registry's rule types are checked by ParamsOf; diagnose wants the same pair.
  frame.trace.report(diagnose(code, params as never, { ...place, span: inStd ? user : full, related }));
}

const deepest = 1000;

/** `inner`, that much deeper; `otherwise` where that is too deep or a dim grows too large, which is reported. */
export function nested<T>(frame: Frame, span: Span, by: number, otherwise: T, inner: () => T): T {
  const { fuel } = frame.trace;
  if (fuel.depth + by > deepest) {
    complain(frame, 'too-large', { what: 'this', limit: 'calls and expressions nest too deeply' }, span);
    return otherwise;
  }
  fuel.depth += by;
  try {
    return inner();
  } catch (limit) {
    if (!(limit instanceof DimLimit)) throw limit;
    complain(frame, 'too-large', { what: 'a size here', limit: limit.message }, span);
    return otherwise;
  } finally {
    fuel.depth -= by;
  }
}

/** What it costs to compare or combine dims: one for each factor of their terms past the first. */
export function dimsCost(dims: readonly Dim[]): number {
  let cost = 0;
  for (const d of dims) if (typeof d !== 'number') for (const t of d.terms) cost += t.atoms.length;
  return cost;
}

/** Takes from what may still be done; false where nothing is left, which is reported once. */
export function spend(frame: Frame, span: Span, cost: number): boolean {
  const { fuel } = frame.trace;
  if (fuel.left <= 0) return false;
  fuel.left -= cost;
  if (fuel.left > 0) return true;
  complain(
    frame,
    'too-large',
    { what: 'this model', limit: 'it takes more than some 200,000 operations' },
    span,
  );
  return false;
}

export function keepKey(keep: Keep): string {
  return `${keep.mask}@${keep.axes.join(',')}`;
}
