// A diagram with its groups laid out from the inside to the outside: a group is a box in the layout of the group
// around it, with a place on its border for every arrow that crosses it.

import type { Diagram, DiagramEdge, DiagramGroup, DiagramNode } from './diagram-data.ts';
import { type Layout, type LayoutEdge, type LayoutItem, layout } from './draw-layout.ts';
import { clipped, edgeText, groupTitle, monoWidth, textWidth } from './draw-text.ts';

export const nameSize = 13;
export const noteSize = 11;
export const labelSize = 11;
export const headHeight = 26;
const padding = 14;
/** Between a group's head and what stands in it. */
export const headGap = 6;

/** One arrow of a level: between its items, or from or to its border. */
export interface LevelEdge {
  readonly text: string;
  readonly tied: boolean;
  /** Whether it ends in a box; else it goes on outside. */
  readonly arrives: boolean;
  /** Whether it comes from the group's head. */
  readonly enters: boolean;
}

export interface Level {
  readonly group: DiagramGroup | undefined;
  readonly nodes: readonly DiagramNode[];
  readonly inner: readonly Level[];
  readonly layout: Layout;
  readonly edges: readonly LevelEdge[];
  /** Where the layout begins in the box of the group. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Where arrows cross its border, from the left, by key. */
  readonly entries: ReadonlyMap<string, number>;
  readonly exits: ReadonlyMap<string, number>;
}

export function nodeSize(node: DiagramNode): { readonly width: number; readonly height: number } {
  if (node.kind === 'join') {
    const width = textWidth(clipped(node.name), nameSize) + 12;
    return { width: Math.max(24, width), height: 24 };
  }
  const notes = node.notes.map(n => textWidth(clipped(n), noteSize));
  const width = Math.max(textWidth(clipped(node.name), nameSize, true), ...notes) + 26;
  return { width: Math.max(56, width), height: 31 + 14 * notes.length };
}

/** Lays out the whole diagram. */
export function layoutGroups(diagram: Diagram): Level {
  const parents = new Map<string, string | undefined>();
  for (const g of diagram.groups) parents.set(g.id, g.group);
  for (const n of diagram.nodes) parents.set(n.id, n.group);
  const around = (id: string): readonly (string | undefined)[] => {
    const chain: (string | undefined)[] = [];
    for (let at = parents.get(id); at !== undefined; at = parents.get(at)) chain.push(at);
    return [...chain, undefined];
  };
  /** Arrows by the level that draws a piece of them. */
  const crossing = new Map<string | undefined, DiagramEdge[]>();
  for (const e of diagram.edges) {
    for (const level of new Set([...around(e.from), ...around(e.to)])) {
      const list = crossing.get(level) ?? [];
      crossing.set(level, list);
      list.push(e);
    }
  }
  const members = new Map<string | undefined, { nodes: DiagramNode[]; groups: DiagramGroup[] }>();
  const membersOf = (id: string | undefined) => {
    const known = members.get(id) ?? { nodes: [], groups: [] };
    members.set(id, known);
    return known;
  };
  for (const n of diagram.nodes) membersOf(n.group).nodes.push(n);
  for (const g of diagram.groups) membersOf(g.group).groups.push(g);
  const build = (group: DiagramGroup | undefined): Level => {
    const { nodes, groups } = membersOf(group?.id);
    return level(group, nodes, groups.map(build), crossing.get(group?.id) ?? [], parents);
  };
  return build(undefined);
}

const entryKey = (e: DiagramEdge): string => `${e.from}\n${e.label}`;
const exitKey = (e: DiagramEdge): string => e.from;

function level(
  group: DiagramGroup | undefined,
  nodes: readonly DiagramNode[],
  inner: readonly Level[],
  crossing: readonly DiagramEdge[],
  parents: ReadonlyMap<string, string | undefined>,
): Level {
  const items: LayoutItem[] = [
    ...nodes.map(n => ({ ...nodeSize(n), low: n.kind === 'input' || n.kind === 'weight' })),
    ...inner,
  ];
  const index = new Map<string, number>(
    [...nodes.map(n => n.id), ...inner.map(l => l.group?.id ?? '')].map((id, i) => [id, i]),
  );
  /** The item of this level that holds a node; undefined where it is outside. */
  const itemOf = (id: string): number | undefined => {
    for (let at: string | undefined = id; at !== undefined; at = parents.get(at)) {
      if (parents.get(at) === group?.id) return index.get(at);
    }
    return undefined;
  };
  const ports = { entries: new Map<string, number>(), exits: new Map<string, number>() };
  const port = (side: 'entries' | 'exits', key: string): number => {
    const known = ports[side].get(key);
    if (known !== undefined) return known;
    const made =
      items.push({ width: 8, height: 0, ...(side === 'entries' ? { first: true } : { last: true }) }) - 1;
    ports[side].set(key, made);
    return made;
  };
  const drawn = new Map<string, LayoutEdge & LevelEdge>();
  for (const e of crossing) {
    const [a, b] = [itemOf(e.from), itemOf(e.to)];
    if (a === b) continue;
    const from = a ?? port('entries', entryKey(e));
    const to = b ?? port('exits', exitKey(e));
    const outer = a === undefined || b === undefined;
    const label = outer ? '' : clipped(edgeText(e));
    const key = `${from} ${to} ${outer ? '' : entryKey(e)}`;
    if (drawn.has(key) && (label === '' || drawn.get(key)?.text !== '')) continue;
    drawn.set(key, {
      from,
      to,
      fromX: a === undefined ? undefined : inner[a - nodes.length]?.exits.get(exitKey(e)),
      toX: b === undefined ? undefined : inner[b - nodes.length]?.entries.get(entryKey(e)),
      label: sized(label),
      text: label,
      tied: e.tied,
      arrives: b !== undefined,
      enters: a === undefined,
    });
  }
  const edges = [...drawn.values()];
  const made = layout(items, edges);
  const title = group === undefined ? 0 : textWidth(clipped(groupTitle(group)), 12, true) + 24;
  const head = group === undefined ? 0 : headHeight;
  const width = Math.max(title, made.width + 2 * padding);
  const left = (width - made.width) / 2;
  const top = head + (group === undefined ? 0 : ports.entries.size > 0 ? headGap : padding);
  const bottom = ports.exits.size > 0 || group === undefined ? 0 : padding;
  const at = (side: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
    new Map([...side].map(([key, i]) => [key, left + (made.places[i]?.x ?? 0) + 4]));
  return {
    group,
    nodes,
    inner,
    layout: made,
    edges,
    left,
    top,
    width,
    height: top + made.height + bottom,
    entries: at(ports.entries),
    exits: at(ports.exits),
  };
}

function sized(label: string) {
  return label === '' ? undefined : { width: monoWidth(label, labelSize) + 10, height: labelSize + 5 };
}
