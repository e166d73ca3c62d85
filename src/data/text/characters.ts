// A vocabulary of single characters, as speech recognition often has.

/** The characters of the texts in order of code unit: the `size` most frequent ones, those beyond are unknown. */
export function fitCharacters(texts: Iterable<string>, size: number): readonly string[] {
  const met = new Map<string, number>();
  for (const text of texts) for (const c of text) met.set(c, (met.get(c) ?? 0) + 1);
  return [...byFrequency(met, size)].sort((a, b) => (a < b ? -1 : 1));
}

/** The `most` keys of the highest counts; of equal ones the first in order. */
export function byFrequency(counts: ReadonlyMap<string, number>, most: number): readonly string[] {
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([key]) => key);
}
