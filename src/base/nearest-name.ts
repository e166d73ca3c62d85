// The known name that a mistyped one most likely meant.

/** Edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + same,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/**
 * The nearest of `known` to `name`, if it is near enough to be meant: at most a third of its letters differ, or one
 * begins with the other.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const known = [...names];
  let best: string | undefined;
  let least = Math.floor(name.length / 3) + 1;
  if (name.length > 100) return undefined;
  for (const candidate of known) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  if (best !== undefined || name.length < 3) return best;
  const begins = (a: string, b: string): boolean => a.length > b.length && a.startsWith(b) && b.length >= 3;
  for (const candidate of known) if (begins(candidate, name) || begins(name, candidate)) return candidate;
  return undefined;
}
