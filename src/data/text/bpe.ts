// Byte-level byte-pair encoding fitted on texts (Sennrich et al. 2016; bytes and word pattern as in GPT-2, Radford et
// al. 2019). Deterministic: of pairs that are equally frequent the one with the lowest ids is merged.

/** Apostrophe endings, words, numbers, other signs, each with the space before it. */
export const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** GPT-2's alphabet: every byte as one printable character. */
export const byteAlphabet: readonly string[] = (() => {
  const alphabet: string[] = [];
  let extra = 0;
  for (let b = 0; b < 256; b++) {
    const printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    alphabet.push(String.fromCodePoint(printable ? b : 256 + extra++));
  }
  return alphabet;
})();

export interface FittedBpe {
  /** Every token's text in the byte alphabet; single bytes first, in order of byte. */
  readonly tokens: readonly string[];
  /** Pairs of indices into `tokens`, in order of merging. */
  readonly merges: readonly (readonly [number, number])[];
}

const PAIR = 2 ** 24;

/**
 * Merges the most frequent pair within words until there are `size` tokens (at least 256) or no pair is found twice.
 */
export function fitBpe(texts: Iterable<string>, size: number): FittedBpe {
  const words = countWords(texts);
  const pieces = words.map(([word]) => Array.from(new TextEncoder().encode(word)));
  const counts = words.map(([, count]) => count);
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
  const tokens = [...byteAlphabet];
  const merges: [number, number][] = [];
  while (tokens.length < size) {
    const top = heap.pop();
    if (top === undefined || top.count < 2) break;
    // An entry of the heap is old where the pair's count has changed since.
    if (pairCounts.get(top.pair) !== top.count) continue;
    const left = Math.floor(top.pair / PAIR);
    const right = top.pair % PAIR;
    const merged = tokens.length;
    tokens.push(`${tokens[left]}${tokens[right]}`);
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

/** Words with their counts, in order of the text; each text stands after a space, so its first word is like others. */
function countWords(texts: Iterable<string>): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of spaced(text).match(wordPattern) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A first word looks like any other: it has a space before it. */
export const spaced = (text: string): string => (text.startsWith(' ') ? text : ` ${text}`);

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
