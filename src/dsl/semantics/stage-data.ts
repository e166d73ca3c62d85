// Where a stage's rows come from: `on stamps.train with picture: [shift(2)] batch 128`.

import { nearestName } from '../../base/nearest-name.ts';
import { toNumber } from '../../base/rational.ts';
import {
  completeSettings,
  settingName,
  type TransformRule,
  transformRule,
  transformsOf,
} from '../../base/transform.ts';
import type { DataUse, Expr } from '../syntax/ast.ts';
import type { ModalityKind, StageData, Transform } from './model.ts';
import { lookUp } from './scope.ts';
import { evaluateQuantity, readNumber } from './settings.ts';
import type { StageContext } from './stages.ts';
import { complain, type Frame } from './trace.ts';

export function readData(context: StageContext, use: DataUse, needsBatch: boolean): StageData | undefined {
  const { frame } = context.declared;
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
  const fields = fieldsOf(context);
  for (const t of use.transforms) {
    const field = fields.get(t.field.text);
    if (field === undefined && isWrong(context, t.field.text)) {
      fits = false;
      continue;
    }
    if (field === undefined) {
      complain(
        frame,
        'unknown-name',
        { name: t.field.text, what: 'field', suggestion: nearestName(t.field.text, fields.keys()) },
        t.field.span,
      );
      fits = false;
      continue;
    }
    const list = readTransforms(frame, t.list, field);
    if (list === undefined) fits = false;
    else transforms.set(t.field.text, list);
  }
  return fits ? { set: use.set.text, split: use.split.text, batch, transforms, span: use.span } : undefined;
}

/** Fields that can be augmented, by their modalities. */
function fieldsOf({ declared, objectives }: StageContext): ReadonlyMap<string, ModalityKind> {
  const fields = new Map<string, ModalityKind>();
  for (const objective of objectives.values()) {
    for (const p of objective.params) {
      const info = p.type.kind === 'tensor' ? declared.modalities.get(p.type.base.text) : undefined;
      if (info !== undefined) fields.set(p.name.text, info.spec);
    }
  }
  return fields;
}

/** Whether a field's modality is one with a mistake, which was reported. */
function isWrong({ declared, objectives }: StageContext, field: string): boolean {
  return [...objectives.values()]
    .flatMap(o => o.params)
    .some(
      ({ name, type }) =>
        name.text === field &&
        type.kind === 'tensor' &&
        lookUp(declared.scope, type.base.text)?.value.kind === 'error',
    );
}

/** A list of calls, each with numbers and ranges: [shift(2), scale(0.9..1.1)]. */
function readTransforms(frame: Frame, e: Expr, field: ModalityKind): readonly Transform[] | undefined {
  const items = e.kind === 'list' ? e.items : [e];
  const transforms = items.map(item => readTransform(frame, item, field));
  const right = transforms.filter(t => t !== undefined);
  return right.length === transforms.length ? right : undefined;
}

function readTransform(frame: Frame, item: Expr, field: ModalityKind): Transform | undefined {
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
  const rule = transformRule(field.kind, name);
  if (rule === undefined) {
    const known = Object.keys(transformsOf[field.kind]);
    const near = nearestName(name, known) ?? `one of ${known.join(', ')}`;
    const what = `augmentation of ${plural[field.kind]}`;
    complain(frame, 'unknown-name', { name, what, suggestion: near }, item.span);
    return undefined;
  }
  if (rule.of === 'features' && field.kind === 'audio' && field.features === undefined) {
    const reason = 'changes features, and this modality is a waveform';
    complain(frame, 'bad-setting', { setting: name, reason }, item.span);
    return undefined;
  }
  const given: Record<string, number> = {};
  for (const [i, a] of item.args.entries()) {
    const key = a.name?.text ?? String(i);
    const range = a.value.kind === 'binary' && a.value.op === '..' ? a.value : undefined;
    const numbers =
      range === undefined
        ? [[key, a.value] as const]
        : ([
            [`${key}.from`, range.left],
            [`${key}.to`, range.right],
          ] as const);
    for (const [k, n] of numbers) {
      const value = readSetting(frame, n, rule, k, name);
      if (value === undefined) return undefined;
      given[k] = value;
    }
  }
  const completed = completeSettings(rule, given);
  if ('problem' in completed) {
    complain(frame, 'bad-setting', { setting: `${name}:`, reason: completed.problem }, item.span);
    return undefined;
  }
  return { name, settings: completed.settings, span: item.span };
}

const plural = { image: 'images', text: 'texts', audio: 'recordings', video: 'videos' } as const;

/** A number, or a time in seconds where the setting is one. */
function readSetting(
  frame: Frame,
  e: Expr,
  rule: TransformRule,
  key: string,
  name: string,
): number | undefined {
  const setting = settingName(Object.keys(rule.settings), key);
  const where = `${setting ?? key} of ${name}`;
  if (setting === undefined || rule.settings[setting]?.unit === undefined)
    return readNumber(frame, e, where, {});
  const time = evaluateQuantity(frame, e, { name: where, kind: 'time', zero: true });
  return time === undefined ? undefined : toNumber(time.amount);
}
