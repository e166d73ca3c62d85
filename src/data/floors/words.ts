// Captions as bags of words: unit vectors over the words of the training captions.

export interface BagOfWords {
  /** Words with their weights: 1 / √(known words). */
  readonly words: readonly number[];
  readonly weight: number;
}

export type Bagger = (caption: string) => BagOfWords;

const wordsOf = (caption: string): ReadonlySet<string> =>
  new Set(caption.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);

/** Reads captions over the words of `captions`; words that aren't among these are left out. */
export function bagger(captions: readonly string[]): { readonly bag: Bagger; readonly size: number } {
  const known = new Map<string, number>();
  for (const caption of captions)
    for (const word of wordsOf(caption)) if (!known.has(word)) known.set(word, known.size);
  const bag = (caption: string): BagOfWords => {
    const words = [...wordsOf(caption)].map(w => known.get(w)).filter(w => w !== undefined);
    return { words, weight: words.length === 0 ? 0 : 1 / Math.sqrt(words.length) };
  };
  return { bag, size: known.size };
}
