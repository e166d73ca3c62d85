// A data set that has been opened: its manifest, its rows and the rows of each split. Pictures are not decoded yet.

import { createHash } from 'node:crypto';
import type { Result } from '../base/diagnostic.ts';
import { hasErrors } from '../base/diagnostic.ts';
import type { Manifest } from './manifest/manifest.ts';
import { readIcons } from './source/icons.ts';
import type { Row } from './source/row.ts';
import { readTable } from './source/table.ts';
import { splitRows } from './splits.ts';

export interface Dataset {
  readonly manifest: Manifest;
  readonly rows: readonly Row[];
  /** Split → indices into `rows`, ascending. */
  readonly splits: ReadonlyMap<string, Int32Array>;
  /** sha256 of all rows and splits: a resumed run can tell that its data has changed. */
  readonly fingerprint: string;
}

/** Reads the source's table (not its pictures) and works out the splits. */
export async function openDataset(manifest: Manifest): Promise<Result<Dataset>> {
  const { source } = manifest;
  const table = source.kind === 'icons' ? readIcons(manifest, source) : await readTable(manifest, source);
  if (table.value === undefined) return { value: undefined, diagnostics: table.diagnostics };
  const splits = splitRows(manifest, table.value);
  const diagnostics = [...table.diagnostics, ...splits.diagnostics];
  if (splits.value === undefined || hasErrors(diagnostics)) return { value: undefined, diagnostics };
  const { rows } = table.value;
  return {
    value: { manifest, rows, splits: splits.value, fingerprint: fingerprint(rows, splits.value) },
    diagnostics,
  };
}

function fingerprint(rows: readonly Row[], splits: ReadonlyMap<string, Int32Array>): string {
  const hash = createHash('sha256');
  for (const row of rows) {
    for (const [column, cell] of row.cells) {
      hash.update(column).update('\0');
      hash.update(cell instanceof Uint8Array ? cell : String(cell)).update('\0');
    }
    hash.update('\n');
  }
  for (const [name, indices] of splits) hash.update(name).update(indices);
  return hash.digest('hex');
}
