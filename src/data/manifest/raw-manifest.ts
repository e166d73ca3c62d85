// A manifest as YAML gives it once the schema has let it through.

import type { FieldRule, TableSource } from './manifest.ts';

export interface Raw {
  readonly source: {
    readonly table?: string;
    readonly format?: TableSource['format'];
    readonly columns?: readonly string[];
    readonly delimiter?: string;
    readonly quote?: string | false;
    readonly folder?: string;
    readonly icons?: {
      readonly styles: Readonly<Record<string, string>>;
      readonly labels: string;
      readonly locale?: string;
      readonly concepts?: string;
    };
  };
  readonly fields: Readonly<Record<string, RawField>>;
  readonly splits: Readonly<Record<string, RawSplit>>;
  readonly skip?: number | string;
}
export type RawScalar = string | number | boolean;
export interface RawField {
  readonly as: FieldRule['as'];
  readonly column?: string;
  readonly template?: string;
  readonly lowercase?: boolean;
  readonly trim?: boolean;
  readonly names?: readonly RawScalar[];
}
export interface RawShare {
  readonly of: string | readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly salt?: string;
}
export interface RawSplit {
  readonly where?: Readonly<Record<string, RawScalar | readonly RawScalar[]>>;
  readonly share?: RawShare | readonly RawShare[];
  readonly less?: string | readonly string[];
  readonly overlaps?: string | readonly string[];
}
