// Which rows each split has: conditions on columns, shares of the hashes of key columns, less other splits. Splits
// that share rows are refused unless one of them declares it.

import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import { dataDiagnostic } from './diagnostics.ts';
import { cellText } from './fields.ts';
import type { Manifest, SplitRule } from './manifest/manifest.ts';
import { shareOf } from './random.ts';
import type { Row, Rows } from './source/row.ts';

/** Split → indices into the rows, ascending. */
export function splitRows(manifest: Manifest, table: Rows): Result<ReadonlyMap<string, Int32Array>> {
  const diagnostics = unknownColumns(manifest, table);
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const chosen = new Map<string, Uint8Array>();
  const choose = (name: string): Uint8Array => {
    const known = chosen.get(name);
    if (known !== undefined) return known;
    const rule = manifest.splits.get(name) as SplitRule;
    const out = Uint8Array.from(table.rows, row => (matches(rule, row) ? 1 : 0));
    for (const other of rule.less) {
      const left = choose(other);
      for (let i = 0; i < out.length; i++) if (left[i] === 1) out[i] = 0;
    }
    chosen.set(name, out);
    return out;
  };
  for (const name of manifest.splits.keys()) choose(name);
  diagnostics.push(...overlaps(manifest, table, chosen));
  const splits = new Map<string, Int32Array>();
  for (const name of manifest.splits.keys()) {
    const flags = chosen.get(name) as Uint8Array;
    const rows = Int32Array.from(table.rows.keys()).filter(i => flags[i] === 1);
    if (rows.length === 0)
      diagnostics.push(
        dataDiagnostic(
          'split-empty',
          { set: manifest.set, split: name, of: table.rows.length },
          { span: manifest.spanOf(['splits', name]) },
        ),
      );
    splits.set(name, rows);
  }
  return { value: diagnostics.length === 0 ? splits : undefined, diagnostics };
}

function matches(rule: SplitRule, row: Row): boolean {
  for (const [column, values] of rule.where) {
    const cell = row.cells.get(column);
    if (cell === undefined || !values.includes(cellText(cell))) return false;
  }
  return rule.shares.every(share => {
    const key = share.of.map(column => {
      const cell = row.cells.get(column);
      return cell === undefined ? '' : cellText(cell);
    });
    const at = shareOf(`${share.salt}${key.join(':')}`);
    return at >= share.from && at < share.to;
  });
}

function unknownColumns(manifest: Manifest, table: Rows): Diagnostic[] {
  const out: Diagnostic[] = [];
  const need = (column: string, path: readonly (string | number)[]): void => {
    if (table.columns.includes(column)) return;
    out.push(
      dataDiagnostic(
        'manifest-reference',
        { what: 'column', name: column, nearest: nearestName(column, table.columns), known: table.columns },
        { span: manifest.spanOf(path) },
      ),
    );
  };
  for (const [name, field] of manifest.fields) {
    if ('column' in field.from) need(field.from.column, ['fields', name, 'column']);
    else
      for (const part of field.from.template)
        if ('column' in part) need(part.column, ['fields', name, 'template']);
  }
  for (const [name, split] of manifest.splits) {
    for (const column of split.where.keys()) need(column, ['splits', name, 'where', column]);
    for (const share of split.shares) for (const column of share.of) need(column, ['splits', name, 'share']);
  }
  return out;
}

function overlaps(manifest: Manifest, table: Rows, chosen: ReadonlyMap<string, Uint8Array>): Diagnostic[] {
  const out: Diagnostic[] = [];
  const names = [...manifest.splits.keys()];
  for (const [i, a] of names.entries()) {
    for (const b of names.slice(i + 1)) {
      const declared =
        manifest.splits.get(a)?.overlaps.includes(b) || manifest.splits.get(b)?.overlaps.includes(a);
      if (declared) continue;
      const left = chosen.get(a) as Uint8Array;
      const right = chosen.get(b) as Uint8Array;
      const shared = table.rows.filter((_, r) => left[r] === 1 && right[r] === 1);
      const [first] = shared;
      if (first !== undefined)
        out.push(
          dataDiagnostic(
            'splits-overlap',
            { a, b, rows: shared.length, first: first.place },
            { span: manifest.spanOf(['splits', a]) },
          ),
        );
    }
  }
  return out;
}
