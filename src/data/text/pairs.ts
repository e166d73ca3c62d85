// Tokens made by merging the most frequent pair of neighbours within words, again and again (Sennrich et al. 2016).
// Deterministic: of pairs that are equally frequent the one with the lowest ids is merged.

export interface Pairs {
  /** Each word as ids of `tokens`. */
  readonly pieces: number[][];
  /** How often each word is met. */
  readonly counts: readonly number[];
  /** What words are made of at first. */
  readonly tokens: readonly string[];
  /** The token of two tokens side by side. */
  readonly join: (left: string, right: string) => string;
  /** Most tokens. */
  readonly size: number;
}

export interface FittedPairs {
  /** Every token's text, those of the start first. */
  readonly tokens: readonly string[];
  /** Pairs of indices into `tokens`, in order of merging. */
  readonly merges: readonly (readonly [number, number])[];
}

const PAIR = 2 ** 24;

/** Merges until there are `size` tokens or no pair is found twice. */
export function fitPairs({ pieces, counts, tokens: start, join, size }: Pairs): FittedPairs {
  const pairCounts = new Map<number, number>();
  const pairWords = new Map<number, Set<number>>();
  const heap = maxHeap();
  const change = (pair: number, by: number, word: number): void => {
    const count = (pairCounts.get(pair) ?? 0) + by;
    pairCounts.set(pair, count);
    if (by < 0) return;
    const where = pairWords.get(pair);
    if (where === undefined) pairWords.set(pair, new Set([word]));
    else where.add(word);
  };
  for (const [w, piece] of pieces.entries())
    for (let i = 1; i < piece.length; i++)
      change((piece[i - 1] as number) * PAIR + (piece[i] as number), counts[w] as number, w);
  for (const [pair, count] of pairCounts) heap.push(pair, count);
  const tokens = [...start];
  const ids = new Map(start.map((token, id) => [token, id]));
  const merges: [number, number][] = [];
  while (tokens.length < size) {
    const top = heap.pop();
    if (top === undefined || top.count < 2) break;
    // An entry of the heap is old where the pair's count has changed since.
    if (pairCounts.get(top.pair) !== top.count) continue;
    const left = Math.floor(top.pair / PAIR);
    const right = top.pair % PAIR;
    const text = join(tokens[left] as string, tokens[right] as string);
    // Two pairs may spell one token.
    const merged = ids.get(text) ?? tokens.length;
    if (merged === tokens.length) tokens.push(text);
    ids.set(text, merged);
    merges.push([left, right]);
    const touched = new Set<number>();
    for (const w of pairWords.get(top.pair) ?? []) {
      const before = pieces[w] as number[];
      const after = mergePair(before, left, right, merged);
      if (after.length === before.length) continue;
      const count = counts[w] as number;
      for (let i = 1; i < before.length; i++) {
        const pair = (before[i - 1] as number) * PAIR + (before[i] as number);
        change(pair, -count, w);
        touched.add(pair);
      }
      for (let i = 1; i < after.length; i++) {
        const pair = (after[i - 1] as number) * PAIR + (after[i] as number);
        change(pair, count, w);
        touched.add(pair);
      }
      pieces[w] = after;
    }
    pairCounts.delete(top.pair);
    pairWords.delete(top.pair);
    touched.delete(top.pair);
    for (const pair of touched) heap.push(pair, pairCounts.get(pair) ?? 0);
  }
  return { tokens, merges };
}

function mergePair(piece: readonly number[], left: number, right: number, merged: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < piece.length; i++) {
    if (piece[i] === left && piece[i + 1] === right) {
      out.push(merged);
      i += 1;
    } else out.push(piece[i] as number);
  }
  return out;
}

interface HeapEntry {
  readonly pair: number;
  readonly count: number;
}

/** Highest count first, then the lowest pair. */
function maxHeap(): { push(pair: number, count: number): void; pop(): HeapEntry | undefined } {
  const heap: HeapEntry[] = [];
  const before = (a: HeapEntry, b: HeapEntry): boolean =>
    a.count !== b.count ? a.count > b.count : a.pair < b.pair;
  const swap = (i: number, j: number): void => {
    const held = heap[i] as HeapEntry;
    heap[i] = heap[j] as HeapEntry;
    heap[j] = held;
  };
  return {
    push(pair, count) {
      if (count < 2) return;
      heap.push({ pair, count });
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!before(heap[i] as HeapEntry, heap[parent] as HeapEntry)) break;
        swap(i, parent);
        i = parent;
      }
    },
    pop() {
      const [top] = heap;
      const last = heap.pop();
      if (heap.length > 0 && last !== undefined) {
        heap[0] = last;
        for (let i = 0; ; ) {
          let first = i;
          for (const child of [2 * i + 1, 2 * i + 2])
            if (child < heap.length && before(heap[child] as HeapEntry, heap[first] as HeapEntry))
              first = child;
          if (first === i) break;
          swap(i, first);
          i = first;
        }
      }
      return top;
    },
  };
}
