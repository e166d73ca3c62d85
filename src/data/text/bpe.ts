// Byte-level byte-pair encoding fitted on texts (Sennrich et al. 2016; bytes and word pattern as in GPT-2, Radford et
// al. 2019). Deterministic: of pairs that are equally frequent the one with the lowest ids is merged.

import { type FittedPairs, fitPairs } from './pairs.ts';

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

/**
 * Merges the most frequent pair within words until there are `size` tokens (at least 256) or no pair is found twice.
 * Tokens are texts in the byte alphabet, single bytes first, in order of byte.
 */
export function fitBpe(texts: Iterable<string>, size: number): FittedPairs {
  const words = countWords(texts);
  return fitPairs({
    pieces: words.map(([word]) => Array.from(new TextEncoder().encode(word))),
    counts: words.map(([, count]) => count),
    tokens: byteAlphabet,
    join: (left, right) => `${left}${right}`,
    size,
  });
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
