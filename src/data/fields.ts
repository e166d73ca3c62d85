// From a row's cells to a field's value: one column, or a template with columns in it.

import type { FieldRule } from './manifest/manifest.ts';
import type { Cell, Row } from './source/row.ts';

const utf8 = new TextDecoder('utf-8');

export const cellText = (cell: Cell): string =>
  typeof cell === 'string'
    ? cell
    : cell instanceof Uint8Array
      ? utf8.decode(cell)
      : isList(cell)
        ? cell.join(', ')
        : String(cell);

const isList = (cell: Cell): cell is readonly string[] => Array.isArray(cell);

/** The texts of a field of which a row has several: those of a list, or the one that is there. */
export function fieldTexts(rule: FieldRule, row: Row): readonly string[] {
  const cell = fieldCell(rule, row);
  const texts = cell !== undefined && isList(cell) ? cell : [fieldText(rule, row) ?? ''];
  return texts.map(t => (rule.lowercase ? t.trim().toLowerCase() : t.trim())).filter(t => t !== '');
}

/** The text of a field; undefined where a column that it needs has no value. */
export function fieldText(rule: FieldRule, row: Row): string | undefined {
  const text = rawText(rule, row)?.trim();
  if (text === undefined || text === '') return undefined;
  return rule.lowercase ? text.toLowerCase() : text;
}

function rawText(rule: FieldRule, row: Row): string | undefined {
  if ('column' in rule.from) {
    const cell = row.cells.get(rule.from.column);
    return cell === undefined ? undefined : cellText(cell);
  }
  let out = '';
  for (const part of rule.from.template) {
    if ('literal' in part) {
      out += part.literal;
      continue;
    }
    const cell = row.cells.get(part.column);
    if (cell === undefined) return undefined;
    out += cellText(cell);
  }
  return out;
}

/** The cell of a field that takes one column as it is. */
export function fieldCell(rule: FieldRule, row: Row): Cell | undefined {
  return 'column' in rule.from ? row.cells.get(rule.from.column) : undefined;
}

/** The columns that a field reads. */
export const fieldColumns = (rule: FieldRule): readonly string[] =>
  'column' in rule.from
    ? [rule.from.column]
    : rule.from.template.flatMap(p => ('column' in p ? [p.column] : []));
