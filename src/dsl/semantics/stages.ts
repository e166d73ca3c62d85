// A stage's clauses read into a recipe: terms with their data, patterns, optimizer, steps, measures.

import { nearestName } from '../../base/nearest-name.ts';
import type { Clause, DataUse, Expr, MeasureClause, MinimizeClause, StageMember } from '../syntax/ast.ts';
import type { Declared } from './declare.ts';
import { evaluate } from './expressions.ts';
import type {
  Measure,
  Metric,
  Objective,
  Optimizer,
  Pattern,
  RateSchedule,
  Stage,
  StageData,
  StageTerm,
  Transform,
} from './model.ts';
import { placeArgs, readNumber, readNumbers } from './settings.ts';
import { complain, type Frame } from './trace.ts';
import { showType } from './values.ts';

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
    optimizer: recipe,
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
      { name: name ?? 'this', what: 'stage', suggestion: nearestName(name ?? '', context.stages) },
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
      complain(frame, 'defined-twice', { name: t.objective.text, what: 'term' }, t.span);
      fits = false;
    } else terms.push({ objective: t.objective.text, weight, data, span: t.span });
  }
  return fits ? terms : undefined;
}

function readData(context: StageContext, use: DataUse, needsBatch: boolean): StageData | undefined {
  const { frame, modalities } = context.declared;
  let fits = true;
  const batch =
    use.batch === undefined
      ? undefined
      : readNumber(frame, use.batch, 'batch', { whole: true, least: 1, most: 1_048_576 });
  if (use.batch === undefined && needsBatch) {
    complain(frame, 'no-batch', { data: `${use.set.text}.${use.split.text}` }, use.span);
    fits = false;
  } else if (use.batch !== undefined && batch === undefined) fits = false;
  const transforms = new Map<string, readonly Transform[]>();
  for (const t of use.transforms) {
    if (!modalities.has(t.field.text)) {
      complain(
        frame,
        'unknown-name',
        { name: t.field.text, what: 'modality', suggestion: nearestName(t.field.text, modalities.keys()) },
        t.field.span,
      );
      fits = false;
      continue;
    }
    const list = readTransforms(frame, t.list);
    if (list === undefined) fits = false;
    else transforms.set(t.field.text, list);
  }
  return fits ? { set: use.set.text, split: use.split.text, batch, transforms, span: use.span } : undefined;
}

/** A list of calls, each with numbers: [shift(2), colour(0.15)]. Which there are is known to the data's side. */
function readTransforms(frame: Frame, e: Expr): readonly Transform[] | undefined {
  const items = e.kind === 'list' ? e.items : [e];
  const transforms: Transform[] = [];
  for (const item of items) {
    const name = item.kind === 'call' && item.callee.kind === 'name' ? item.callee.text : undefined;
    if (item.kind !== 'call' || name === undefined) {
      complain(
        frame,
        'wrong-kind',
        { where: 'an augmentation', expected: 'a call, as in shift(2)', got: 'something else' },
        item.span,
      );
      return undefined;
    }
    const settings: Record<string, number> = {};
    for (const [i, a] of item.args.entries()) {
      const key = a.name?.text ?? String(i);
      const range = a.value.kind === 'binary' && a.value.op === '..' ? a.value : undefined;
      const numbers = range === undefined ? [a.value] : [range.left, range.right];
      for (const [j, n] of numbers.entries()) {
        const value = readNumber(frame, n, `${key} of ${name}`, {});
        if (value === undefined) return undefined;
        settings[range === undefined ? key : j === 0 ? 'from' : 'to'] = value;
      }
    }
    transforms.push({ name, settings, span: item.span });
  }
  return transforms;
}

function readOptimizer(frame: Frame, e: Expr): Optimizer | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind !== 'call' || name !== 'adamw') {
    complain(
      frame,
      'unknown-name',
      { name: name ?? 'this', what: 'optimizer', suggestion: 'adamw(rate:, decay:)' },
      e.span,
    );
    return undefined;
  }
  const placed = placeArgs(frame, e, 'adamw', ['rate', 'decay', 'beta1', 'beta2', 'epsilon', 'clip']);
  if (placed === undefined) return undefined;
  const numbers = readNumbers(
    frame,
    'adamw',
    placed,
    [
      { name: 'decay', fallback: 0.01, least: 0 },
      { name: 'beta1', fallback: 0.9, least: 0, most: 0.999999 },
      { name: 'beta2', fallback: 0.999, least: 0, most: 0.9999999 },
      { name: 'epsilon', fallback: 1e-8, above: 0 },
      { name: 'clip', fallback: Number.POSITIVE_INFINITY, above: 0 },
    ],
    e.span,
  );
  const rate = placed.get('rate');
  if (rate === undefined) {
    complain(
      frame,
      'missing-argument',
      { callee: 'adamw', name: 'rate', type: 'rate, as in cosine(peak: 5e-4, warmup: 200)' },
      e.span,
    );
    return undefined;
  }
  const schedule = readSchedule(frame, rate);
  if (numbers === undefined || schedule === undefined) return undefined;
  const get = (key: string): number => numbers.get(key) ?? 0;
  const clip = get('clip');
  return {
    kind: 'adamw',
    rate: schedule,
    decay: get('decay'),
    beta1: get('beta1'),
    beta2: get('beta2'),
    epsilon: get('epsilon'),
    clip: Number.isFinite(clip) ? clip : undefined,
  };
}

function readSchedule(frame: Frame, e: Expr): RateSchedule | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  const warmup = { name: 'warmup', fallback: 0, whole: true, least: 0 } as const;
  if (e.kind === 'number') {
    const rate = readNumber(frame, e, 'rate', { above: 0 });
    return rate === undefined ? undefined : { kind: 'constant', rate, warmup: 0 };
  }
  if (e.kind !== 'call' || (name !== 'cosine' && name !== 'linear' && name !== 'constant')) {
    complain(
      frame,
      'unknown-name',
      {
        name: name ?? 'this',
        what: 'rate schedule',
        suggestion: nearestName(name ?? '', ['cosine', 'linear', 'constant']) ?? 'cosine(peak:, warmup:)',
      },
      e.span,
    );
    return undefined;
  }
  const names = name === 'constant' ? ['rate', 'warmup'] : ['peak', 'warmup', 'floor'];
  const placed = placeArgs(frame, e, name, names);
  if (placed === undefined) return undefined;
  const settings =
    name === 'constant'
      ? [{ name: 'rate', above: 0 }, warmup]
      : [{ name: 'peak', above: 0 }, warmup, { name: 'floor', fallback: 0, least: 0 }];
  const numbers = readNumbers(frame, name, placed, settings, e.span);
  if (numbers === undefined) return undefined;
  const get = (key: string): number => numbers.get(key) ?? 0;
  if (name === 'constant') return { kind: name, rate: get('rate'), warmup: get('warmup') };
  return { kind: name, peak: get('peak'), warmup: get('warmup'), floor: get('floor') };
}

function readMeasure(context: StageContext, c: MeasureClause): Measure | undefined {
  const { frame } = context.declared;
  const data = readData(context, c.data, false);
  const every =
    c.every === undefined ? undefined : readNumber(frame, c.every, 'every', { whole: true, least: 1 });
  const metric = readMetric(context, c.metric);
  if (data === undefined || metric === undefined || (c.every !== undefined && every === undefined))
    return undefined;
  return { metric, data, every, span: c.span };
}

function readMetric(context: StageContext, e: Expr): Metric | undefined {
  const { frame } = context.declared;
  const name =
    e.kind === 'name' ? e.text : e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : '';
  if (e.kind === 'name' && context.objectives.has(name)) return { kind: 'objective', objective: name };
  if (e.kind === 'call' && name === 'recall') {
    const placed = placeArgs(frame, e, 'recall', ['align', 'at']);
    const align = placed?.get('align');
    if (placed === undefined) return undefined;
    const wanted = align?.kind === 'name' ? align.text : '';
    if (context.objectives.get(wanted)?.sides === undefined) {
      complain(frame, 'recall-wants-align', { got: wanted === '' ? 'this' : wanted }, align?.span ?? e.span);
      return undefined;
    }
    const at = placed.get('at');
    const ranks = at === undefined ? [1, 5, 10] : readRanks(frame, at);
    return ranks === undefined ? undefined : { kind: 'recall', align: wanted, at: ranks };
  }
  if (e.kind === 'call' && name === 'accuracy') {
    const placed = placeArgs(frame, e, 'accuracy', ['predicted', 'target']);
    const predicted = placed?.get('predicted');
    const target = placed?.get('target');
    if (placed === undefined) return undefined;
    if (predicted === undefined || target?.kind !== 'name') {
      complain(
        frame,
        'missing-argument',
        {
          callee: 'accuracy',
          name: predicted === undefined ? 'predicted' : 'target',
          type: predicted === undefined ? 'call' : 'field of the data',
        },
        e.span,
      );
      return undefined;
    }
    return { kind: 'accuracy', predicted, target: target.text };
  }
  complain(
    frame,
    'unknown-metric',
    {
      name: name === '' ? 'this' : name,
      suggestion: nearestName(name, ['recall', 'accuracy', ...context.objectives.keys()]),
    },
    e.span,
  );
  return undefined;
}

function readRanks(frame: Frame, e: Expr): readonly number[] | undefined {
  const value = evaluate(frame, e);
  const items = value.kind === 'list' ? value.items : [value];
  const ranks: number[] = [];
  for (const item of items) {
    if (item.kind === 'error') return undefined;
    if (item.kind !== 'int' || typeof item.dim !== 'number' || item.dim < 1) {
      complain(
        frame,
        'wrong-kind',
        { where: 'at of recall', expected: 'a list of ranks from 1, as in [1, 5, 10]', got: showType(item) },
        e.span,
      );
      return undefined;
    }
    ranks.push(item.dim);
  }
  return ranks;
}

/** Whether a pattern names this path or something under it: `*` is one name, `**` any number, `{a,b}` either. */
export function patternMatches(pattern: string, path: string): boolean {
  const source = pattern
    .split('.')
    .map(part =>
      part === '**'
        ? '\u0000'
        : part
            .replace(/[\\^$+?()|[\]]/g, '\\$&')
            .replace(/\*/g, '[^.]*')
            .replace(
              /\{([^}]*)\}/g,
              (_, names: string) =>
                `(?:${names
                  .split(',')
                  .map(n => n.trim())
                  .join('|')})`,
            ),
    )
    .join('\\.')
    .replace(/\u0000\\\./g, '(?:[^.]+\\.)*')
    .replace(/\\\.\u0000/g, '(?:\\.[^.]+)*')
    .replace(/\u0000/g, '.*');
  return new RegExp(`^${source}(?:\\..*)?$`).test(path);
}

export interface Partition {
  readonly trained: readonly string[];
  readonly frozen: readonly string[];
}

/** Which of the reached weights a stage trains; patterns that match nothing and gaps are reported by the caller. */
export function partition(
  stage: Pick<Stage, 'train' | 'freeze'>,
  paths: readonly string[],
): Partition & { readonly both: readonly string[]; readonly neither: readonly string[] } {
  const wild = (p: Pattern): boolean => p.text === 'all' || p.text === 'rest';
  const named = (patterns: readonly Pattern[], path: string): boolean =>
    patterns.some(p => !wild(p) && patternMatches(p.text, path));
  const trained: string[] = [];
  const frozen: string[] = [];
  const both: string[] = [];
  const neither: string[] = [];
  for (const path of paths) {
    const t = named(stage.train, path);
    const f = named(stage.freeze, path);
    if (t && f) both.push(path);
    else if (t) trained.push(path);
    else if (f) frozen.push(path);
    else if (stage.train.some(wild)) trained.push(path);
    else if (stage.freeze.some(wild)) frozen.push(path);
    else neither.push(path);
  }
  return { trained, frozen, both, neither };
}

/** Whether the part at a path learns in a stage: whatever it trains, itself or under it. */
export function learnsIn(stage: Pick<Stage, 'train' | 'freeze'>, path: string): boolean {
  const { trained } = partition(stage, [path]);
  return trained.length > 0;
}
