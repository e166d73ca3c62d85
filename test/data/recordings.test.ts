// Recordings as they come: every encoding, headers that lie, other rates, too long; and what batches are made of them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioFeatures } from '../../src/base/audio.ts';
import type { BatchSpec, FieldSpec, TransformSpec } from '../../src/compiler/program.ts';
import { createExtractor } from '../../src/data/audio/features.ts';
import { decodeWav } from '../../src/data/audio/wav.ts';
import { makeFeeds } from '../../src/data/batch/feeds.ts';
import { encodeExamples } from '../../src/data/examples.ts';
import { openData } from '../../src/data/index.ts';
import { batchSpec, folder, span, transform } from './specs.ts';
import { tone, type WavOptions, wav } from './wav.ts';

const mel: AudioFeatures = {
  kind: 'log_mel',
  bands: 6,
  window: 200,
  hop: 80,
  fft: 256,
  low: 0,
  high: 4000,
  scale: 'slaney',
  norm: 'slaney',
  power: 2,
  log: 'natural',
  floor: 1e-10,
  range: undefined,
  edges: 'reflect',
  emphasis: 0,
};

interface FieldOptions {
  readonly features?: AudioFeatures | undefined;
  readonly longer?: 'cut' | 'refuse';
  readonly transforms?: readonly TransformSpec[];
}

/** Recordings of at most 0.1 s at 8 kHz: 800 samples, 10 frames. */
function audioField(size: number, options: FieldOptions = {}): FieldSpec {
  const { longer = 'cut', transforms = [] } = options;
  const features = 'features' in options ? options.features : mel;
  const steps = features === undefined ? 800 : 10;
  const shape = features === undefined ? [size, steps] : [size, steps, 6];
  const component = features === undefined ? 'samples' : 'features';
  return {
    name: 'speech',
    type: {
      kind: 'modality',
      modality: { kind: 'audio', name: 'speech', rate: 8000, samples: 800, longer, features },
    },
    feeds: [
      { component, feed: 'speech.values', dtype: 'f32', shape },
      { component: 'keep', feed: 'speech.keep', dtype: 'bool', shape: [size, steps] },
    ],
    transforms,
    span,
  };
}

async function prepared(
  files: Readonly<Record<string, Uint8Array>>,
  spec: BatchSpec,
  cacheFolder: string | false = false,
) {
  const rows = Object.keys(files)
    .map(name => `${name}\n`)
    .join('');
  const path = folder({
    ...files,
    'toys.csv': `file\n${rows}`,
    'data/toys.yaml':
      'source: { table: ../toys.csv, folder: .. }\nskip: 90%\nfields: { speech: { column: file, as: audio } }\nsplits: { train: {} }\n',
  });
  const told: string[] = [];
  const data = openData({
    specFile: `${path}/x.mm`,
    cacheFolder,
    onDiagnostic: d => told.push(...(d.notes ?? [])),
  });
  const { value, diagnostics } = await data.prepare(spec);
  return {
    split: value,
    problems: told.concat(diagnostics.flatMap(d => (d.severity === 'error' ? [d.message] : []))),
  };
}

describe('WAV files', () => {
  const samples = [0, 0.5, -0.25, 0.75, -1, 0.125];

  it.each([
    { bits: 8 },
    { bits: 16 },
    { bits: 24 },
    { bits: 32 },
    { bits: 32, float: true },
    { bits: 64, float: true },
    { bits: 24, extensible: true },
    { bits: 16, before: ['LIST', new Uint8Array(7)] },
    { bits: 16, promised: 0 },
    { bits: 16, promised: 0xffffffff },
  ] satisfies WavOptions[])('%o', options => {
    expect(decodeWav(wav(samples, options))).toEqual({
      rate: 8000,
      channels: 1,
      samples: Float32Array.from(samples),
    });
  });

  it('averages channels', () => {
    const stereo = decodeWav(wav([0.5, 0.25, -0.5, 0], { channels: 2 }));
    expect(stereo).toEqual({ rate: 8000, channels: 2, samples: Float32Array.of(0.375, -0.25) });
  });

  const good = wav(tone(100));
  it.each([
    ['nothing', new Uint8Array(0), 'is not a WAV file'],
    ['text', Buffer.from('hello, this is no recording at all'), 'is not a WAV file'],
    ['MP3', Buffer.from('ID3\u0003 and so on, and so on'), 'is MP3; recordings are read from WAV files'],
    ['FLAC', Buffer.from('fLaC and so on, and so on'), 'is FLAC'],
    [
      'cut off in its samples',
      good.subarray(0, 120),
      'is cut off: its header promises 200 bytes of samples and 76 are there',
    ],
    ['cut off in its header', good.subarray(0, 30), 'is cut off in its header'],
    ['cut off before its samples', good.subarray(0, 40), 'has no samples'],
    ['without samples', wav([]), 'has no samples'],
    ['a header that lies', wav(tone(10), { promised: 4_000_000_000 }), 'promises 4000000000 bytes'],
    ['a rate of 3', wav(tone(10), { rate: 3 }), 'has a rate of 3Hz'],
    ['no channel', wav(tone(10), { channels: 0 }), 'has 0 channels'],
    [
      'a sample that is no number',
      wav([0, Number.NaN], { bits: 32, float: true }),
      'has a sample that is no number',
    ],
  ])('%s', (_, bytes, problem) => {
    const decoded = decodeWav(bytes);
    expect('problem' in decoded ? decoded.problem : decoded).toContain(problem);
  });

  it('refuses compressed samples and blocks that contradict the format', () => {
    const law = Buffer.from(good);
    law.writeUInt16LE(7, 20);
    expect(decodeWav(law)).toEqual({ problem: expect.stringContaining('format 7, 16 bits') });
    const blocks = Buffer.from(good);
    blocks.writeUInt16LE(3, 32);
    expect(decodeWav(blocks)).toEqual({ problem: expect.stringContaining('contradicts itself') });
  });

  it('never throws, whatever the bytes', () => {
    const file = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.nat(good.length - 1), fc.nat(255))
        .map(([at, byte]) => Uint8Array.from(good, (b, i) => (i === at ? byte : b))),
      fc.nat(good.length).map(n => good.subarray(0, n)),
    );
    fc.assert(
      fc.property(file, bytes => {
        const decoded = decodeWav(bytes);
        if ('problem' in decoded) expect(decoded.problem).not.toBe('');
        else expect(decoded.samples.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('splits of recordings', () => {
  it('keeps good rows, names bad ones, and says how long files are', async () => {
    const files = {
      'a.wav': wav(tone(400)),
      'b.wav': wav([]),
      'c.wav': wav(tone(2000)),
      'd.wav': Buffer.from('nonsense'),
      'e.wav': wav(tone(800, 0.15), { rate: 16_000 }),
    };
    const { split, problems } = await prepared(files, batchSpec('train', 4, [audioField(4)]));
    expect(problems).toEqual([
      expect.stringContaining('b.wav has no samples'),
      expect.stringContaining('d.wav is not a WAV file'),
    ]);
    const column = split?.columns.speech;
    if (column?.kind !== 'audio') throw new Error('no recordings');
    expect(column.holds).toBe('features');
    expect([...column.sequences.starts]).toEqual([0, 5, 15, 20]);
    expect([...column.sequences.seconds]).toEqual([0.05, 0.25, 0.05]);
  });

  it('refuses longer ones where the modality says so', async () => {
    const files = { 'a.wav': wav(tone(800)), 'b.wav': wav(tone(801)) };
    const { split, problems } = await prepared(
      files,
      batchSpec('train', 1, [audioField(1, { longer: 'refuse' })]),
    );
    expect(split?.rows).toBe(1);
    expect(problems).toEqual([
      expect.stringContaining('b.wav has 0.1001s, and longer ones than 0.1s are refused'),
    ]);
  });

  it('is the same from the cache, and made anew where the cache is broken', async () => {
    const files = { 'a.wav': wav(tone(400)), 'b.wav': wav([]), 'c.wav': wav(tone(900)) };
    const cache = folder();
    const spec = batchSpec('train', 2, [audioField(2)]);
    const first = await prepared(files, spec, cache);
    const again = await prepared(files, spec, cache);
    expect(again.split?.columns).toEqual(first.split?.columns);
    expect(again.split?.groups).toEqual(first.split?.groups);
    expect(again.problems).toEqual(first.problems);
  });

  it('tells that a manifest has another kind of field', async () => {
    const field = audioField(1);
    const text = { ...field, type: { kind: 'number' } as const };
    const { problems } = await prepared({ 'a.wav': wav(tone(8)) }, batchSpec('train', 1, [text]));
    expect(problems.join()).toContain('speech of toys is audio, and the spec reads number');
  });
});

describe('batches of recordings', () => {
  const files = { 'a.wav': wav(tone(400)), 'b.wav': wav(tone(2000, 0.2)), 'c.wav': wav(tone(30)) };
  const key = { seed: 1, step: 3 };

  it('holds features from the left, zeros and a mask', async () => {
    const spec = batchSpec('train', 4, [audioField(4)]);
    const { split } = await prepared(files, spec);
    if (split === undefined) throw new Error('not prepared');
    const feeds = makeFeeds(spec, split, new Map(), [0, 1, 2], new Map(), undefined);
    const keep = [...(feeds.get('speech.keep')?.data ?? [])];
    expect(keep).toEqual([5, 10, 1, 0].flatMap(n => Array.from({ length: 10 }, (_, i) => Number(i < n))));
    const values = feeds.get('speech.values')?.data as Float32Array;
    const direct = createExtractor(
      mel,
      8000,
    )(Float32Array.from(tone(400), v => Math.round(v * 32_768) / 32_768));
    expect(values.subarray(0, 30)).toEqual(direct);
    expect(values.subarray(30, 60).every(v => v === 0)).toBe(true);
  });

  it.each([
    ['gain', transform('gain', { decibels: 6 })],
    ['shift', transform('shift', { by: 0.02 })],
    ['mask_time', transform('mask_time', { most: 0.04, count: 2, share: 1 })],
    ['mask_bands', transform('mask_bands', { most: 3, count: 1 })],
  ])('%s changes what it should, and the same way for the same key', async (name, declared) => {
    const spec = batchSpec('train', 3, [audioField(3, { transforms: [declared] })]);
    const { split } = await prepared(files, spec);
    if (split === undefined) throw new Error('not prepared');
    const made = (of: typeof key | undefined): Float32Array =>
      makeFeeds(spec, split, new Map(), [0, 1, 2], new Map([['speech', [declared]]]), of).get('speech.values')
        ?.data as Float32Array;
    const plain = made(undefined);
    const changed = made(key);
    expect(changed).not.toEqual(plain);
    expect(made(key)).toEqual(changed);
    expect(made({ seed: 1, step: 4 })).not.toEqual(changed);
    // Padding stays zero.
    expect(changed.subarray(30, 60).every(v => v === 0)).toBe(true);
    if (name === 'gain') {
      // A factor of the waveform is a sum to the logarithm.
      const differences = Array.from(plain.subarray(0, 30), (v, i) => (changed[i] as number) - v);
      for (const d of differences) expect(d).toBeCloseTo(differences[0] as number, 2);
      expect(Math.abs(differences[0] as number)).toBeLessThan((12 / 20) * Math.LN10);
    }
    if (name === 'mask_time' || name === 'mask_bands') {
      const same = Array.from(plain, (v, i) => v === changed[i]);
      const byFrame = (f: number): boolean => same.slice(f * 6, f * 6 + 6).every(Boolean);
      if (name === 'mask_time') expect([0, 1, 2, 3, 4].some(byFrame)).toBe(true);
    }
  });

  it('gives waveforms where no features are declared', async () => {
    const spec = batchSpec('train', 3, [audioField(3, { features: undefined })]);
    const { split } = await prepared(files, spec);
    if (split === undefined) throw new Error('not prepared');
    const feeds = makeFeeds(spec, split, new Map(), [2, 0], new Map(), undefined);
    const values = feeds.get('speech.values')?.data as Float32Array;
    expect(values[1]).toBeCloseTo(0.5 * Math.sin(0.3), 4);
    expect([...(feeds.get('speech.keep')?.data ?? [])].reduce((a, b) => a + b, 0)).toBe(430);
  });

  it('cuts where a field asks for fewer steps than its modality has', async () => {
    const field = audioField(3);
    const feeds = field.feeds.map(f => ({ ...f, shape: [3, 4, ...f.shape.slice(2)] }));
    const { split } = await prepared(files, batchSpec('train', 3, [field]));
    if (split === undefined) throw new Error('not prepared');
    const short = batchSpec('train', 3, [{ ...field, feeds }]);
    const made = makeFeeds(short, split, new Map(), [0, 2], new Map(), undefined);
    expect([...(made.get('speech.keep')?.data ?? [])]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('takes files from who calls an export', async () => {
    const path = folder({ 'a.wav': wav(tone(400)), 'b.wav': Buffer.from('no') });
    const batch = batchSpec('train', 2, [audioField(2)]);
    const encode = (value: string | Uint8Array) =>
      encodeExamples({ batch, tokenizers: new Map(), values: new Map([['speech', [value]]]) });
    const read = await encode(`${path}/a.wav`);
    const given = await encode(wav(tone(400)));
    expect(read.value?.get('speech.values')).toEqual(given.value?.get('speech.values'));
    const wrong = await encode(`${path}/b.wav`);
    expect(wrong.diagnostics[0]?.message).toContain('b.wav is not a WAV file');
  });
});
