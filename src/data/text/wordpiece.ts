// WordPiece fitted as Hugging Face's trainer fits it: words normalized and split as for BERT (arXiv:1810.04805), pairs
// merged as in byte-pair encoding, pieces within a word written with ## before them.

import { byFrequency } from './characters.ts';
import { fitPairs } from './pairs.ts';

export const continuing = '##';

/** Longer words are unknown, as in Hugging Face's model. */
export const longestWord = 100;

/** Hugging Face's limit for BERT. */
const MOST_CHARACTERS = 1000;

/**
 * At most `size` pieces: single characters first, in order of code point, then those within words, then what was
 * merged. Characters beyond the thousand most frequent are unknown.
 */
export function fitWordpiece(words: Iterable<string>, size: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const all = [...counts]
    .filter(([word]) => [...word].length <= longestWord)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const met = new Map<string, number>();
  for (const [word, count] of all) for (const c of word) met.set(c, (met.get(c) ?? 0) + count);
  // A character may stand at the start of words and within them: it needs room for two pieces.
  const alphabet = new Set(byFrequency(met, Math.min(MOST_CHARACTERS, Math.floor(size / 2))));
  const spelled = all.filter(([word]) => [...word].every(c => alphabet.has(c)));
  const pieces = spelled.map(([word]) => [...word].map((c, i) => (i === 0 ? c : `${continuing}${c}`)));
  const within = new Set(pieces.flat().filter(p => p.startsWith(continuing) && p.length > continuing.length));
  const tokens = [...new Set([...inOrder(alphabet), ...inOrder(within)])];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  return fitPairs({
    pieces: pieces.map(word => word.map(piece => ids.get(piece) as number)),
    counts: spelled.map(([, count]) => count),
    tokens,
    join: (left, right) => `${left}${right.slice(continuing.length)}`,
    size,
  }).tokens;
}

const inOrder = (pieces: Iterable<string>): readonly string[] => [...pieces].sort((a, b) => (a < b ? -1 : 1));
