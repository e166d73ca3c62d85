// From a split's rows to what batches are cut from: pictures, recordings and videos decoded, texts and labels read, rows that can't be used
// left out by name. Plain data, so that a worker thread can have it; pictures are in shared memory.

import { createHash } from 'node:crypto';
import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { hasErrors } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { BatchSpec, DataRef, FieldKind, FieldSpec } from '../compiler/program.ts';
import { type AlignedColumn, checkAlignment, readAligned } from './aligned.ts';
import { holdsSamples, recordingKind } from './audio/recording.ts';
import type { Dataset } from './dataset.ts';
import { dataDiagnostic } from './diagnostics.ts';
import { cellText, fieldCell, fieldText, fieldTexts } from './fields.ts';
import { type LabelColumn, readLabels } from './labels.ts';
import type { FieldAs, FieldRule } from './manifest/manifest.ts';
import { type LoadOptions, loadPictures } from './picture/store.ts';
import { keepSequences, loadSequences, type Sequences, sequenceKeys } from './sequences.ts';
import type { MediaSource } from './source/read-source.ts';
import type { Row } from './source/row.ts';
import { videoKind } from './video/decode.ts';

export type Column =
  | {
      readonly kind: 'image';
      readonly height: number;
      readonly width: number;
      /** RGBA, [rows, height, width, 4]. */
      readonly rgba: Uint8Array;
    }
  | { readonly kind: 'text'; readonly texts: readonly string[] }
  /** Several texts in a row. */
  | { readonly kind: 'texts'; readonly lists: readonly (readonly string[])[] }
  | {
      readonly kind: 'audio';
      /** Floats: samples, or the channels of each frame. */
      readonly sequences: Sequences;
      readonly holds: 'samples' | 'features';
    }
  | {
      readonly kind: 'video';
      readonly height: number;
      readonly width: number;
      /** RGBA of each frame. */
      readonly sequences: Sequences;
    }
  | LabelColumn
  | AlignedColumn
  | { readonly kind: 'number'; readonly values: Float32Array };

export interface SkippedRow {
  readonly place: string;
  readonly problem: string;
}

export interface PreparedSplit {
  readonly ref: DataRef;
  /** Rows that can be used; every column has that many. */
  readonly rows: number;
  readonly places: readonly string[];
  readonly columns: Readonly<Record<string, Column>>;
  /** By field: rows with equal values have equal numbers. */
  readonly groups: Readonly<Record<string, Int32Array>>;
  readonly skipped: readonly SkippedRow[];
  /** Of everything above: batches of equal fingerprints, seeds and steps are equal. */
  readonly fingerprint: string;
}

/** Reads every field of the batch for its split. Rows that can't be used are an error past the manifest's share. */
export async function prepareSplit(
  dataset: Dataset,
  spec: BatchSpec,
  options: LoadOptions,
): Promise<Result<PreparedSplit>> {
  const { manifest } = dataset;
  const ref = spec.data as DataRef;
  const place = { span: spec.span };
  const indices = dataset.splits.get(ref.split);
  if (indices === undefined) {
    const known = [...dataset.splits.keys()];
    const params = { set: ref.set, name: ref.split, nearest: nearestName(ref.split, known), known };
    return { value: undefined, diagnostics: [dataDiagnostic('split-missing', params, place)] };
  }
  const diagnostics = spec.fields.flatMap(field => fieldMismatch(dataset, ref.set, field));
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics };
  const rows = Array.from(indices, i => dataset.rows[i] as Row);
  const problems: (string | undefined)[] = new Array(rows.length).fill(undefined);
  const read: { readonly name: string; readonly column: Column; readonly keys: readonly string[] }[] = [];
  for (const field of spec.fields) {
    const rule = manifest.fields.get(field.name) as FieldRule;
    const result = await readField(dataset, field, rule, rows, problems, options);
    if ('diagnostic' in result) return { value: undefined, diagnostics: [...diagnostics, result.diagnostic] };
    read.push({ name: field.name, ...result });
  }
  checkAlignment(spec, read, problems);
  const skipped = rows.flatMap((row, i) => {
    const problem = problems[i];
    return problem === undefined ? [] : [{ place: row.place, problem }];
  });
  if (skipped.length > 0) diagnostics.push(skipDiagnostic(dataset, spec, ref, skipped, rows.length));
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics };
  const kept = [...rows.keys()].filter(i => problems[i] === undefined);
  const columns: Record<string, Column> = {};
  const groups: Record<string, Int32Array> = {};
  for (const { name, column, keys } of read) {
    columns[name] = keepRows(column, kept, rows.length);
    groups[name] = groupsOf(kept.map(i => keys[i] as string));
  }
  const value: PreparedSplit = {
    ref,
    rows: kept.length,
    places: kept.map(i => (rows[i] as Row).place),
    columns,
    groups,
    skipped,
    fingerprint: fingerprint(dataset, spec, skipped, read, kept),
  };
  return { value, diagnostics };
}

const wantedAs = (kind: FieldKind): FieldAs => {
  switch (kind.kind) {
    case 'modality':
      return kind.modality.kind;
    case 'labels':
      return 'label';
    case 'number':
    case 'tags':
    case 'numbers':
    case 'place':
      return kind.kind;
    default:
      return kind satisfies never;
  }
};

function fieldMismatch(dataset: Dataset, set: string, field: FieldSpec): Diagnostic[] {
  const rule = dataset.manifest.fields.get(field.name);
  if (rule === undefined) {
    const known = [...dataset.manifest.fields.keys()];
    const params = { set, field: field.name, nearest: nearestName(field.name, known), known };
    return [dataDiagnostic('field-missing', params, { span: field.span })];
  }
  const wanted = wantedAs(field.type);
  if (rule.as === wanted) return [];
  const related = [
    { span: dataset.manifest.spanOf(['fields', field.name, 'as']), message: `declared as ${rule.as} here` },
  ];
  const params = { set, field: field.name, is: rule.as, wanted };
  return [dataDiagnostic('field-kind', params, { span: field.span, related })];
}

type ReadField =
  | { readonly column: Column; readonly keys: readonly string[] }
  | { readonly diagnostic: Diagnostic };

async function readField(
  dataset: Dataset,
  field: FieldSpec,
  rule: FieldRule,
  rows: readonly Row[],
  problems: (string | undefined)[],
  options: LoadOptions,
): Promise<ReadField> {
  const bad = (i: number, problem: string): void => {
    problems[i] ??= problem;
  };
  const { type } = field;
  if (type.kind === 'modality' && type.modality.kind === 'image') {
    const { height, width } = type.modality;
    const sources = mediaSources(dataset, field, rule, rows);
    const loaded = await loadPictures(sources, { height, width, trim: rule.trim }, options);
    if ('problem' in loaded) return cannotHold(dataset, field, loaded.problem);
    const { rgba } = loaded.store;
    for (const [i, problem] of loaded.store.problems.entries())
      if (problem !== undefined) bad(i, `${field.name}: ${problem}`);
    const each = height * width * 4;
    const keys = rows.map((_, i) =>
      createHash('sha256')
        .update(rgba.subarray(i * each, (i + 1) * each))
        .digest('base64'),
    );
    return { column: { kind: 'image', height, width, rgba }, keys };
  }
  if (type.kind === 'modality' && (type.modality.kind === 'audio' || type.modality.kind === 'video')) {
    const { modality } = type;
    const samples = holdsSamples(field);
    const kind = modality.kind === 'audio' ? recordingKind(modality, samples) : videoKind(modality);
    const loaded = await loadSequences(mediaSources(dataset, field, rule, rows), kind, options);
    if ('problem' in loaded) return cannotHold(dataset, field, loaded.problem);
    for (const [i, problem] of loaded.problems.entries())
      if (problem !== undefined) bad(i, `${field.name}: ${problem}`);
    const { sequences } = loaded;
    const column: Column =
      modality.kind === 'audio'
        ? { kind: 'audio', sequences, holds: samples ? 'samples' : 'features' }
        : { kind: 'video', height: modality.height, width: modality.width, sequences };
    return { column, keys: sequenceKeys(sequences) };
  }
  if (type.kind === 'modality' && type.many !== undefined) {
    const lists = rows.map(row => fieldTexts(rule, row));
    for (const [i, list] of lists.entries()) if (list.length === 0) bad(i, `${field.name} is missing`);
    return { column: { kind: 'texts', lists }, keys: lists.map(list => JSON.stringify(list)) };
  }
  const texts = rows.map(row => fieldText(rule, row));
  for (const [i, text] of texts.entries()) if (text === undefined) bad(i, `${field.name} is missing`);
  const keys = texts.map(text => text ?? '');
  switch (type.kind) {
    case 'modality':
      return { column: { kind: 'text', texts: keys }, keys };
    case 'labels': {
      const every = dataset.rows.map(row => fieldText(rule, row)).filter(t => t !== undefined);
      const labels = readLabels(field.name, type, rule.names, texts, every, bad);
      if ('names' in labels) return { column: labels, keys };
      return { diagnostic: dataDiagnostic('labels-size', labels, { span: field.span }) };
    }
    case 'number': {
      const values = Float32Array.from(texts, text => (text === undefined ? 0 : Number(text)));
      for (const [i, value] of values.entries())
        if (!Number.isFinite(value)) bad(i, `${field.name} is not a number: ${JSON.stringify(texts[i])}`);
      return { column: { kind: 'number', values }, keys };
    }
    case 'tags':
    case 'numbers':
    case 'place': {
      const every =
        type.kind === 'tags'
          ? dataset.rows.map(row => fieldText(rule, row)).filter(t => t !== undefined)
          : [];
      const aligned = readAligned(field, type, rule.names, texts, every, bad);
      if ('kind' in aligned) return { column: aligned, keys };
      return { diagnostic: dataDiagnostic('labels-size', aligned, { span: field.span }) };
    }
    default:
      return type satisfies never;
  }
}

function cannotHold(dataset: Dataset, field: FieldSpec, problem: string): ReadField {
  const params = { where: `${dataset.manifest.set}.${field.name}`, problem: `can't be held: ${problem}` };
  return { diagnostic: dataDiagnostic('manifest-value', params, { span: field.span }) };
}

function mediaSources(
  dataset: Dataset,
  field: FieldSpec,
  rule: FieldRule,
  rows: readonly Row[],
): readonly MediaSource[] {
  const folder = dataset.manifest.source.kind === 'table' ? dataset.manifest.source.folder : undefined;
  return rows.map(row => {
    const cell = fieldCell(rule, row);
    if (cell === undefined) return { problem: `${field.name} is missing` };
    if (cell instanceof Uint8Array) return { bytes: cell };
    const text = cellText(cell);
    return folder === undefined ? { bytes: new TextEncoder().encode(text) } : { path: text, folder };
  });
}

function skipDiagnostic(
  dataset: Dataset,
  spec: BatchSpec,
  ref: DataRef,
  skipped: readonly SkippedRow[],
  of: number,
): Diagnostic {
  const allowed = dataset.manifest.skip;
  const notes = skipped.slice(0, 12).map(s => `${s.place}: ${s.problem}`);
  if (skipped.length > notes.length) notes.push(`and ${skipped.length - notes.length} more`);
  const params = { set: ref.set, split: ref.split, skipped: skipped.length, of, allowed };
  const tooMany = skipped.length / of > allowed || skipped.length === of;
  return dataDiagnostic(tooMany ? 'rows-broken' : 'rows-skipped', params, { span: spec.span, notes });
}

function keepRows(column: Column, kept: readonly number[], of: number): Column {
  if (kept.length === of) return column;
  switch (column.kind) {
    case 'image': {
      const each = column.height * column.width * 4;
      const rgba = new Uint8Array(new SharedArrayBuffer(each * kept.length));
      for (const [to, from] of kept.entries())
        rgba.set(column.rgba.subarray(from * each, (from + 1) * each), to * each);
      return { ...column, rgba };
    }
    case 'audio':
    case 'video':
      return { ...column, sequences: keepSequences(column.sequences, kept) };
    case 'text':
      return { ...column, texts: kept.map(i => column.texts[i] as string) };
    case 'texts':
      return { ...column, lists: kept.map(i => column.lists[i] as readonly string[]) };
    case 'labels':
      return { ...column, index: Int32Array.from(kept, i => column.index[i] as number) };
    case 'number':
      return { ...column, values: Float32Array.from(kept, i => column.values[i] as number) };
    case 'tags':
      return { ...column, rows: kept.map(i => column.rows[i] as Int32Array) };
    case 'numbers':
      return { ...column, rows: kept.map(i => column.rows[i] as Float32Array) };
    case 'place':
      return { ...column, at: Int32Array.from(kept, i => column.at[i] as number) };
    default:
      return column satisfies never;
  }
}

function groupsOf(keys: readonly string[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(keys, key => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  });
}

/** Of the tables, of what is read from them how, and of the pictures, recordings and videos, which lie beside them. */
function fingerprint(
  dataset: Dataset,
  spec: BatchSpec,
  skipped: readonly SkippedRow[],
  read: readonly { readonly column: Column; readonly keys: readonly string[] }[],
  kept: readonly number[],
): string {
  const fields = spec.fields.map(f => [f.name, f.type]);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([dataset.fingerprint, spec.data, fields, skipped.map(s => s.place)]));
  for (const { column, keys } of read)
    if (column.kind === 'image' || column.kind === 'audio' || column.kind === 'video')
      for (const i of kept) hash.update(keys[i] as string);
  return hash.digest('hex');
}
