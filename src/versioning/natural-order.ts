// Paths in the order in which people count: layer 2 before layer 10.

export function naturalOrder(a: string, b: string): number {
  const [x, y] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [p, q] = [x[i]!, y[i]!];
    if (p === q) continue;
    if (isCount(p) && isCount(q)) return Number(p) - Number(q);
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}

/** A name that a repeat gave: the number of a layer. */
export const isCount = (name: string): boolean => /^(0|[1-9][0-9]{0,8})$/.test(name);
