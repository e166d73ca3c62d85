// The arguments of a prediction: NAME=VALUE as written → the values of each parameter. A name given again adds a
// value; a folder of pictures or of recordings and a column of a CSV table (`table.csv:column`) stand for many.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { nearestName } from '../base/nearest-name.ts';
import type { ExportSetting, FieldSpec } from '../compiler/program.ts';
import { readFailure } from './atomic-file.ts';
import { failure } from './diagnostics.ts';

const recordingNames = /\.wave?$/i;
const pictureNames = /\.(png|jpe?g|webp|gif|svg|avif|tiff?)$/i;
const maxTable = 64 << 20;

export type Arguments = ReadonlyMap<string, readonly string[]>;

/** Splits `NAME=VALUE`s; the value may hold `=`. */
export function splitArguments(written: readonly string[]): Arguments {
  const found = new Map<string, string[]>();
  for (const text of written) {
    const at = text.indexOf('=');
    if (at <= 0) throw failure('argument-form', { text });
    const name = text.slice(0, at);
    found.set(name, [...(found.get(name) ?? []), text.slice(at + 1)]);
  }
  return found;
}

/** Every parameter has values, and nothing else has but what may be set. */
export function checkNames(
  name: string,
  params: readonly string[],
  settings: readonly string[],
  given: Arguments,
): void {
  const known = [...params, ...settings];
  for (const key of given.keys())
    if (!known.includes(key))
      throw failure('unknown-argument', { name: key, known, nearest: nearestName(key, known) });
  for (const param of params)
    if (!given.has(param)) throw failure('missing-argument', { name: param, export: name });
}

/** What is set, in place of its default. */
export function readSettings(
  settings: readonly ExportSetting[],
  given: Arguments,
): ReadonlyMap<string, number | boolean> {
  const found = new Map<string, number | boolean>();
  for (const { name, type } of settings) {
    const [text, another] = given.get(name) ?? [];
    if (text === undefined) continue;
    const wrong = (why: string) => failure('wrong-argument', { name, why });
    if (another !== undefined) throw wrong('it is given twice, and it is one value for all rows');
    const value = type === 'bool' ? readBool(text) : readNumber(text, type === 'int');
    if (value === undefined) throw wrong(`${JSON.stringify(text)} is not ${meanings[type]}`);
    found.set(name, value);
  }
  return found;
}

const meanings = { int: 'a whole number', number: 'a number', bool: 'true or false' } as const;

const readBool = (text: string): boolean | undefined =>
  text === 'true' ? true : text === 'false' ? false : undefined;

/** Written as numbers of the language are; whole ones fit 32 bits. */
function readNumber(text: string, isWhole: boolean): number | undefined {
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  const fits = isWhole ? Number.isInteger(value) && Math.abs(value) < 2 ** 31 : Number.isFinite(value);
  return fits ? value : undefined;
}

/** The values that the written ones stand for. */
export function expandValues(field: FieldSpec, written: readonly string[]): readonly string[] {
  const kind = field.type.kind === 'modality' ? field.type.modality.kind : 'text';
  const names = kind === 'image' ? pictureNames : kind === 'audio' ? recordingNames : undefined;
  const values = written.flatMap(text => {
    const table = /^(.+\.(?:csv|tsv)):(.+)$/i.exec(text);
    if (table?.[1] !== undefined && table[2] !== undefined && isFile(table[1]))
      return readColumn(field.name, table[1], table[2], kind !== 'text');
    return names !== undefined && isFolder(text) ? readFolder(field.name, text, names) : [text];
  });
  if (values.length === 0)
    throw failure('wrong-argument', { name: field.name, why: 'it stands for nothing' });
  return values;
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function readFolder(name: string, folder: string, names: RegExp): readonly string[] {
  let found: readonly string[];
  try {
    found = readdirSync(folder).filter(file => names.test(file));
  } catch (error) {
    throw readFailure(error, folder);
  }
  if (found.length === 0)
    throw failure('wrong-argument', {
      name,
      why: `${folder} holds no ${names === pictureNames ? 'pictures' : 'WAV files'}`,
    });
  return [...found].sort().map(file => join(folder, file));
}

function readColumn(name: string, file: string, column: string, isPath: boolean): readonly string[] {
  const wrong = (why: string) => failure('wrong-argument', { name, why: `${file}: ${why}` });
  let text: string;
  try {
    if (statSync(file).size > maxTable) throw wrong('it is larger than 64 MiB');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readFailure(error, file);
  }
  let rows: readonly Readonly<Record<string, string>>[];
  try {
    const delimiter = file.toLowerCase().endsWith('.tsv') ? '\t' : ',';
    rows = parse(text, { columns: true, bom: true, delimiter, skip_empty_lines: true });
  } catch (error) {
    throw wrong(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  const known = Object.keys(rows[0] ?? {});
  if (!known.includes(column)) {
    const near = nearestName(column, known);
    throw wrong(
      `it has no column ${column}; ${near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`}`,
    );
  }
  const folder = dirname(file);
  return rows.map(row => (isPath ? resolve(folder, row[column] ?? '') : (row[column] ?? '')));
}
