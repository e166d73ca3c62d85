// Where a stage's rows come from: `on stamps.train with picture: [shift(2)] batch 128`.

import { nearestName } from '../../base/nearest-name.ts';
import type { DataUse, Expr } from '../syntax/ast.ts';
import type { StageData, Transform } from './model.ts';
import { readNumber } from './settings.ts';
import type { StageContext } from './stages.ts';
import { complain, type Frame } from './trace.ts';

export function readData(context: StageContext, use: DataUse, needsBatch: boolean): StageData | undefined {
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
