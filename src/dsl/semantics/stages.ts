// A stage's clauses read into a recipe: terms with their data, patterns, optimizer, steps, measures.

import { nearestName } from '../../base/nearest-name.ts';
import type { Clause, DataUse, Expr, MinimizeClause, StageMember } from '../syntax/ast.ts';
import type { Declared } from './declare.ts';
import { readMeasure } from './measures.ts';
import type { Measure, Objective, Stage, StageData, StageTerm } from './model.ts';
import { readOptimizer } from './optimizer.ts';
import { readNumber } from './settings.ts';
import { readData } from './stage-data.ts';
import { complain } from './trace.ts';
import { showExpr } from './type-names.ts';

export interface StageContext {
  readonly declared: Declared;
  readonly objectives: ReadonlyMap<string, Objective>;
  readonly stages: readonly string[];
}

/** The recipe of one stage; undefined where something is wrong, which is reported. */
export function readStage(context: StageContext, member: StageMember): Stage | undefined {
  const { frame } = context.declared;
  const name = member.name.text;
  const clauses = new Map<Clause['kind'], Clause>();
  const measures: Measure[] = [];
  let fits = true;
  for (const c of member.clauses) {
    if (c.kind === 'measure') {
      const measure = readMeasure(context, c);
      if (measure === undefined) fits = false;
      else measures.push(measure);
      continue;
    }
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
  const from = member.from === undefined ? undefined : readFrom(context, member.from, name);
  if (!fits || terms === undefined || recipe === undefined || count === undefined || from === 'wrong')
    return undefined;
  return {
    name,
    from,
    terms,
    train: train?.kind === 'train' ? train.patterns : [],
    freeze: freeze?.kind === 'freeze' ? freeze.patterns : [],
    reached: [],
    optimizer: recipe,
    optimizerSpan: optimizer?.span ?? member.span,
    steps: count,
    measures,
    span: member.span,
  };
}

function readFrom(context: StageContext, e: Expr, stage: string): string | undefined | 'wrong' {
  const { frame } = context.declared;
  const name = e.kind === 'name' ? e.text : undefined;
  if (name !== undefined && context.stages.includes(name) && name !== stage) return name;
  if (name === stage) complain(frame, 'stage-cycle', { stage }, e.span);
  else
    complain(
      frame,
      'unknown-name',
      { name: name ?? showExpr(e), what: 'stage', suggestion: nearestName(name ?? '', context.stages) },
      e.span,
    );
  return 'wrong';
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
