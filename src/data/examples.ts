// Examples that a caller gives, not a data set: paths or bytes of pictures, captions, labels. For exports and `predict`.

import { readFile, stat } from 'node:fs/promises';
import type { Diagnostic, Result } from '../base/diagnostic.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { BatchSpec, FieldSpec } from '../compiler/program.ts';
import { recordingKind } from './audio/recording.ts';
import { makeFeeds, type Tokenizers } from './batch/feeds.ts';
import { dataDiagnostic } from './diagnostics.ts';
import { failure } from './failure.ts';
import { readLabels } from './labels.ts';
import { decodePicture, MAX_PICTURE_BYTES } from './picture/decode.ts';
import type { Column, PreparedSplit } from './prepare.ts';
import { joinSequences, type SequenceKind, type Sequences } from './sequences.ts';
import { partsAt } from './source/read-source.ts';
import { videoKind } from './video/decode.ts';

/** A picture's path or bytes, a text or several, a label's name or index, a number. */
export type ExampleValue = string | number | Uint8Array | readonly string[];

export interface EncodeOptions {
  readonly batch: BatchSpec;
  readonly tokenizers: Tokenizers;
  /** By field; all fields of the batch, equally many values, at most the batch's size. */
  readonly values: ReadonlyMap<string, readonly ExampleValue[]>;
  /** Pictures: cut off what is transparent around the drawing, as the training data's manifest did. */
  readonly trim?: boolean;
}

/** The feeds of one batch that holds these examples; rows past them are not kept. */
export async function encodeExamples(
  options: EncodeOptions,
): Promise<Result<ReadonlyMap<string, HostTensor>>> {
  const { batch, tokenizers, values } = options;
  const diagnostics: Diagnostic[] = [];
  const columns: Record<string, Column> = {};
  const counts = batch.fields.map(f => values.get(f.name)?.length ?? 0);
  const rows = counts[0] ?? 0;
  if (counts.some(n => n !== rows))
    throw new Error(`fields of batch ${batch.id} have ${counts.join(', ')} values`);
  if (rows > batch.size) throw new Error(`batch ${batch.id} holds ${batch.size} examples, not ${rows}`);
  for (const field of batch.fields) {
    columns[field.name] = await readColumn(
      field,
      values.get(field.name) ?? [],
      options.trim ?? false,
      (i, problem) =>
        diagnostics.push(
          dataDiagnostic(
            'example-invalid',
            { field: field.name, number: i + 1, problem },
            { span: undefined },
          ),
        ),
    );
  }
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const split: PreparedSplit = {
    ref: { set: '', split: '' },
    rows,
    places: [],
    columns,
    groups: {},
    skipped: [],
    fingerprint: '',
  };
  const all = Array.from({ length: rows }, (_, i) => i);
  return { value: makeFeeds(batch, split, tokenizers, all, new Map(), undefined), diagnostics };
}

async function readColumn(
  field: FieldSpec,
  values: readonly ExampleValue[],
  trim: boolean,
  bad: (i: number, problem: string) => void,
): Promise<Column> {
  const { type } = field;
  switch (type.kind) {
    case 'modality': {
      if (type.many !== undefined)
        return {
          kind: 'texts',
          lists: values.map(v => (typeof v === 'object' && !(v instanceof Uint8Array) ? v : [String(v)])),
        };
      if (type.modality.kind === 'text') return { kind: 'text', texts: values.map(String) };
      if (type.modality.kind === 'audio') {
        const kind = recordingKind(type.modality, false);
        const holds = type.modality.features === undefined ? 'samples' : 'features';
        return { kind: 'audio', sequences: await exampleSequences(values, kind, bad), holds };
      }
      if (type.modality.kind === 'video') {
        const { height, width } = type.modality;
        const sequences = await exampleSequences(values, videoKind(type.modality), bad);
        return { kind: 'video', height, width, sequences };
      }
      const { height, width } = type.modality;
      const each = height * width * 4;
      const rgba = new Uint8Array(each * values.length);
      for (const [i, value] of values.entries()) {
        const bytes = value instanceof Uint8Array ? { bytes: value } : await readPicture(String(value));
        const decoded =
          'problem' in bytes ? bytes : await decodePicture(bytes.bytes, { height, width, trim });
        const name = value instanceof Uint8Array ? 'it' : `${value}`;
        if ('problem' in decoded) bad(i, `${name} ${decoded.problem}`);
        else rgba.set(decoded.rgba, i * each);
      }
      return { kind: 'image', height, width, rgba };
    }
    case 'labels': {
      const texts = values.map(String);
      const labels = readLabels(field.name, type, undefined, texts, texts, bad);
      if ('names' in labels) return labels;
      bad(0, `there are ${labels.size} labels`);
      return { kind: 'labels', index: new Int32Array(values.length), names: [] };
    }
    case 'number': {
      const numbers = Float32Array.from(values, Number);
      for (const [i, n] of numbers.entries()) if (!Number.isFinite(n)) bad(i, `${values[i]} is not a number`);
      return { kind: 'number', values: numbers };
    }
    case 'tags':
    case 'numbers':
    case 'place':
      throw new Error(`${field.name} goes along another field, and no caller gives such`);
    default:
      return type satisfies never;
  }
}

async function exampleSequences(
  values: readonly ExampleValue[],
  kind: SequenceKind,
  bad: (i: number, problem: string) => void,
): Promise<Sequences> {
  const seconds = new Float64Array(values.length);
  const rows: Uint8Array[] = [];
  for (const [i, value] of values.entries()) {
    const parts =
      value instanceof Uint8Array
        ? { parts: [value] }
        : await partsAt(String(value), kind.mostBytes, kind.mostFiles);
    const decoded = 'problem' in parts ? parts : await kind.decode(parts.parts);
    const name = value instanceof Uint8Array ? 'it' : `${value}`;
    if ('problem' in decoded) bad(i, `${name} ${decoded.problem}`);
    else seconds[i] = decoded.seconds;
    rows.push('problem' in decoded ? new Uint8Array(0) : decoded.bytes);
  }
  return joinSequences(rows, kind.each, seconds);
}

async function readPicture(
  path: string,
): Promise<{ readonly bytes: Uint8Array } | { readonly problem: string }> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { problem: 'is not a file' };
    if (info.size > MAX_PICTURE_BYTES) return { problem: 'is larger than 64 MiB' };
    return { bytes: await readFile(path) };
  } catch (error) {
    return { problem: `can't be read: ${failure(error)}` };
  }
}
