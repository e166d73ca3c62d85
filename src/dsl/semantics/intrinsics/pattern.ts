// Patterns of einsum and rearrange: names separated by blanks, groups in parentheses. Parsed and checked here,
// applied by their functions.

export interface AxisGroup {
  readonly names: readonly string[];
}

export type PatternSide = readonly AxisGroup[];

/** One side of a pattern, or what is wrong with it. */
export function parseSide(text: string): PatternSide | { readonly wrong: string } {
  const groups: AxisGroup[] = [];
  let open: string[] | undefined;
  for (const token of text.match(/[()]|[^\s()]+/g) ?? []) {
    if (token === '(') {
      if (open !== undefined) return { wrong: 'groups do not nest' };
      open = [];
    } else if (token === ')') {
      if (open === undefined) return { wrong: 'a ) without its (' };
      groups.push({ names: open });
      open = undefined;
    } else if (token === '...') {
      return {
        wrong: '... stands for no axes here: leading axes of a pack are one, and are named as the others are',
      };
    } else if (!/^[A-Za-z_]\w*$|^1$/.test(token)) {
      return { wrong: `${token} is not the name of an axis` };
    } else if (open !== undefined) open.push(token);
    else groups.push({ names: [token] });
  }
  if (open !== undefined) return { wrong: 'a ( without its )' };
  return groups;
}

/** `"a b -> b a"` as its two sides. */
export function splitArrow(pattern: string): readonly [string, string] | undefined {
  const parts = pattern.split('->');
  const [left, right] = parts;
  return parts.length === 2 && left !== undefined && right !== undefined ? [left, right] : undefined;
}

export function namesOf(side: PatternSide): readonly string[] {
  const names: string[] = [];
  for (const g of side) for (const n of g.names) if (n !== '1') names.push(n);
  return names;
}

export function twice(names: readonly string[]): string | undefined {
  return names.find((n, i) => names.indexOf(n) !== i);
}
