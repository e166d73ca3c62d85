// Where the cells of a layout stand along their rows: near the weighted medians of what they are linked with, kept
// apart by regression, and then in straight columns.

export interface Cell {
  readonly width: number;
  readonly height: number;
  readonly rank: number;
  /** Of items; a piece of an arrow has none. */
  readonly item: number | undefined;
  x: number;
}

export interface Link {
  readonly from: number;
  readonly to: number;
  /** How much it wants to be straight. */
  readonly weight: number;
  readonly fromX: number | undefined;
  readonly toX: number | undefined;
}

const between = 22;
/** How much arrows to the next row want to be straight; longer ones want it 1. */
export const straight = 4;

export function neighbours(cells: readonly Cell[], links: readonly Link[]) {
  const up: Link[][] = cells.map(() => []);
  const down: Link[][] = cells.map(() => []);
  for (const link of links) {
    down[link.from]?.push(link);
    up[link.to]?.push(link);
  }
  return { up, down };
}

/** Places cells along their rows, each near what it is linked with. */
export function placeX(
  cells: readonly Cell[],
  links: readonly Link[],
  rows: readonly (readonly number[])[],
): void {
  const { up, down } = neighbours(cells, links);
  const cell = (i: number): Cell => cells[i] as Cell;
  for (const row of rows) {
    let x = 0;
    for (const i of row) {
      cell(i).x = x;
      x += cell(i).width + between;
    }
  }
  const wish = (i: number, ways: readonly ('up' | 'down')[]): readonly [number, number] | undefined => {
    const wishes: [number, number][] = [];
    const own = cell(i);
    if (ways.includes('up'))
      for (const l of up[i] ?? [])
        wishes.push([
          cell(l.from).x + (l.fromX ?? cell(l.from).width / 2) - (l.toX ?? own.width / 2),
          l.weight,
        ]);
    if (ways.includes('down'))
      for (const l of down[i] ?? [])
        wishes.push([cell(l.to).x + (l.toX ?? cell(l.to).width / 2) - (l.fromX ?? own.width / 2), l.weight]);
    return median(wishes);
  };
  const settle = (row: readonly number[], ways: readonly ('up' | 'down')[]): void => {
    const wishes = row.map(i => wish(i, ways) ?? ([cell(i).x, 0.01] as const));
    const placed = apart(
      row.map((i, k) => ({ wish: wishes[k]?.[0] ?? 0, weight: wishes[k]?.[1] ?? 1, width: cell(i).width })),
    );
    for (const [k, i] of row.entries()) cell(i).x = placed[k] ?? 0;
  };
  for (let sweep = 0; sweep < 8; sweep++) {
    for (const row of rows) settle(row, ['up']);
    for (const row of [...rows].reverse()) settle(row, ['down']);
  }
  for (let sweep = 0; sweep < 2; sweep++) for (const row of rows) settle(row, ['up', 'down']);
}

/** A cell of a column, and how far from its left the column goes through it. */
interface Through {
  readonly cell: number;
  readonly offset: number;
}

/** Puts the main way through the rows on straight lines, then the pieces of long arrows, where there is room. */
export function straighten(
  chains: readonly (readonly number[])[],
  edges: readonly { readonly label?: unknown }[],
  cells: readonly Cell[],
  links: readonly Link[],
  rows: readonly (readonly number[])[],
): void {
  const at = new Map(rows.flatMap(row => row.map((c, i) => [c, i] as const)));
  const middle = (cell: number): Through => ({ cell, offset: (cells[cell]?.width ?? 0) / 2 });
  const pieces = chains
    .map((chain, i) => (edges[i]?.label === undefined ? chain : chain.slice(0, -1)).map(middle))
    .filter(chain => chain.length > 1);
  // Once from each side: an arrow may only move once the one beside it has.
  const columns = [...mainWays(cells, links), ...pieces, ...[...pieces].reverse()];
  for (const column of columns) {
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    let part: Through[] = [];
    const settle = (): void => {
      const xs = part.map(({ cell, offset }) => (cells[cell]?.x ?? 0) + offset).sort((a, b) => a - b);
      const x = Math.min(high, Math.max(low, xs[xs.length >> 1] ?? 0));
      for (const { cell, offset } of part) (cells[cell] as Cell).x = x - offset;
      part = [];
    };
    for (const through of column) {
      const { rank, width } = cells[through.cell] as Cell;
      const place = at.get(through.cell) ?? 0;
      const before = cells[rows[rank]?.[place - 1] ?? -1];
      const after = cells[rows[rank]?.[place + 1] ?? -1];
      const least = before === undefined ? low : before.x + before.width + between + through.offset;
      const most = after === undefined ? high : after.x - between - width + through.offset;
      if (Math.max(low, least) > Math.min(high, most)) {
        settle();
        [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
        low = before === undefined ? low : least;
        high = after === undefined ? high : most;
      } else [low, high] = [Math.max(low, least), Math.min(high, most)];
      part.push(through);
    }
    settle();
  }
}

/** Columns of cells of which each follows the one above and no other. */
function mainWays(cells: readonly Cell[], links: readonly Link[]): readonly (readonly Through[])[] {
  const strong = links.filter(l => l.weight === straight);
  const { up, down } = neighbours(cells, strong);
  const only = strong.filter(l => up[l.to]?.length === 1 && down[l.from]?.length === 1);
  const above = new Map(only.map(l => [l.to, l]));
  const below = new Map(only.map(l => [l.from, l]));
  const middle = (cell: number): number => (cells[cell]?.width ?? 0) / 2;
  return cells.flatMap((_, i) => {
    if (!below.has(i) || above.has(i)) return [];
    const way: Through[] = [];
    let offset = below.get(i)?.fromX ?? middle(i);
    for (let cell: number | undefined = i; cell !== undefined; ) {
      way.push({ cell, offset });
      const next: Link | undefined = below.get(cell);
      if (next === undefined) break;
      const leaves = next.fromX ?? middle(cell);
      // A group may be left at another place than it was entered.
      offset = (next.toX ?? middle(next.to)) - (leaves - offset);
      cell = next.to;
    }
    return [way];
  });
}

/** The weighted median, with all the weight; the middle of two where both halves weigh the same. */
function median(wishes: readonly (readonly [number, number])[]): readonly [number, number] | undefined {
  const sorted = [...wishes].sort((a, b) => a[0] - b[0]);
  const total = sorted.reduce((n, [, w]) => n + w, 0);
  let seen = 0;
  for (const [i, [at, w]] of sorted.entries()) {
    seen += w;
    if (seen * 2 === total) return [(at + (sorted[i + 1]?.[0] ?? at)) / 2, total];
    if (seen * 2 > total) return [at, total];
  }
  return undefined;
}

/** Places in order, none overlapping, nearest to the wishes by least squares: pooled adjacent violators. */
function apart(
  row: readonly { readonly wish: number; readonly weight: number; readonly width: number }[],
): readonly number[] {
  const pools: { sum: number; weight: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { wish, weight, width } of row) {
    offsets.push(offset);
    pools.push({ sum: (wish - offset) * weight, weight, count: 1 });
    offset += width + between;
    for (;;) {
      const last = pools.at(-1);
      const before = pools.at(-2);
      if (last === undefined || before === undefined || before.sum / before.weight <= last.sum / last.weight)
        break;
      pools.splice(-2, 2, {
        sum: before.sum + last.sum,
        weight: before.weight + last.weight,
        count: before.count + last.count,
      });
    }
  }
  const starts = pools.flatMap(p => Array.from({ length: p.count }, () => p.sum / p.weight));
  return offsets.map((o, i) => o + (starts[i] ?? 0));
}
