// Whether two trees say the same, wherever their nodes stand.

/** Compares trees of the parser; spans don't count. */
export function sameTree(a: unknown, b: unknown): boolean {
  const pairs: (readonly [unknown, unknown])[] = [[a, b]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [x, y] = pair;
    if (typeof x !== 'object' || typeof y !== 'object' || x === null || y === null) {
      if (x !== y) return false;
      continue;
    }
    const keys = Object.keys(x).filter(counts);
    if (keys.length !== Object.keys(y).filter(counts).length) return false;
    for (const key of keys) {
      pairs.push([(x as Record<string, unknown>)[key], (y as Record<string, unknown>)[key]]);
    }
  }
  return true;
}

const counts = (key: string): boolean => key !== 'span' && key !== 'pathSpan';
