// Named entities: runs of tags in the manner of CoNLL.

import { f1Of } from './f1.ts';
import { type MetricDef, pairsOf } from './metric.ts';

/** An entity as one text: its type and its first and last place. */
type Entity = string;

/**
 * Entities of a sequence of tags in strict IOB2, as seqeval has it: B-X begins one of type X, I-X goes on with one of
 * the same type right before it; an I-X with nothing to go on from is none. A tag may be spelled B_X too.
 */
export function entitiesIn(tags: readonly string[]): ReadonlySet<Entity> {
  const found = new Set<Entity>();
  let open: { readonly type: string; readonly from: number } | undefined;
  const close = (to: number): void => {
    if (open !== undefined) found.add(`${open.type} ${open.from} ${to}`);
    open = undefined;
  };
  for (const [i, tag] of tags.entries()) {
    const [, mark, type = ''] = /^([BI])[-_](.+)$/.exec(tag) ?? [];
    if (mark === 'I' && open?.type === type) continue;
    close(i - 1);
    if (mark === 'B') open = { type, from: i };
  }
  close(tags.length - 1);
  return found;
}

const tag = (name: string) =>
  ({
    kind: 'value',
    name,
    wants: 'an index into labels for each token',
    fits: t => t.element === 'index' && t.of === 'labels' && t.axes === 2,
  }) as const satisfies MetricDef['params'][number];

export const entityF1: MetricDef = {
  name: 'entity_f1',
  doc: 'F₁ of entities, each right only with its type and both ends (CoNLL 2003; seqeval, strict IOB2), with precision and recall.',
  params: [tag('predicted'), tag('target')],
  alike: ['predicted', 'target'],
  better: 'more',
  shows: 'number',
  gives: ({ name }) => [name, `${name}/precision`, `${name}/recall`],
  leads: ({ name }) => name,
  fold: m => {
    let [right, found, wanted] = [0, 0, 0];
    return {
      add: batch => {
        const names = m.labels('target');
        for (const row of pairsOf(batch.value('predicted'), batch.value('target'), batch.rows)) {
          const own = entitiesIn(row.map(([p]) => names[p] ?? ''));
          const theirs = entitiesIn(row.map(([, t]) => names[t] ?? ''));
          found += own.size;
          wanted += theirs.size;
          for (const entity of own) if (theirs.has(entity)) right += 1;
        }
      },
      finish: () => ({
        metrics: new Map([
          [m.name, f1Of(right, found, wanted)],
          [`${m.name}/precision`, found === 0 ? 0 : right / found],
          [`${m.name}/recall`, wanted === 0 ? 0 : right / wanted],
        ]),
        chance: new Map(),
      }),
    };
  },
};
