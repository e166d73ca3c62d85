// Which boxes of a model's picture changed: of either side, from the pictures themselves and from what the locks say.

import type { Diagram } from '../compiler/diagram-data.ts';
import type { Mark } from '../compiler/draw-svg.ts';
import type { Change } from '../versioning/changes.ts';

export interface Marks {
  readonly old: ReadonlyMap<string, Mark>;
  readonly now: ReadonlyMap<string, Mark>;
}

export function marksOf(old: Diagram, now: Diagram, changes: readonly Change[]): Marks {
  return { old: side(old, now, changes, 'gone'), now: side(now, old, changes, 'added') };
}

function side(
  own: Diagram,
  other: Diagram,
  changes: readonly Change[],
  alone: Mark,
): ReadonlyMap<string, Mark> {
  const marks = new Map<string, Mark>();
  const theirs = new Map([...other.nodes, ...other.groups].map(box => [box.id, box] as const));
  // A join is called by its place among all operations, which moves with what stands before it.
  const boxes = [...own.nodes.filter(n => n.kind !== 'join'), ...own.groups];
  for (const { id, name, notes } of boxes) {
    const twin = theirs.get(id);
    if (twin === undefined) marks.set(id, alone);
    else if (twin.name !== name || twin.notes.join('\n') !== notes.join('\n')) marks.set(id, 'changed');
  }
  const ids = new Map(boxes.map(({ id }) => [boxPath(id), id] as const));
  for (const change of changes) {
    const at = boxOf(change, ids, own);
    if (at !== undefined && !marks.has(at)) marks.set(at, 'changed');
  }
  const stages = new Map(other.stages.map(s => [s.name, JSON.stringify(s)]));
  for (const stage of own.stages) {
    const twin = stages.get(stage.name);
    if (twin === undefined) marks.set(`stage ${stage.name}`, alone);
    else if (twin !== JSON.stringify(stage)) marks.set(`stage ${stage.name}`, 'changed');
  }
  return marks;
}

/** The innermost box that a change is of. */
function boxOf(
  { kind, path }: Change,
  ids: ReadonlyMap<string, string>,
  { stages }: Diagram,
): string | undefined {
  const subject = path.split(' ', 1)[0] ?? '';
  switch (kind) {
    case 'part':
    case 'weight': {
      const names = withoutLayers(subject).split('.');
      for (let length = names.length; length > 0; length--) {
        const id = ids.get(names.slice(0, length).join('.'));
        if (id !== undefined) return id;
      }
      return undefined;
    }
    case 'stage':
      return stages.some(s => s.name === subject) ? `stage ${subject}` : undefined;
    case 'export':
    case 'modality':
      return ids.get(`${kind} ${subject}`);
    case 'labels':
    case 'model':
    case 'version':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** `look/transformer/layers/norm1` is look.transformer.layers.norm1 in every layer. */
const boxPath = (id: string): string => id.replaceAll('/', '.');
const withoutLayers = (path: string): string => path.replace(/\.(\d+|\{\d+\.\.\d+\})(?=\.|$)/g, '');
