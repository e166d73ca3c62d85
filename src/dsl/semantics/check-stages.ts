// Stages of a model against its objectives: patterns and what they leave, the order of stages, measures.

import { nearestName } from '../../base/nearest-name.ts';
import type { StageMember } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import type { Reached } from './check-objective.ts';
import type { Declared } from './declare.ts';
import { checkTokenizerFits } from './fits.ts';
import { membersBehind } from './members-behind.ts';
import type { MinimizeStage, Model, Objective, Pattern, Stage } from './model.ts';
import { checkImports, isTaken } from './stage-starts.ts';
import { readStage, type StageContext } from './stages.ts';
import { complain, type Frame } from './trace.ts';
import { warnUnfitted } from './unfitted.ts';
import { isWild, namesWeight, partition } from './weight-pattern.ts';

/** What stages are held against. */
export interface StageBasis {
  readonly objectives: ReadonlyMap<string, Objective>;
  readonly reached: ReadonlyMap<string, Reached>;
  /** What stages of other models fit that this one stands on. */
  readonly elsewhere: readonly Pattern[];
}

/** What the stages of a model fit, by the paths that it has under `root`. */
export function fittedBy(model: Model | undefined, root: string): readonly Pattern[] {
  return [...(model?.stages.values() ?? [])].flatMap(stage =>
    stage.kind === 'fit'
      ? stage.fits.map(({ pattern: { text, span } }) => ({ text: joinPath(root, text), span }))
      : [],
  );
}

/** Every stage as a recipe. */
export function checkStages(
  declared: Declared,
  { objectives, reached, elsewhere }: StageBasis,
  members: readonly StageMember[],
  used: StageContext['used'],
): ReadonlyMap<string, Stage> {
  const { frame } = declared;
  const names = members.map(m => m.name.text);
  const stages = new Map<string, Stage>();
  for (const member of members) {
    const read = readStage({ declared, objectives, stages: names, used }, member);
    if (read === undefined) continue;
    if (read.kind === 'fit') {
      stages.set(read.name, read);
      continue;
    }
    const paths = read.terms.flatMap(t => [...(reached.get(t.objective)?.layers ?? [])]);
    const stage = { ...read, reached: [...new Set(paths)].sort() };
    stages.set(stage.name, stage);
    if (!stage.terms.every(t => reached.has(t.objective))) continue;
    const dead = stage.terms.filter(t => reached.get(t.objective)?.weights.size === 0);
    for (const t of dead) complain(frame, 'dead-objective', { objective: t.objective }, t.span);
    if (dead.length === 0) checkPartition(declared, stage, member, reached);
    checkImports(frame, stage, reached);
    warnFrozenTerms(frame, stage, reached);
    const { optimizer, optimizerSpan } = stage;
    if (optimizer.layerDecay !== undefined && !stage.reached.some(path => /\.\d+\./.test(path)))
      complain(
        frame,
        'bad-setting',
        { setting: 'layer_decay', reason: 'needs layers, and no part that this stage reaches has a repeat' },
        optimizerSpan,
      );
  }
  const fits = [...stages.values()].flatMap(s => (s.kind === 'fit' ? [s] : []));
  checkTokenizerFits(declared, fits);
  const fitted = [...elsewhere, ...fits.flatMap(s => s.fits.map(f => f.pattern))];
  for (const stage of stages.values())
    if (stage.kind === 'minimize') stages.set(stage.name, { ...stage, fitted });
  for (const stage of stages.values())
    if (stage.kind === 'minimize' && stage.terms.every(t => reached.has(t.objective)))
      warnFrozenAtRandom(frame, stage, stages, reached);
  for (const stage of stages.values())
    if (stage.kind === 'minimize') warnUnfitted(frame, stage, stages, reached);
  const done = new Set<string>();
  for (const member of members) {
    const chain: string[] = [];
    let at: string | undefined = member.name.text;
    while (at !== undefined && !done.has(at)) {
      chain.push(at);
      done.add(at);
      at = stages.get(at)?.from;
    }
    if (at === undefined || !chain.includes(at)) continue;
    const [first, ...others] = members.filter(m => chain.slice(chain.indexOf(at)).includes(m.name.text));
    if (first === undefined) continue;
    complain(frame, 'stage-cycle', { stage: first.name.text }, first.from[0]?.span ?? first.name.span, {
      related: others.map(m => ({
        span: m.from[0]?.span ?? m.name.span,
        message: `${m.name.text} starts here`,
      })),
    });
  }
  return stages;
}

/** train and freeze together name every weight that the stage's objectives reach, each once. */
function checkPartition(
  declared: Declared,
  stage: MinimizeStage,
  member: StageMember,
  reached: ReadonlyMap<string, Reached>,
): void {
  const { frame } = declared;
  const paths = stage.reached;
  const states = stage.terms.flatMap(t => [...(reached.get(t.objective)?.states ?? [])]);
  // What stands behind stop alone has no gradient: it may be called frozen, which it is.
  const read = stage.terms.flatMap(t => reached.get(t.objective)?.read ?? []);
  let fits = true;
  for (const p of [...stage.train, ...stage.freeze]) {
    if (isWild(p) || paths.some(path => namesWeight(p, path))) continue;
    if (stage.freeze.includes(p) && read.some(path => namesWeight(p, path))) continue;
    const state = states.find(({ path }) => namesWeight(p, path));
    if (state !== undefined) {
      complain(frame, 'names-a-state', { pattern: p.text, ...state }, p.span);
      fits = false;
      continue;
    }
    const reached = [...new Set(paths.map(path => path.split('.')[0] ?? path))];
    const through = membersBehind(declared, [p.text]).filter(
      name => name !== p.text && reached.includes(name),
    );
    const suggestion = nearestPath(p.text, paths);
    if (through.length > 0) complain(frame, 'owns-no-weights', { name: p.text, through }, p.span);
    else complain(frame, 'matches-nothing', { pattern: p.text, parts: reached, suggestion }, p.span);
    fits = false;
  }
  const [all, rest] = [stage.train.find(isWild), stage.freeze.find(isWild)];
  if (all !== undefined && rest !== undefined) {
    const related = [{ span: all.span, message: 'trained here' }];
    complain(frame, 'trained-and-frozen', { path: 'what no pattern names' }, rest.span, { related });
    return;
  }
  const parts = partition(stage, paths);
  const [both] = parts.both;
  if (both !== undefined) {
    const names = (p: Pattern): boolean => !isWild(p) && namesWeight(p, both);
    const trained = stage.train.find(names);
    const frozen = stage.freeze.find(names);
    complain(frame, 'trained-and-frozen', { path: both }, frozen?.span ?? member.name.span, {
      related: trained === undefined ? [] : [{ span: trained.span, message: 'trained here' }],
    });
    fits = false;
  }
  if (!fits) return;
  if (parts.neither.length > 0)
    complain(frame, 'neither-trained-nor-frozen', { paths: parts.neither }, member.name.span);
  else if (parts.trained.length === 0 && paths.length > 0)
    complain(frame, 'everything-frozen', { stage: stage.name }, member.name.span);
}

/**
 * What is frozen before anything has trained it stays at the random numbers that it starts as: of a used model, or what
 * a stage trains that this one doesn't start from.
 */
function warnFrozenAtRandom(
  frame: Frame,
  stage: MinimizeStage,
  stages: ReadonlyMap<string, Stage>,
  reached: ReadonlyMap<string, Reached>,
): void {
  const { trained, frozen } = partition(stage, stage.reached);
  if (trained.length === 0) return;
  const known = new Set<string>();
  const seen = new Set<string>();
  for (let at: Stage | undefined = stage; at !== undefined && !seen.has(at.name); ) {
    seen.add(at.name);
    if (at !== stage && at.kind === 'minimize')
      for (const path of partition(at, at.reached).trained) known.add(path);
    for (const start of at.imports) for (const path of start.has) if (isTaken(start, path)) known.add(path);
    at = at.from === undefined ? undefined : stages.get(at.from);
  }
  const random = new Set(stage.terms.flatMap(t => [...(reached.get(t.objective)?.random ?? [])]));
  const roots = [...frame.trace.models.values()].map(({ declared: { frame: at } }) =>
    at.path === '' ? '' : `${at.path}.`,
  );
  const isUsed = (path: string): boolean => roots.some(root => path.startsWith(root));
  const elsewhere = trainedBeside(stage, stages);
  const paths = frozen.filter(
    path => (isUsed(path) || elsewhere.has(path)) && random.has(path) && !known.has(path),
  );
  const [first] = paths;
  if (first === undefined) return;
  const pattern = stage.freeze.find(p => namesWeight(p, first)) ?? stage.freeze.find(isWild);
  complain(frame, 'frozen-at-random', { stage: stage.name, paths }, pattern?.span ?? stage.span);
}

/** What is trained by stages that neither this one starts from nor start from it: most likely a `from` is missing. */
function trainedBeside(stage: Stage, stages: ReadonlyMap<string, Stage>): ReadonlySet<string> {
  const line = (of: Stage): ReadonlySet<string> => {
    const names = new Set<string>();
    for (let at: Stage | undefined = of; at !== undefined && !names.has(at.name); ) {
      names.add(at.name);
      at = at.from === undefined ? undefined : stages.get(at.from);
    }
    return names;
  };
  const before = line(stage);
  const beside = [...stages.values()].filter(s => !before.has(s.name) && !line(s).has(stage.name));
  return new Set(beside.flatMap(s => (s.kind === 'minimize' ? partition(s, s.reached).trained : [])));
}

/** A term whose weights are all frozen adds to the loss and teaches nothing. */
function warnFrozenTerms(frame: Frame, stage: MinimizeStage, reached: ReadonlyMap<string, Reached>): void {
  // A stage that trains nothing at all is told so once.
  if (partition(stage, stage.reached).trained.length === 0) return;
  for (const term of stage.terms) {
    const paths = [...(reached.get(term.objective)?.layers ?? [])];
    if (paths.length === 0 || partition(stage, paths).frozen.length < paths.length) continue;
    complain(frame, 'frozen-objective', { objective: term.objective, stage: stage.name }, term.span);
  }
}

/** The path that a pattern most likely meant: name by name from the left, as far as the pattern goes. */
function nearestPath(pattern: string, paths: readonly string[]): string | undefined {
  const depth = pattern.split('.').length;
  const heads = new Set(paths.map(path => path.split('.').slice(0, depth).join('.')));
  return nearestName(pattern, heads);
}
