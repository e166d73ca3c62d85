// What a metric is: its arguments, what it gives, and the fold over a whole set that gives it. A metric is one record
// in a file of this folder, listed in table.ts; checking, lowering and measuring read the record and know none by name.

/** An argument of a metric, by place or by name. */
export type MetricParam =
  /** The name of an objective: what is fetched is its loss and how many positions that is the mean of. */
  | { readonly kind: 'objective'; readonly name: string }
  /** The name of an align: what is fetched are its two sides. */
  | { readonly kind: 'align'; readonly name: string }
  | ValueParam
  /** Whole numbers from 1. */
  | { readonly kind: 'ranks'; readonly name: string; readonly fallback: readonly number[] };

/** An expression over fields of the data, computed for every row. */
export interface ValueParam {
  readonly kind: 'value';
  readonly name: string;
  /** What it must be, in words. */
  readonly wants: string;
  readonly fits: (type: MeasuredType) => boolean;
  /** It is a record of these. */
  readonly fields?: readonly string[];
}

export interface MeasuredType {
  readonly element: 'float' | 'index' | 'int' | 'bool';
  readonly axes: number;
  /** What an index points into; of floats, what their last axis counts. */
  readonly of: 'labels' | 'text' | undefined;
}

/** What was fetched of one argument for a batch: rows first. */
export interface MeasuredTensor {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** 1 where a position is real, for each of `data`; undefined where all of a real row are. */
  readonly keep: ArrayLike<number> | undefined;
}

export interface MeasuredBatch {
  /** Real rows; they come first. */
  readonly rows: number;
  /** By parameter, or `parameter.field`; of an objective `value` and `weight`, of an align `left` and `right`. */
  readonly value: (name: string) => MeasuredTensor;
  /** Equal for equal values of the field on a side of an align. */
  readonly key: (side: 'left' | 'right', row: number) => string;
}

export interface FoldContext {
  /** The measure's name, which leads the names of what it gives. */
  readonly name: string;
  readonly ranks: readonly number[];
  /** Of an align: the names of the fields on its sides. */
  readonly sides: readonly [string, string];
  /** How many positions there are in what an argument points into. */
  readonly size: (name: string) => number;
  /** What the labels are called that an argument points into. */
  readonly labels: (name: string) => readonly string[];
  /** Tokens of the text whose vocabulary an argument points into, read. */
  readonly read: (name: string, tokens: readonly number[]) => string;
}

export interface FoldResult {
  readonly metrics: ReadonlyMap<string, number>;
  /** What guessing reaches, where that is known. */
  readonly chance: ReadonlyMap<string, number>;
  /** Of retrieval, for pages that show single answers. */
  readonly sides?: { readonly left: Embedded; readonly right: Embedded };
}

/** Vectors of the rows of a set, and what each row's value is known by: equal keys mean equal values. */
export interface Embedded {
  readonly vectors: readonly Float32Array[];
  readonly keys: readonly string[];
}

export interface Fold {
  readonly add: (batch: MeasuredBatch) => void;
  readonly finish: () => FoldResult;
}

export interface MetricDef {
  readonly name: string;
  /** One sentence, with its source. */
  readonly doc: string;
  readonly params: readonly MetricParam[];
  /** Two parameters that must point into the same. */
  readonly alike?: readonly [string, string];
  readonly better: 'more' | 'less';
  readonly shows: 'percent' | 'number';
  /** Names of what it gives, in order. */
  readonly gives: (m: Pick<FoldContext, 'name' | 'ranks' | 'sides'>) => readonly string[];
  /** The name of the one that tells which weights are best. */
  readonly leads: (m: Pick<FoldContext, 'name' | 'ranks' | 'sides'>) => string;
  readonly fold: (m: FoldContext) => Fold;
}

/** The values of one row at its real positions, in order. */
export function keptOf(t: MeasuredTensor, row: number, keep = t.keep): readonly number[] {
  const each = t.shape.slice(1).reduce((n, d) => n * d, 1);
  const kept: number[] = [];
  for (let i = row * each; i < (row + 1) * each; i++)
    if (keep === undefined || keep[i] === 1) kept.push(t.data[i] ?? Number.NaN);
  return kept;
}

/** The values of two tensors of one shape where both have a position, row after row. */
export function* pairsOf(
  a: MeasuredTensor,
  b: MeasuredTensor,
  rows: number,
): Generator<readonly (readonly [number, number])[]> {
  const each = a.shape.slice(1).reduce((n, d) => n * d, 1);
  for (let row = 0; row < rows; row++) {
    const pairs: [number, number][] = [];
    for (let i = row * each; i < (row + 1) * each; i++)
      if ((a.keep?.[i] ?? 1) === 1 && (b.keep?.[i] ?? 1) === 1)
        pairs.push([a.data[i] ?? Number.NaN, b.data[i] ?? Number.NaN]);
    yield pairs;
  }
}

/** One number under the measure's own name. */
export const single = ({ name }: Pick<FoldContext, 'name'>, value: number, chance?: number): FoldResult => ({
  metrics: new Map([[name, value]]),
  chance: new Map(chance === undefined ? [] : [[name, chance]]),
});

export const ownName = {
  gives: (m: Pick<FoldContext, 'name'>): readonly string[] => [m.name],
  leads: (m: Pick<FoldContext, 'name'>): string => m.name,
};

/** Σ value / Σ weight; not a number over nothing. */
export function ratio(): { add: (value: number, weight: number) => void; value: () => number } {
  let [sum, whole] = [0, 0];
  return {
    add: (value, weight) => {
      sum += value;
      whole += weight;
    },
    value: () => (whole === 0 ? Number.NaN : sum / whole),
  };
}
