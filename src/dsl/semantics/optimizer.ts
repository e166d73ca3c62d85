// A stage's optimizer and its learning rate over the steps, read from calls: adamw(rate: cosine(peak: 5e-4, warmup: 200)).

import { nearestName } from '../../base/nearest-name.ts';
import type { CallExpr, Expr } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import type { Optimizer, RateSchedule } from './model.ts';
import { type NumberSetting, type Placed, placeArgs, readNumber, readNumbers } from './settings.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';
import { showType } from './values.ts';

type Kind = Optimizer['kind'];
type Own<K extends Kind> = Omit<Extract<Optimizer, { kind: K }>, 'kind' | keyof Common>;
type Common = Pick<Optimizer, 'rate' | 'decay' | 'clip' | 'layerDecay'>;

/** An optimizer as it is written: what it takes beside what all of them take, and what is made of it. */
interface OptimizerForm<K extends Kind> {
  readonly numbers: readonly NumberSetting[];
  readonly flags: readonly string[];
  readonly make: (number: (name: string) => number, flag: (name: string) => boolean) => Own<K>;
  /** What is wrong with settings that are right one by one: which one, and why. */
  readonly refuse?: (made: Own<K>) => { readonly setting: string; readonly reason: string } | undefined;
}

/** Every optimizer by its name; its step is in src/compiler/update-rules.ts. */
export const optimizerForms: { readonly [K in Kind]: OptimizerForm<K> } = {
  adamw: {
    numbers: [
      { name: 'beta1', fallback: 0.9, least: 0, most: 0.999999 },
      { name: 'beta2', fallback: 0.999, least: 0, most: 0.9999999 },
      { name: 'epsilon', fallback: 1e-8, above: 0 },
    ],
    flags: [],
    make: number => ({ beta1: number('beta1'), beta2: number('beta2'), epsilon: number('epsilon') }),
  },
  sgd: {
    numbers: [{ name: 'momentum', fallback: 0, least: 0, most: 0.999999 }],
    flags: ['nesterov'],
    make: (number, flag) => ({ momentum: number('momentum'), nesterov: flag('nesterov') }),
    refuse: ({ momentum, nesterov }) =>
      nesterov && momentum === 0
        ? { setting: 'nesterov', reason: 'looks ahead along the momentum, and there is none: give momentum' }
        : undefined,
  },
};

/** What an optimizer takes beside its rate and its own settings. */
export const commonSettings: Readonly<Record<Kind, readonly NumberSetting[]>> = {
  adamw: settingsOfAll(0.01),
  sgd: settingsOfAll(0),
};

function settingsOfAll(decay: number): readonly NumberSetting[] {
  return [
    { name: 'decay', fallback: decay, least: 0 },
    { name: 'clip', fallback: Number.POSITIVE_INFINITY, above: 0 },
    { name: 'layer_decay', fallback: 1, above: 0, most: 1 },
  ];
}

const warmup: NumberSetting = { name: 'warmup', fallback: 0, whole: true, least: 0 };
const falling: readonly NumberSetting[] = [
  { name: 'peak', above: 0 },
  warmup,
  { name: 'floor', fallback: 0, least: 0 },
];

/** Learning rates over the steps, by name. */
export const scheduleSettings: Readonly<Record<RateSchedule['kind'], readonly NumberSetting[]>> = {
  constant: [{ name: 'rate', above: 0 }, warmup],
  cosine: falling,
  linear: falling,
};

export function readOptimizer(frame: Frame, e: Expr): Optimizer | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind === 'call' && name === 'adamw') return readForm(frame, e, name, optimizerForms[name]);
  if (e.kind === 'call' && name === 'sgd') return readForm(frame, e, name, optimizerForms[name]);
  const known = Object.keys(optimizerForms);
  complain(
    frame,
    'unknown-name',
    { name: name ?? showExpr(e), what: 'optimizer', suggestion: nearestName(name ?? '', known) },
    e.kind === 'call' ? e.callee.span : e.span,
    { help: 'write adamw(rate: …, decay: …) or sgd(rate: …, momentum: …)' },
  );
  return undefined;
}

function readForm<K extends Kind>(
  frame: Frame,
  e: CallExpr,
  kind: K,
  form: OptimizerForm<K>,
): (Common & Own<K> & { readonly kind: K }) | undefined {
  const settings = [...commonSettings[kind], ...form.numbers];
  const args = placeArgs(frame, e, kind, ['rate', ...settings.map(s => s.name), ...form.flags]);
  const numbers = readNumbers(frame, args, settings);
  const flags = readFlags(frame, args, form.flags);
  const rate = args.placed.get('rate');
  if (rate === undefined) {
    const type = 'a number, or cosine(peak: 5e-4, warmup: 200)';
    if (args.fits) complain(frame, 'missing-argument', { callee: kind, name: 'rate', type }, e.span);
    return undefined;
  }
  const schedule = readSchedule(frame, rate);
  if (numbers === undefined || flags === undefined || schedule === undefined) return undefined;
  const number = (name: string): number => numbers.get(name) ?? 0;
  const made = form.make(number, name => flags.has(name));
  const refused = form.refuse?.(made);
  if (refused !== undefined) {
    const { setting, reason } = refused;
    const { span } = args.placed.get(setting) ?? e;
    complain(frame, 'bad-setting', { setting: `${setting} of ${kind}`, reason }, span);
    return undefined;
  }
  const clip = number('clip');
  return {
    kind,
    rate: schedule,
    decay: number('decay'),
    clip: Number.isFinite(clip) ? clip : undefined,
    ...(number('layer_decay') === 1 ? {} : { layerDecay: number('layer_decay') }),
    ...made,
  };
}

/** The flags that are set; undefined where one is neither true nor false, which is reported. */
function readFlags(frame: Frame, call: Placed, names: readonly string[]): ReadonlySet<string> | undefined {
  const set = new Set<string>();
  let fits = true;
  for (const name of names) {
    const e = call.placed.get(name);
    if (e === undefined) continue;
    const value = evaluate(frame, e);
    if (value.kind === 'bool' && value.value !== undefined) {
      if (value.value) set.add(name);
      continue;
    }
    fits = false;
    if (value.kind === 'error') continue;
    const where = `${name} of ${call.callee}`;
    complain(frame, 'wrong-kind', { where, expected: 'true or false', got: showType(value) }, e.span);
  }
  return fits ? set : undefined;
}

function readSchedule(frame: Frame, e: Expr): RateSchedule | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind !== 'call') {
    const rate = readNumber(frame, e, 'rate', { above: 0 });
    return rate === undefined ? undefined : { kind: 'constant', rate, warmup: 0 };
  }
  const suggestion = nearestName(name ?? '', ['cosine', 'linear', 'constant']);
  if (name !== 'cosine' && name !== 'linear' && name !== 'constant') {
    complain(
      frame,
      'unknown-name',
      {
        name: name ?? showExpr(e.callee),
        what: 'rate schedule',
        suggestion,
      },
      e.callee.span,
      suggestion === undefined ? { help: 'write cosine(peak: …, warmup: …), linear(…) or constant(…)' } : {},
    );
    return undefined;
  }
  const settings = scheduleSettings[name];
  const args = placeArgs(
    frame,
    e,
    name,
    settings.map(s => s.name),
  );
  const numbers = readNumbers(frame, args, settings);
  if (numbers === undefined) return undefined;
  const get = (key: string): number => numbers.get(key) ?? 0;
  if (name === 'constant') return { kind: name, rate: get('rate'), warmup: get('warmup') };
  return { kind: name, peak: get('peak'), warmup: get('warmup'), floor: get('floor') };
}
