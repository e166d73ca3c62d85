// Tables in CSV, TSV, JSON lines and Parquet as rows. Whatever is malformed is named with its row.

import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';
import type { Manifest, TableSource } from '../manifest/manifest.ts';
import type { Cell, Row, Rows } from './row.ts';

const MAX_TEXT_BYTES = 384 << 20;
const MAX_PARQUET_BYTES = 4 * 2 ** 30;
const MAX_CELL = 1 << 20;
const MAX_WORDS = 65_536;

export async function readTable(manifest: Manifest, source: TableSource): Promise<Result<Rows>> {
  const span = manifest.spanOf(['source', 'table']);
  const fail = (diagnostic: Diagnostic): Result<Rows> => ({ value: undefined, diagnostics: [diagnostic] });
  const file = basename(source.file);
  const malformed = (row: number | undefined, problem: string): Result<Rows> =>
    fail(dataDiagnostic('table-malformed', { file, row, problem }, { span }));
  const stat = statSync(source.file, { throwIfNoEntry: false });
  if (!stat?.isFile()) return fail(dataDiagnostic('table-missing', { file: source.file }, { span }));
  const limit = source.format === 'parquet' ? MAX_PARQUET_BYTES : MAX_TEXT_BYTES;
  if (stat.size > limit) {
    const mib = (n: number): string => `${Math.ceil(n / 2 ** 20)} MiB`;
    return fail(
      dataDiagnostic('too-large', { what: file, size: mib(stat.size), limit: mib(limit) }, { span }),
    );
  }
  if (stat.size === 0) return malformed(undefined, 'it is empty');
  try {
    switch (source.format) {
      case 'csv':
      case 'tsv':
        return readDelimited(source, file, malformed);
      case 'conll':
        return readConll(source, file, malformed);
      case 'jsonl':
        return readJsonLines(source, file, malformed);
      case 'parquet':
        return await readParquet(source, stat.size, file, malformed);
      default:
        return source.format satisfies never;
    }
  } catch (error) {
    return malformed(undefined, failure(error));
  }
}

type Malformed = (row: number | undefined, problem: string) => Result<Rows>;

function readText(path: string): string | undefined {
  const bytes = readFileSync(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readDelimited(source: TableSource, file: string, malformed: Malformed): Result<Rows> {
  const text = readText(source.file);
  if (text === undefined || text.includes('\0')) return malformed(undefined, 'it is not UTF-8 text');
  let records: string[][];
  try {
    records = parseCsv(text, {
      delimiter: source.delimiter,
      quote: source.quote,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 16 << 20,
    });
  } catch (error) {
    const { records: read } = error as { records?: number };
    return malformed(typeof read === 'number' ? read + 1 : undefined, failure(error));
  }
  const header = source.columns ?? records.shift();
  if (header === undefined) return malformed(undefined, 'it has no rows');
  const columns = header.map(c => c.trim());
  const twice = columns.find((c, i) => columns.indexOf(c) !== i);
  if (twice !== undefined) return malformed(undefined, `two columns are called ${twice}`);
  const rows: Row[] = [];
  for (const [i, record] of records.entries()) {
    if (record.length !== columns.length)
      return malformed(i + 1, `it has ${record.length} cells, and there are ${columns.length} columns`);
    const cells = new Map<string, Cell>();
    for (const [j, cell] of record.entries()) {
      if (cell.length > MAX_CELL) return malformed(i + 1, `${columns[j]} is longer than 1 MiB`);
      if (cell !== '') cells.set(columns[j] as string, cell);
    }
    rows.push({ number: i + 1, place: `${file} row ${i + 1}`, cells });
  }
  return { value: { columns, rows }, diagnostics: [] };
}

/** Sentences parted by empty lines, a word and what is said of it on each line: a column is its words in a row. */
function readConll(source: TableSource, file: string, malformed: Malformed): Result<Rows> {
  const text = readText(source.file);
  if (text === undefined || text.includes('\0')) return malformed(undefined, 'it is not UTF-8 text');
  const columns = source.columns ?? ['words', 'tags'];
  const rows: Row[] = [];
  let sentence: string[][] = [];
  const end = (): void => {
    const number = rows.length + 1;
    const cells = new Map<string, Cell>(columns.map((c, j) => [c, sentence.map(w => w[j] ?? '').join(' ')]));
    if (sentence.length > 0) rows.push({ number, place: `${file} sentence ${number}`, cells });
    sentence = [];
  };
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') end();
    else if (!line.startsWith('-DOCSTART-')) {
      const parts = line.includes('\t') ? line.split('\t') : line.trim().split(/ +/);
      if (parts.length !== columns.length)
        return malformed(
          i + 1,
          `its line has ${parts.length} columns, and there are ${columns.length}: ${columns.join(', ')}`,
        );
      if (sentence.length >= MAX_WORDS)
        return malformed(i + 1, `a sentence has more than ${MAX_WORDS} words`);
      // A word is one word, also where the file has a space in it.
      const words = parts.map(p => p.trim().replace(/\s+/g, '_'));
      if (words.includes('')) return malformed(i + 1, 'a column of its line is empty');
      sentence.push(words);
    }
  }
  end();
  return rows.length === 0
    ? malformed(undefined, 'it has no rows')
    : { value: { columns, rows }, diagnostics: [] };
}

function readJsonLines(source: TableSource, file: string, malformed: Malformed): Result<Rows> {
  const text = readText(source.file);
  if (text === undefined) return malformed(undefined, 'it is not UTF-8 text');
  const columns = new Set<string>();
  const rows: Row[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return malformed(i + 1, 'it is not JSON');
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return malformed(i + 1, 'it is not a JSON object');
    const read = cellsOf(value);
    if ('problem' in read) return malformed(i + 1, read.problem);
    for (const column of read.cells.keys()) columns.add(column);
    rows.push({ number: i + 1, place: `${file} row ${i + 1}`, cells: read.cells });
  }
  if (rows.length === 0) return malformed(undefined, 'it has no rows');
  return { value: { columns: [...columns], rows }, diagnostics: [] };
}

async function readParquet(
  source: TableSource,
  size: number,
  file: string,
  malformed: Malformed,
): Promise<Result<Rows>> {
  const handle = openSync(source.file, 'r');
  try {
    const slice = (start: number, end: number = size): ArrayBuffer => {
      if (start < 0 || end > size || end < start) throw new Error('it points outside itself');
      const bytes = Buffer.alloc(end - start);
      readSync(handle, bytes, 0, bytes.length, start);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    };
    const records = await parquetReadObjects({ file: { byteLength: size, slice }, utf8: false });
    const columns = new Set<string>();
    const rows: Row[] = [];
    for (const [i, record] of records.entries()) {
      const read = cellsOf(record);
      if ('problem' in read) return malformed(i + 1, read.problem);
      for (const column of Object.keys(record)) columns.add(column);
      rows.push({ number: i + 1, place: `${file} row ${i + 1}`, cells: read.cells });
    }
    if (rows.length === 0) return malformed(undefined, 'it has no rows');
    return { value: { columns: [...columns], rows }, diagnostics: [] };
  } finally {
    closeSync(handle);
  }
}

/** Lists hold texts and numbers; a struct with bytes (a picture in Parquet) is those bytes. */
function cellsOf(record: object): { cells: Map<string, Cell> } | { problem: string } {
  const cells = new Map<string, Cell>();
  for (const [column, raw] of Object.entries(record) as [string, unknown][]) {
    const value = typeof raw === 'bigint' ? Number(raw) : raw;
    if (value === null || value === undefined || value === '') continue;
    const list = Array.isArray(value) ? plainTexts(value) : undefined;
    if (list?.length === 0) continue;
    if (list !== undefined) cells.set(column, list);
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      cells.set(column, value);
    else if (value instanceof Uint8Array) cells.set(column, value);
    else if (typeof value === 'object' && (value as { bytes?: unknown }).bytes instanceof Uint8Array)
      cells.set(column, (value as { bytes: Uint8Array }).bytes);
    else if (value instanceof Date) cells.set(column, value.toISOString());
    else return { problem: `${column} is neither a text, a number, a truth value nor a list of these` };
  }
  return { cells };
}

function plainTexts(list: readonly unknown[]): readonly string[] | undefined {
  return list.every(v => typeof v === 'string' || typeof v === 'number') ? list.map(String) : undefined;
}
