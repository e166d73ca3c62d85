// Numbers of a compiled graph as functions of how many rows its inputs have. Graphs are compiled for fixed sizes; the
// same graph compiled for several shows which of its numbers vary, and how: each must be a sum of products of sizes.

/** A size that stays open, by the name its axis has in the spec. */
export interface OpenSize {
  readonly name: string;
  /** Two sizes to compile for, and a third to check what they say. */
  readonly low: number;
  readonly high: number;
  readonly beyond: number;
}

/**
 * Large, so that no constant is stored whole and nothing is folded that depends on them, and unlike any size that a
 * model has, so that no two numbers of it are equal by chance.
 */
const trials: readonly (readonly [number, number, number])[] = [
  [20011, 20021, 30011],
  [40009, 40013, 50021],
  [60013, 60017, 70001],
];

/** How many sizes may stay open at once: the graph is compiled 2ⁿ + 1 times. */
export const mostOpen = trials.length;

export function openSizes(names: readonly string[]): readonly OpenSize[] {
  return names.map((name, i) => {
    const [low, high, beyond] = trials[i] ?? [];
    if (low === undefined || high === undefined || beyond === undefined)
      throw new Error(`at most ${mostOpen} sizes may stay open`);
    return { name, low, high, beyond };
  });
}

export type Sizes = ReadonlyMap<string, number>;

/** What to compile for: every choice of low and high (size i is high where bit i is set), then all beyond. */
export function trialSizes(open: readonly OpenSize[]): readonly Sizes[] {
  const corners = Array.from(
    { length: 2 ** open.length },
    (_, bits) => new Map(open.map((o, i) => [o.name, (bits >> i) & 1 ? o.high : o.low])),
  );
  return open.length === 0 ? corners : [...corners, new Map(open.map(o => [o.name, o.beyond]))];
}

/** Σ over sets of sizes of coefficient · their product; a set is a number with bit i for size i. */
export type Varying = readonly { readonly sizes: number; readonly times: number }[];

/**
 * The function that a number is, from its values at the trial sizes in their order; undefined where it is none with
 * whole coefficients. By differences: f = slope·x + rest along one size after another.
 */
export function varying(values: readonly number[], open: readonly OpenSize[]): Varying | undefined {
  const coefficients = values.slice(0, 2 ** open.length);
  for (const [i, { low, high }] of open.entries())
    for (const [bits, atHigh] of coefficients.entries()) {
      const without = bits & ~(1 << i);
      if (without === bits) continue;
      const atLow = coefficients[without] ?? Number.NaN;
      const slope = (atHigh - atLow) / (high - low);
      if (!Number.isSafeInteger(slope)) return undefined;
      coefficients[bits] = slope;
      coefficients[without] = atLow - slope * low;
    }
  const terms = coefficients.flatMap((times, sizes) => (times === 0 ? [] : [{ sizes, times }]));
  const last = values[2 ** open.length];
  const beyond = terms.reduce((sum, t) => sum + t.times * productOf(open, t.sizes), 0);
  return last === undefined || beyond === last ? terms : undefined;
}

const productOf = (open: readonly OpenSize[], bits: number): number =>
  open.reduce((n, o, i) => ((bits >> i) & 1 ? n * o.beyond : n), 1);

export const isConstant = (v: Varying): boolean => v.every(t => t.sizes === 0);

/** Which of the open sizes it takes, by their places. */
export const sizesIn = (v: Varying, open: readonly OpenSize[]): readonly number[] =>
  [...open.keys()].filter(i => v.some(t => (t.sizes >> i) & 1));

/** As people write it: `B`, `49*B + 1`. */
export function showVarying(v: Varying, open: readonly OpenSize[]): string {
  const names = (bits: number): readonly string[] => open.filter((_, i) => (bits >> i) & 1).map(o => o.name);
  const terms = [...v]
    .sort((a, b) => b.sizes - a.sizes)
    .map(({ sizes, times }) => {
      const factors = [...(times === 1 && sizes !== 0 ? [] : [String(times)]), ...names(sizes)];
      return factors.join('*');
    });
  return terms.length === 0 ? '0' : terms.join(' + ').replaceAll('+ -', '- ');
}
