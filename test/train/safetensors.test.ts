import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/base/tensor.ts';
import { TrainFailure } from '../../src/train/diagnostics.ts';
import { allocate, setNumber } from '../../src/train/host-tensor.ts';
import { countNaN, readOutline, readSafetensors, writeSafetensors } from '../../src/train/safetensors.ts';
import { f32, freshFolder } from './toy.ts';

const path = (): string => join(freshFolder(), 'x.safetensors');

function file(header: unknown, data = new Uint8Array(), claimed?: bigint): string {
  const at = path();
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  writeFileSync(at, Buffer.concat([length, text, data]));
  return at;
}

function complaint(at: string): string {
  try {
    readSafetensors(at);
  } catch (error) {
    if (error instanceof TrainFailure) return error.message;
    throw error;
  }
  return 'read';
}

const four = (offsets: readonly number[]) => ({ dtype: 'F32', shape: [1], data_offsets: offsets });

describe('safetensors', () => {
  it('reads what it wrote, every dtype, aligned and with metadata', () => {
    const at = path();
    const tensors = new Map<string, HostTensor>([
      ['flags', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
      ['half', { dtype: 'bf16', shape: [2], data: Uint16Array.of(0x3f80, 0x4000) }],
      ['a.weight', f32([2, 2], [1, -2, 3.5, Number.NaN])],
      ['scale', f32([], [7])],
      ['ids', { dtype: 'i32', shape: [2], data: Int32Array.of(-1, 5) }],
      ['empty', f32([0, 4], [])],
    ]);
    writeSafetensors(at, { tensors, metadata: new Map([['mmlang', '{"step":1}']]) });
    const read = readSafetensors(at);
    expect(new Map(read.tensors)).toEqual(tensors);
    expect(readOutline(at).metadata).toEqual(new Map([['mmlang', '{"step":1}']]));
    expect(countNaN(read.tensors.get('a.weight')!)).toBe(1);
    const bytes = readFileSync(at);
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0);
    expect(readdirSync(join(at, '..'))).toEqual(['x.safetensors']);
  });

  it('writes the same bytes whatever the order of the map', () => {
    const [a, b] = [path(), path()];
    const x = f32([1], [1]);
    const y = f32([1], [2]);
    writeSafetensors(a, {
      tensors: new Map([
        ['x', x],
        ['y', y],
      ]),
      metadata: new Map(),
    });
    writeSafetensors(b, {
      tensors: new Map([
        ['y', y],
        ['x', x],
      ]),
      metadata: new Map(),
    });
    expect(readFileSync(a)).toEqual(readFileSync(b));
  });

  it.each([
    [
      'a header longer than the file',
      () => file('{}', undefined, 10n ** 15n),
      /claims a header of 1000000000000000/,
    ],
    ['no bytes', () => file('', undefined, 0n), /not JSON/],
    ['no JSON', () => file('{"a":'), /not JSON/],
    ['bytes that are no text', () => file('{}').replace(/$/, ''), /read/],
    ['a list', () => file([]), /not a JSON object/],
    [
      'an unknown dtype',
      () => file({ a: { ...four([0, 4]), dtype: 'F8' } }, new Uint8Array(4)),
      /dtype "F8"/,
    ],
    [
      'a huge claim',
      () => file({ a: { dtype: 'F32', shape: [2 ** 40], data_offsets: [0, 2 ** 42] } }),
      /cut off/,
    ],
    [
      'a shape that overflows',
      () => file({ a: { dtype: 'F32', shape: [2 ** 52, 2 ** 52], data_offsets: [0, 4] } }, new Uint8Array(4)),
      /has 4 bytes/,
    ],
    [
      'a negative size',
      () => file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, new Uint8Array(4)),
      /list of sizes/,
    ],
    ['a backward range', () => file({ a: four([4, 0]) }, new Uint8Array(4)), /byte range/],
    ['an overlap', () => file({ a: four([0, 4]), b: four([0, 4]) }, new Uint8Array(4)), /overlaps/],
    ['a hole', () => file({ a: four([4, 8]) }, new Uint8Array(8)), /hole/],
    ['data of nobody', () => file({ a: four([0, 4]) }, new Uint8Array(8)), /4 bytes belong to no tensor/],
    ['a range outside', () => file({ a: four([0, 4]) }, new Uint8Array(3)), /cut off/],
    [
      'a name twice',
      () =>
        file(
          '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
          new Uint8Array(4),
        ),
      /twice/,
    ],
    ['metadata that is no text', () => file({ __metadata__: { a: 1 } }), /not a text/],
    [
      'truth values of 7',
      () => file({ a: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, Uint8Array.of(7)),
      /neither 0 nor 1/,
    ],
    ['a folder', () => freshFolder(), /not a file|folder/],
    ['nothing there', () => path(), /no such file/],
  ])('refuses %s', (_, make, said) => {
    expect(complaint(make())).toMatch(said);
  });

  it('never throws anything but a diagnostic at damaged files', () => {
    const good = path();
    writeSafetensors(good, {
      tensors: new Map([
        ['a', f32([4], [1, 2, 3, 4])],
        ['b', f32([2], [5, 6])],
      ]),
      metadata: new Map([['k', 'v']]),
    });
    const bytes = readFileSync(good);
    const damaged = path();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
        const copy = Buffer.from(bytes);
        copy[at] = value;
        writeFileSync(damaged, copy);
        complaint(damaged);
        truncateSync(damaged, length);
        expect(complaint(damaged)).not.toBe(length < bytes.length ? 'read' : '');
      }),
      { numRuns: 300 },
    );
  });
});

describe('host tensors', () => {
  it('rounds to half and bfloat16 as IEEE does', () => {
    const half = allocate('f16', [9]);
    const values = [1, -2, 65504, 65520, 2 ** -24, 2 ** -25, 0.1, 1 + 2 ** -11, Number.NaN];
    for (const [i, v] of values.entries()) setNumber(half, i, v);
    expect([...half.data]).toEqual([0x3c00, 0xc000, 0x7bff, 0x7c00, 0x0001, 0, 0x2e66, 0x3c00, 0x7e00]);
    const brain = allocate('bf16', [4]);
    for (const [i, v] of [1, 1 + 2 ** -8, 1 + 2 ** -7 + 2 ** -8, Number.NaN].entries())
      setNumber(brain, i, v);
    expect([...brain.data]).toEqual([0x3f80, 0x3f80, 0x3f82, 0x7fc0]);
  });
});
