// A layered layout after Sugiyama et al. (IEEE SMC 11(2), 1981): rows by the longest path, long arrows split at every
// row, order by barycentres, places by weighted medians kept apart by regression. Labels take room like boxes, so
// nothing overlaps.

import { type Cell, type Link, neighbours, placeX, straight, straighten } from './draw-columns.ts';

export interface LayoutItem {
  readonly width: number;
  readonly height: number;
  /** In the first row, in the last one. */
  readonly first?: boolean;
  readonly last?: boolean;
  /** Drawn just above what reads it, and not on top. */
  readonly low?: boolean;
}

export interface LayoutEdge {
  readonly from: number;
  readonly to: number;
  /** Where it leaves and arrives, from the item's left; undefined: wherever is straight. */
  readonly fromX?: number | undefined;
  readonly toX?: number | undefined;
  readonly label?: { readonly width: number; readonly height: number } | undefined;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Left upper corners, by item. */
  readonly places: readonly Point[];
  /** From border to border, by edge: pairs of points between which the arrow bends, and straight lines between pairs. */
  readonly routes: readonly (readonly Point[])[];
  /** Middles of labels, by edge. */
  readonly labels: readonly (Point | undefined)[];
}

const rowGap = 15;
/** Arrows over more rows are drawn straight through them, so that work stays linear in the number of arrows. */
const longestSplit = 200;

export function layout(items: readonly LayoutItem[], edges: readonly LayoutEdge[]): Layout {
  const ranks = ranksOf(items, edges);
  const cells: Cell[] = items.map((item, i) => ({
    width: item.width,
    height: item.height,
    rank: ranks[i] ?? 0,
    item: i,
    x: 0,
  }));
  const links: Link[] = [];
  const chains = edges.map(e => split(e, cells, links));
  const rows = orderedRows(cells, links);
  placeX(cells, links, rows);
  const ys = placeY(cells, links, rows);
  straighten(chains, edges, cells, links, rows);
  const left = cells.reduce((least, c) => Math.min(least, c.x), Number.POSITIVE_INFINITY);
  for (const c of cells) c.x -= left;
  const { tops, heights, total } = ys;
  const yOf = (c: Cell): number =>
    (tops[c.rank] ?? 0) +
    (c.height === 0 || c.height > 100 ? 0 : Math.min(12, ((heights[c.rank] ?? 0) - c.height) / 2));
  const routes = edges.map((e, i) => route(e, chains[i] ?? [], cells, ys, yOf));
  const labels = edges.map((e, i) => {
    const cell = cells[(e.label === undefined ? undefined : chains[i]?.at(-1)) ?? -1];
    return cell === undefined ? undefined : { x: cell.x + cell.width / 2, y: yOf(cell) + cell.height / 2 };
  });
  return {
    width: cells.reduce((most, c) => Math.max(most, c.x + c.width), 0),
    height: total,
    places: items.map((_, i) => ({ x: cells[i]?.x ?? 0, y: cells[i] === undefined ? 0 : yOf(cells[i]) })),
    routes,
    labels,
  };
}

/** Even rows for items; odd ones between them for labels. Arrows of a cycle that lead back don't count. */
function ranksOf(items: readonly LayoutItem[], edges: readonly LayoutEdge[]): readonly number[] {
  const out: number[][] = items.map(() => []);
  const waiting = items.map(() => 0);
  for (const { from, to } of edges) {
    out[from]?.push(to);
    waiting[to] = (waiting[to] ?? 0) + 1;
  }
  const ranks = items.map(() => 0);
  const done = new Set<number>();
  const ready = items.flatMap((_, i) => (waiting[i] === 0 ? [i] : []));
  for (let met = 0; done.size < items.length; ) {
    // A cycle is opened at its first item.
    const at = ready.shift() ?? items.findIndex((_, i) => i >= met && !done.has(i));
    if (done.has(at)) continue;
    done.add(at);
    while (done.has(met)) met += 1;
    for (const to of out[at] ?? []) {
      if (done.has(to)) continue;
      ranks[to] = Math.max(ranks[to] ?? 0, (ranks[at] ?? 0) + 2);
      waiting[to] = (waiting[to] ?? 0) - 1;
      if (waiting[to] === 0) ready.push(to);
    }
  }
  for (const [i, item] of items.entries()) {
    const below = (out[i] ?? []).map(to => ranks[to] ?? 0);
    if (item.low === true && below.length > 0) ranks[i] = Math.max(0, Math.min(...below) - 2);
  }
  const deepest = Math.max(0, ...ranks);
  return ranks.map((r, i) =>
    items[i]?.last === true ? Math.max(deepest, 2) : items[i]?.first === true ? 0 : r,
  );
}

/** An arrow as pieces, one in each row that it crosses; the last holds its label. */
function split(edge: LayoutEdge, cells: Cell[], links: Link[]): readonly number[] {
  const { from, to, label } = edge;
  const start = cells[from]?.rank ?? 0;
  const end = cells[to]?.rank ?? 0;
  const chain: number[] = [];
  const near = end - start <= longestSplit ? start + 1 : end - 1;
  for (let rank = near; rank < end; rank++) {
    const size = rank === end - 1 && label !== undefined ? label : { width: 6, height: 0 };
    chain.push(cells.push({ ...size, rank, item: undefined, x: 0 }) - 1);
  }
  const all = [from, ...chain, to];
  const long = end - start > 2;
  for (let i = 0; i + 1 < all.length && end > start; i++) {
    const inner = i > 0 && i + 2 < all.length;
    links.push({
      from: all[i] ?? 0,
      to: all[i + 1] ?? 0,
      weight: inner || long ? 1 : straight,
      fromX: i === 0 ? edge.fromX : undefined,
      toX: i + 2 === all.length ? edge.toX : undefined,
    });
  }
  return chain;
}

/** Rows in an order with few crossings: each cell goes to the mean place of its neighbours, down and up. */
function orderedRows(cells: readonly Cell[], links: readonly Link[]): number[][] {
  const rows: number[][] = [];
  for (const [i, c] of cells.entries()) {
    for (let r = rows.length; r <= c.rank; r++) rows.push([]);
    rows[c.rank]?.push(i);
  }
  const { up, down } = neighbours(cells, links);
  const place = cells.map(() => 0);
  const number = (row: readonly number[]): void => {
    for (const [i, c] of row.entries()) place[c] = (i + 0.5) / row.length;
  };
  /** Where an arrow meets a cell: a group's border has places of its own. */
  const placeOf = (l: Link, end: 'from' | 'to'): number => {
    const at = l[end];
    const { width, rank } = cells[at] as Cell;
    const x = end === 'from' ? l.fromX : l.toX;
    const aside = x === undefined || width === 0 ? 0 : (x / width - 0.5) / (rows[rank]?.length ?? 1);
    return (place[at] ?? 0) + aside;
  };
  rows.forEach(number);
  const sort = (row: number[], near: readonly (readonly Link[])[], end: 'from' | 'to'): void => {
    const wish = new Map(
      row.map(c => {
        const own = near[c] ?? [];
        const sum = own.reduce((n, l) => n + placeOf(l, end), 0);
        return [c, own.length === 0 ? (place[c] ?? 0) : sum / own.length] as const;
      }),
    );
    row.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a - b);
    number(row);
  };
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const row of rows.slice(1)) sort(row, up, 'from');
    for (const row of rows.slice(0, -1).reverse()) sort(row, down, 'to');
  }
  for (const row of rows.slice(1)) sort(row, up, 'from');
  return rows;
}

interface Rows {
  readonly tops: readonly number[];
  readonly heights: readonly number[];
  readonly total: number;
}

/** Rows below each other; a gap grows where arrows go far to the side. */
function placeY(cells: readonly Cell[], links: readonly Link[], rows: readonly (readonly number[])[]): Rows {
  const heights = rows.map(row => Math.max(0, ...row.map(i => cells[i]?.height ?? 0)));
  const aside = rows.map(() => 0);
  for (const { from, to, fromX, toX } of links) {
    const [a, b] = [cells[from], cells[to]];
    if (a === undefined || b === undefined) continue;
    const far = Math.abs(a.x + (fromX ?? a.width / 2) - b.x - (toX ?? b.width / 2));
    aside[a.rank] = Math.max(aside[a.rank] ?? 0, far);
  }
  const tops: number[] = [];
  let y = 0;
  for (const [r, height] of heights.entries()) {
    tops.push(y);
    const gap = r + 1 < heights.length ? rowGap + Math.min(20, (aside[r] ?? 0) / 12) : 0;
    y += height + gap;
  }
  return { tops, heights, total: y };
}

function route(
  edge: LayoutEdge,
  chain: readonly number[],
  cells: readonly Cell[],
  { tops, heights }: Rows,
  yOf: (c: Cell) => number,
): readonly Point[] {
  const from = cells[edge.from] as Cell;
  const to = cells[edge.to] as Cell;
  const middles = chain.map(i => {
    const c = cells[i] as Cell;
    return { x: c.x + c.width / 2, rank: c.rank };
  });
  const border = (c: Cell, given: number | undefined, toward: number): number => {
    if (given !== undefined) return c.x + given;
    // Straight down where the box is wide enough for that.
    const inset = Math.min(c.width / 2, 14);
    return Math.min(Math.max(toward, c.x + inset), c.x + c.width - inset);
  };
  const start = border(from, edge.fromX, middles[0]?.x ?? from.x + from.width / 2);
  const end = border(to, edge.toX, middles.at(-1)?.x ?? start);
  return [
    { x: start, y: yOf(from) + from.height },
    { x: start, y: (tops[from.rank] ?? 0) + (heights[from.rank] ?? 0) },
    ...middles.flatMap(({ x, rank }) => [
      { x, y: tops[rank] ?? 0 },
      { x, y: (tops[rank] ?? 0) + (heights[rank] ?? 0) },
    ]),
    { x: end, y: tops[to.rank] ?? 0 },
    { x: end, y: yOf(to) },
  ];
}
