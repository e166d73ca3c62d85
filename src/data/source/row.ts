// A row of a source: named cells, and a place that a person can find it by.

export type Cell = string | number | boolean | Uint8Array | readonly string[];

export interface Row {
  /** From 1, as the source counts them. */
  readonly number: number;
  /** `captions.csv row 17`, `1f600 in noto`. */
  readonly place: string;
  /** A missing or empty cell has no entry. */
  readonly cells: ReadonlyMap<string, Cell>;
}

export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}
