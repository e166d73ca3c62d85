// Where two texts begin to differ, in lines.

export interface Difference {
  /** From 1, in the old text. */
  readonly line: number;
  readonly old: readonly string[];
  readonly new: readonly string[];
}

const shown = 4;
/** How far a line that both texts have is looked for. */
const searched = 50;

/** The first lines that differ, a few of each text; undefined where the texts are the same. */
export function firstDifference(before: string, after: string): Difference | undefined {
  if (before === after) return undefined;
  const [a, b] = [before.split('\n'), after.split('\n')];
  let first = 0;
  while (first < a.length && first < b.length && a[first] === b[first]) first += 1;
  const [lost, made] = untilCommon(a.slice(first, first + searched), b.slice(first, first + searched));
  return { line: first + 1, old: a.slice(first, first + lost), new: b.slice(first, first + made) };
}

/** How many lines of each stand before the nearest line with text that both have. */
function untilCommon(a: readonly string[], b: readonly string[]): readonly [number, number] {
  for (let sum = 0; sum < a.length + b.length; sum++) {
    for (let i = Math.max(0, sum - b.length + 1); i <= Math.min(sum, a.length - 1); i++) {
      const text = a[i] as string;
      if (text === b[sum - i] && (text.trim() !== '' || sum > shown)) {
        return [Math.min(i, shown), Math.min(sum - i, shown)];
      }
    }
  }
  return [Math.min(a.length, shown), Math.min(b.length, shown)];
}
