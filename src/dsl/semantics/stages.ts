// A stage's clauses read into a recipe: terms with their data, patterns, optimizer, steps, measures. What a stage fits is
// read in fits.ts.

import { nearestName } from '../../base/nearest-name.ts';
import type { Clause, DataUse, MinimizeClause, StageMember, WeightPattern } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import type { Declared } from './declare.ts';
import { readFits } from './fits.ts';
import { readMeasure } from './measures.ts';
import type { MinimizeStage, Model, Objective, Pattern, Stage, StageData, StageTerm } from './model.ts';
import { readOptimizer } from './optimizer.ts';
import { readNumber } from './settings.ts';
import { readData } from './stage-data.ts';
import { readStarts } from './stage-starts.ts';
import { complain, type Frame } from './trace.ts';
import type { ModelValue } from './values.ts';
import { nameMatches } from './weight-pattern.ts';

export interface StageContext {
  readonly declared: Declared;
  readonly objectives: ReadonlyMap<string, Objective>;
  readonly stages: readonly string[];
  /** A used model as it was checked; undefined where something is wrong with it. */
  readonly used: (model: ModelValue) => Model | undefined;
}

/** The recipe of one stage; undefined where something is wrong, which is reported. */
export function readStage(context: StageContext, member: StageMember): Stage | undefined {
  const name = member.name.text;
  const measures = readAll(member.clauses, c => (c.kind === 'measure' ? readMeasure(context, c) : 'another'));
  const starts = readStarts(context, member);
  const isFit = member.clauses.some(c => c.kind === 'fit');
  const recipe = isFit ? readFits(context, member) : readRecipe(context, member);
  if (measures === undefined || recipe === undefined || starts === undefined) return undefined;
  return { ...recipe, ...starts, name, measures, span: member.span };
}

/** What each clause of a kind says; undefined where one of them is wrong. */
export function readAll<T>(
  clauses: readonly Clause[],
  read: (c: Clause) => T | undefined | 'another',
): readonly T[] | undefined {
  const right: T[] = [];
  let fits = true;
  for (const c of clauses) {
    const one = read(c);
    if (one === undefined) fits = false;
    else if (one !== 'another') right.push(one);
  }
  return fits ? right : undefined;
}

type Recipe = Omit<MinimizeStage, 'name' | 'from' | 'imports' | 'measures' | 'span'>;

function readRecipe(context: StageContext, member: StageMember): Recipe | undefined {
  const { frame } = context.declared;
  const name = member.name.text;
  const clauses = new Map<Clause['kind'], Clause>();
  let fits = true;
  for (const c of member.clauses) {
    if (c.kind === 'measure') continue;
    const before = clauses.get(c.kind);
    if (before !== undefined) {
      complain(frame, 'clause-twice', { clause: c.kind }, c.span, {
        related: [{ span: before.span, message: 'the first one' }],
      });
      fits = false;
    }
    clauses.set(c.kind, c);
  }
  const need = (kind: Clause['kind'], example: string): void => {
    if (clauses.has(kind)) return;
    complain(frame, 'stage-lacks', { stage: name, clause: kind, example }, member.name.span);
    fits = false;
  };
  need('minimize', 'minimize OBJECTIVE on SET.train batch 128');
  need('optimizer', 'optimizer adamw(rate: cosine(peak: 5e-4, warmup: 200), decay: 0.1)');
  need('steps', 'steps 1000');
  if (!clauses.has('train') && !clauses.has('freeze')) {
    complain(frame, 'stage-lacks', { stage: name, clause: 'train', example: 'train all' }, member.name.span);
    fits = false;
  }
  const minimize = clauses.get('minimize');
  const terms = minimize?.kind === 'minimize' ? readTerms(context, minimize) : undefined;
  const optimizer = clauses.get('optimizer');
  const recipe = optimizer?.kind === 'optimizer' ? readOptimizer(frame, optimizer.value) : undefined;
  const steps = clauses.get('steps');
  const count =
    steps?.kind === 'steps'
      ? readNumber(frame, steps.value, `steps of ${name}`, { whole: true, least: 1, most: 1e9 })
      : undefined;
  const train = clauses.get('train');
  const freeze = clauses.get('freeze');
  if (!fits || terms === undefined || recipe === undefined || count === undefined) return undefined;
  return {
    kind: 'minimize',
    terms,
    train: train?.kind === 'train' ? train.patterns.map(p => readPattern(frame, p)) : [],
    freeze: freeze?.kind === 'freeze' ? freeze.patterns.map(p => readPattern(frame, p)) : [],
    reached: [],
    fitted: [],
    optimizer: recipe,
    optimizerSpan: optimizer?.span ?? member.span,
    steps: count,
  };
}

/** A pattern with the paths that its first name has where it is another name for a part: `part read = Bert.read`. */
export function readPattern(frame: Frame, { text, span }: WeightPattern): Pattern {
  const [first = '', ...rest] = text.split('.');
  const also: string[] = [];
  for (const [name, { value }] of frame.scope.names) {
    const path =
      value.kind === 'part' || value.kind === 'block'
        ? value.path
        : value.kind === 'model'
          ? joinPath(frame.path, value.root)
          : undefined;
    if (path === undefined || path === joinPath(frame.path, name) || first === '**') continue;
    if (nameMatches(first, name)) also.push([path, ...rest].join('.'));
  }
  return also.length === 0 ? { text, span } : { text, span, also };
}

function readTerms(context: StageContext, clause: MinimizeClause): readonly StageTerm[] | undefined {
  const { frame } = context.declared;
  const terms: StageTerm[] = [];
  let fits = true;
  const read = new Map<DataUse, StageData | undefined>();
  for (const [i, t] of clause.terms.entries()) {
    const objective = context.objectives.get(t.objective.text);
    if (objective === undefined) {
      complain(
        frame,
        'unknown-name',
        {
          name: t.objective.text,
          what: 'objective',
          suggestion: nearestName(t.objective.text, context.objectives.keys()),
        },
        t.objective.span,
      );
      fits = false;
    }
    const use = clause.terms.slice(i).find(later => later.data !== undefined)?.data;
    if (use === undefined) {
      complain(frame, 'no-data', { objective: t.objective.text }, t.span);
      fits = false;
      continue;
    }
    if (!read.has(use)) read.set(use, readData(context, use, true));
    const data = read.get(use);
    const weight =
      t.weight === undefined
        ? 1
        : readNumber(frame, t.weight, `the weight of ${t.objective.text}`, { least: 0 });
    if (data === undefined || weight === undefined) fits = false;
    else if (terms.some(other => other.objective === t.objective.text && other.data === data)) {
      complain(frame, 'objective-twice', { objective: t.objective.text }, t.objective.span);
      fits = false;
    } else terms.push({ objective: t.objective.text, weight, data, span: t.span });
  }
  return fits ? terms : undefined;
}
