// A data manifest as the rest of the room sees it: where rows come from, which fields they have, how they are split.

import type { Span } from '../../base/span.ts';

export interface TableSource {
  readonly kind: 'table';
  /** Absolute. */
  readonly file: string;
  readonly format: 'csv' | 'tsv' | 'jsonl' | 'parquet' | 'conll';
  /** Names of the columns where the table has no header; CoNLL files have none. */
  readonly columns: readonly string[] | undefined;
  readonly delimiter: string;
  /** false: no character quotes. */
  readonly quote: string | false;
  /** Where paths of pictures start; absolute. */
  readonly folder: string;
}

/** Icon sets of npm packages; columns style, concept, label, tags, group, svg. */
export interface IconSource {
  readonly kind: 'icons';
  /** style → package, in the manifest's order. */
  readonly styles: ReadonlyMap<string, string>;
  readonly labels: string;
  readonly locale: string;
  /** Whether a concept has to be drawn in every style. */
  readonly everyStyle: boolean;
}

export type FieldAs =
  | 'image'
  | 'text'
  | 'audio'
  | 'video'
  | 'label'
  | 'number'
  | 'tags'
  | 'numbers'
  | 'place';

export interface FieldRule {
  readonly as: FieldAs;
  /** One column, or a template with columns in braces. */
  readonly from: { readonly column: string } | { readonly template: readonly TemplatePart[] };
  readonly lowercase: boolean;
  /** Pictures: cut off what is transparent around the drawing. */
  readonly trim: boolean;
  readonly names: readonly string[] | undefined;
}

export type TemplatePart = { readonly literal: string } | { readonly column: string };

/** Rows whose key columns hash into [from, to). */
export interface ShareRule {
  readonly of: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly salt: string;
}

export interface SplitRule {
  readonly where: ReadonlyMap<string, readonly string[]>;
  readonly shares: readonly ShareRule[];
  /** Rows of these splits are left out. */
  readonly less: readonly string[];
  /** Splits that may share rows with this one. */
  readonly overlaps: readonly string[];
}

export interface Manifest {
  readonly set: string;
  readonly file: string;
  readonly source: TableSource | IconSource;
  readonly fields: ReadonlyMap<string, FieldRule>;
  readonly splits: ReadonlyMap<string, SplitRule>;
  /** The share of a split's rows that may be skipped. */
  readonly skip: number;
  /** Where a key stands, by its path; the whole file where it isn't written. */
  readonly spanOf: (path: readonly (string | number)[]) => Span;
}
