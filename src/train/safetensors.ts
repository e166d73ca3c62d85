// The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header of names,
// dtypes, shapes and byte ranges, then the data, little-endian and without gaps. Reading trusts nothing.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DType } from '../base/dtype.ts';
import { dtypeBytes } from '../base/dtype.ts';
import type { HostTensor } from '../base/tensor.ts';
import { readFailure, writeWhole } from './atomic-file.ts';
import { failure } from './diagnostics.ts';
import { allocate } from './host-tensor.ts';

/** The format's own limit. */
const maxHeader = 100_000_000;

const toFormat: Readonly<Record<DType, string>> = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  i32: 'I32',
  bool: 'BOOL',
};
const fromFormat: ReadonlyMap<string, DType> = new Map(
  (Object.keys(toFormat) as DType[]).map(dtype => [toFormat[dtype], dtype]),
);

export interface Tensors {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

const bytesOf = (tensor: HostTensor): Uint8Array =>
  new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);

/** Writes a file whole or not at all. Wider dtypes come first, so every tensor stands aligned; then by name. */
export function writeSafetensors(path: string, { tensors, metadata }: Tensors): void {
  const order = [...tensors].sort(
    ([a, x], [b, y]) => dtypeBytes[y.dtype] - dtypeBytes[x.dtype] || (a < b ? -1 : a > b ? 1 : 0),
  );
  const header: [string, unknown][] = [];
  if (metadata.size > 0)
    header.push(['__metadata__', Object.fromEntries([...metadata].sort(([a], [b]) => (a < b ? -1 : 1)))]);
  let at = 0;
  for (const [name, tensor] of order) {
    const end = at + tensor.data.byteLength;
    header.push([name, { dtype: toFormat[tensor.dtype], shape: tensor.shape, data_offsets: [at, end] }]);
    at = end;
  }
  const text = `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20);
  padded.set(bytes);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  writeWhole(path, [length, padded, ...order.map(([, tensor]) => bytesOf(tensor))]);
}

/** Reads a file. Memory is taken only for what the file's own size bears out. */
export function readSafetensors(path: string): Tensors {
  return withFile(path, (file, size) => {
    const { entries, metadata, dataStart } = readHeader(path, file, size);
    const tensors = new Map<string, HostTensor>();
    for (const entry of entries) {
      const tensor = allocate(entry.dtype, entry.shape);
      readExactly(path, file, bytesOf(tensor), dataStart + entry.start);
      if (entry.dtype === 'bool' && tensor.data.some(b => b > 1))
        throw broken(path, `the truth values of ${show(entry.name)} are neither 0 nor 1`);
      tensors.set(entry.name, tensor);
    }
    return { tensors, metadata };
  });
}

export interface Outline {
  readonly metadata: ReadonlyMap<string, string>;
  /** Types of the tensors, as `f32[300, 64]`. */
  readonly types: ReadonlyMap<string, string>;
}

/** What the header says, without reading a tensor. */
export function readOutline(path: string): Outline {
  const { entries, metadata } = withFile(path, (file, size) => readHeader(path, file, size));
  return { metadata, types: new Map(entries.map(e => [e.name, `${e.dtype}[${e.shape.join(', ')}]`])) };
}

/** How many elements of a tensor are NaN; integers have none. */
export function countNaN(tensor: HostTensor): number {
  let n = 0;
  const { data } = tensor;
  switch (tensor.dtype) {
    case 'f32':
      for (let i = 0; i < data.length; i += 1) if (Number.isNaN(data[i])) n += 1;
      return n;
    case 'f16':
      for (let i = 0; i < data.length; i += 1) if (((data[i] ?? 0) & 0x7fff) > 0x7c00) n += 1;
      return n;
    case 'bf16':
      for (let i = 0; i < data.length; i += 1) if (((data[i] ?? 0) & 0x7fff) > 0x7f80) n += 1;
      return n;
    case 'i32':
    case 'bool':
      return 0;
    default:
      return tensor.dtype satisfies never;
  }
}

const broken = (path: string, why: string) => failure('broken-file', { path, why });
const show = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

function withFile<T>(path: string, read: (file: number, size: number) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isFile()) throw failure('cannot-read', { path, why: 'it is not a file' });
    return read(file, stat.size);
  } catch (error) {
    throw readFailure(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readExactly(path: string, file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 30), position + at);
    if (got === 0) throw broken(path, 'it ends too early');
    at += got;
  }
}

interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly dataStart: number;
}

function readHeader(path: string, file: number, size: number): Header {
  if (size < 8) throw broken(path, 'it is shorter than a safetensors file can be');
  const prefix = new Uint8Array(8);
  readExactly(path, file, prefix, 0);
  const claimed = new DataView(prefix.buffer).getBigUint64(0, true);
  if (claimed > BigInt(size - 8) || claimed > BigInt(maxHeader))
    throw broken(path, `it claims a header of ${claimed} bytes and has ${size} in all`);
  const bytes = new Uint8Array(Number(claimed));
  readExactly(path, file, bytes, 8);
  const dataStart = 8 + bytes.length;
  const fields = parseHeader(path, bytes);
  const entries: Entry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of fields) {
    if (name === '__metadata__') metadata = checkMetadata(path, value);
    else entries.push(checkEntry(path, name, value));
  }
  checkRanges(path, entries, size - dataStart);
  return { entries, metadata, dataStart };
}

function parseHeader(path: string, bytes: Uint8Array): readonly (readonly [string, unknown])[] {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    // JSON's and the decoder's own wording says nothing about the file.
    throw broken(path, 'its header is not JSON');
  }
  if (!isRecord(header)) throw broken(path, 'its header is not a JSON object');
  const fields = Object.entries(header);
  if (topLevelKeys(text) !== fields.length) throw broken(path, 'its header names a tensor twice');
  return fields;
}

/** Counts the keys of the outermost object of valid JSON: JSON.parse keeps only the last of two equal ones. */
function topLevelKeys(text: string): number {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (c === '"') {
      for (i += 1; text[i] !== '"'; i += 1) if (text[i] === '\\') i += 1;
    } else if (c === '{' || c === '[') depth += 1;
    else if (c === '}' || c === ']') depth -= 1;
    else if (c === ':' && depth === 1) keys += 1;
  }
  return keys;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function checkMetadata(path: string, value: unknown): ReadonlyMap<string, string> {
  if (!isRecord(value)) throw broken(path, 'its metadata is not an object');
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw broken(path, `its metadata ${show(key)} is not a text`);
    metadata.set(key, text);
  }
  return metadata;
}

function checkEntry(path: string, name: string, value: unknown): Entry {
  if (!isRecord(value)) throw broken(path, `the entry ${show(name)} is not an object`);
  const dtype = typeof value.dtype === 'string' ? fromFormat.get(value.dtype) : undefined;
  if (dtype === undefined)
    throw broken(
      path,
      `${show(name)} has the dtype ${show(String(value.dtype))}, not one of ${[...fromFormat.keys()].join(', ')}`,
    );
  const { shape, data_offsets: range } = value;
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw broken(path, `the shape of ${show(name)} is not a list of sizes`);
  const [start, end, more] = Array.isArray(range) ? (range as readonly unknown[]) : [];
  if (!isCount(start) || !isCount(end) || more !== undefined || end < start)
    throw broken(path, `${show(name)} has no proper byte range`);
  const count = shape.reduce((n, d) => n * d, 1);
  if (count * dtypeBytes[dtype] !== end - start)
    throw broken(path, `${show(name)} of shape [${shape.join(', ')}] has ${end - start} bytes`);
  return { name, dtype, shape, start, end };
}

/** The ranges cover the data once: no hole, no overlap, nothing outside. */
function checkRanges(path: string, entries: readonly Entry[], size: number): void {
  let at = 0;
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start < at) throw broken(path, `${show(entry.name)} overlaps another tensor`);
    if (entry.start > at) throw broken(path, `there is a hole before ${show(entry.name)}`);
    if (entry.end > size)
      throw broken(path, `${show(entry.name)} ends at byte ${entry.end} of ${size}: the file was cut off`);
    at = entry.end;
  }
  if (at !== size) throw broken(path, `${size - at} bytes belong to no tensor`);
}
