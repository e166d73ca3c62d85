// Whether a verdict holds: exports of two specs run on the reference with one set of weights.

import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { randomStream } from '../../src/base/random.ts';
import { elements, type HostTensor } from '../../src/base/tensor.ts';
import { check, compile } from '../../src/compile.ts';
import { loweredExport } from '../../src/compiler/export-program.ts';
import { LoweringError } from '../../src/compiler/lower.ts';
import type { ExportProgram, WeightSpec } from '../../src/compiler/program.ts';
import { leadName } from '../../src/dsl/semantics/fields.ts';
import type { Library, ReadFile } from '../../src/dsl/semantics/library.ts';
import type { Model } from '../../src/dsl/semantics/model.ts';
import { print } from '../../src/ir/print.ts';
import { ops } from '../../src/ops/registry.ts';
import type { ModelLock } from '../../src/versioning/lock.ts';
import { lockOf } from '../../src/versioning/lock-of.ts';
import { type Judgement, judge } from '../../src/versioning/verdict.ts';
import { madeUp } from '../../test/specs/harness.ts';

const { target } = createReferenceEngine({ precision: 'f32' });

/** The smallest variant of a spec, with its lock. */
export interface Opened {
  readonly library: Library;
  readonly model: Model;
  readonly lock: ModelLock;
}

/** undefined where the text is wrong. */
export function open(text: string, file: string, read: ReadFile): Opened | undefined {
  const { library, models } = check(text, file, read);
  const model = models.find(m => m.variant === 'tiny') ?? models.find(m => m.variant === undefined);
  if (library === undefined || model === undefined) return undefined;
  try {
    const [lock] = lockOf(library, [model], ops, { mmlang: '', std: '' }).models.values();
    return lock && { library, model, lock };
  } catch (e) {
    if (e instanceof LoweringError) return undefined;
    throw e;
  }
}

export type Outcome =
  | { readonly kind: 'holds' }
  /** Said to be the same, and isn't. */
  | { readonly kind: 'false'; readonly because: string }
  /** Said to mean something else, and no input was found that shows it. */
  | { readonly kind: 'unshown'; readonly because: string };

export interface Trial {
  readonly judgement: Judgement;
  readonly outcome: Outcome;
}

export function trial(old: Opened, now: Opened): Trial {
  const judgement = judge(old.lock, now.lock);
  return { judgement, outcome: outcomeOf(old, now, judgement) };
}

/** Weights and inputs that a difference is looked for with: an index tells less of what is computed than a number. */
const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

function outcomeOf(old: Opened, now: Opened, { verdict, exports }: Judgement): Outcome {
  const same = exports.filter(e => e.verdict === 'identical' || e.verdict === 'other types');
  const others = exports.filter(e => e.verdict === 'changes meaning' && e.because.length === 0);
  switch (verdict) {
    case 'identical':
    case 'loads':
    case 'changes meaning': {
      for (const { name } of same) {
        // Of an export whose parameter has another name the arguments are the old ones.
        const difference = differs(old, now, name, 1);
        if (difference !== undefined && !isMoved(old, now, name))
          return { kind: 'false', because: `${name}: ${difference}` };
      }
      for (const { name } of others)
        if (seeds.every(seed => differs(old, now, name, seed) === undefined))
          return { kind: 'unshown', because: name };
      return { kind: 'holds' };
    }
    case 'migrates':
    case 'partial':
    case 'incompatible':
      return { kind: 'holds' };
    default:
      return verdict satisfies never;
  }
}

/** Other modalities may have other sizes, so that no input fits both. */
const isMoved = (old: Opened, now: Opened, name: string): boolean =>
  JSON.stringify([...(old.lock.exports.get(name)?.takes.keys() ?? [])]) !==
  JSON.stringify([...(now.lock.exports.get(name)?.takes.keys() ?? [])]);

/** What the two give that differs in a bit; undefined where nothing does. */
function differs(old: Opened, now: Opened, name: string, seed: number): string | undefined {
  // One graph, word for word, computes one thing.
  if (loweredText(old, name) === loweredText(now, name)) return undefined;
  try {
    return firstDifference(answersOf(old, old, name, seed), answersOf(now, old, name, seed));
  } catch (e) {
    if (e instanceof LoweringError) return 'it can no longer be lowered';
    return `it can't be fed alike: ${e instanceof Error ? e.message : String(e)}`;
  }
}

type Answers = ReadonlyMap<string, HostTensor>;

function firstDifference(a: Answers, b: Answers): string | undefined {
  for (const [output, tensor] of a) {
    const other = b.get(output);
    if (other === undefined) return `${output} is gone`;
    if (JSON.stringify(tensor.shape) !== JSON.stringify(other.shape)) return `${output} has another shape`;
    for (let i = 0; i < tensor.data.length; i++)
      if (!Object.is(tensor.data[i], other.data[i]))
        return `${output}[${i}] is ${tensor.data[i]} and ${other.data[i]}`;
  }
  return undefined;
}

/** What was worked out of a spec before, by what it is. */
const memory = new WeakMap<Opened, Map<string, unknown>>();

function remembered<T>(of: Opened, key: string, make: () => T): T {
  const known = memory.get(of) ?? new Map<string, unknown>();
  memory.set(of, known);
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as T;
}

const rowsOf = (of: Opened, name: string): ReadonlyMap<string, number> =>
  new Map(
    [...of.model.exports.get(name)!.params].map(p => [p.name.text, leadName(p) === 'K' ? 3 : 2] as const),
  );

const loweredText = (of: Opened, name: string): string =>
  remembered(of, `graph of ${name}`, () => {
    const context = { library: of.library, model: of.model, target, registry: ops, outline: true };
    return print(loweredExport(context, name, rowsOf(of, name)).trace.builder.finish(), { spans: false });
  });

const programOf = (of: Opened, name: string): ExportProgram =>
  remembered(of, `program of ${name}`, () =>
    compile(of.library, of.model).export(name, target, rowsOf(of, name)),
  );

/** What an export answers to the inputs that another spec's takes. */
function answersOf(of: Opened, asked: Opened, name: string, seed: number): Answers {
  const run = (): Answers => {
    const program = programOf(of, name);
    const { graph } = program.entry.plan;
    const all = new Map([
      ...programOf(asked, name).params.flatMap(p => [...madeUp(p.batch, seed)]),
      ...program.weights.map(w => [w.path, weight(w, seed)] as const),
      ...draws(program, seed),
    ]);
    const given = new Map(graph.inputs.map(i => [i.name, all.get(i.name)!] as const));
    return evaluate(graph, given, { precision: 'f32' });
  };
  return of === asked ? remembered(of, `answers of ${name} ${seed}`, run) : run();
}

/** Scalars that an export's draws are made from. */
function draws(program: ExportProgram, seed: number): readonly (readonly [string, HostTensor])[] {
  return program.entry.scalars.map(
    name => [name, { dtype: 'i32', shape: [], data: Int32Array.from([seed]) }] as const,
  );
}

/** Numbers that depend on the path alone, and not 0 and 1, from which specs often start; states, as variances are, above 0. */
function weight({ kind, path, dtype, shape }: WeightSpec, seed: number): HostTensor {
  const stream = randomStream(seed, 'weight', path);
  const size = elements(shape);
  if (dtype === 'i32')
    return { dtype, shape, data: Int32Array.from({ length: size }, (_, i) => stream.below(i, 2)) };
  const number = (i: number): number => (kind === 'state' ? 0.2 + stream.uniform(i) : 0.5 * stream.normal(i));
  return { dtype: 'f32', shape, data: Float32Array.from({ length: size }, (_, i) => number(i)) };
}
