// Videos as they come: animated GIF and WebP, folders of pictures, other rates, and what is no video.

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { FieldSpec, TransformSpec } from '../../src/compiler/program.ts';
import { makeFeeds } from '../../src/data/batch/feeds.ts';
import { encodeExamples } from '../../src/data/examples.ts';
import { openData } from '../../src/data/index.ts';
import { decodeVideo, type VideoSpec } from '../../src/data/video/decode.ts';
import { batchSpec, folder, png, span, transform } from './specs.ts';

const video = (more: Partial<VideoSpec> = {}): VideoSpec => ({
  kind: 'video',
  name: 'clip',
  frames: 4,
  height: 4,
  width: 4,
  channels: 3,
  rate: 10,
  longer: 'cut',
  ...more,
});

/** Frames of one red each, shown for so many milliseconds. */
async function animation(
  reds: readonly number[],
  delay: number | number[],
  format: 'gif' | 'webp' = 'gif',
): Promise<Buffer> {
  const [height, width] = [4, 4];
  const raw = Buffer.concat(reds.map(r => Buffer.alloc(height * width * 3, Buffer.from([r, 0, 0]))));
  const pages = sharp(raw, { raw: { width, height: height * reds.length, channels: 3, pageHeight: height } });
  return format === 'gif'
    ? pages.gif({ delay, keepDuplicateFrames: true }).toBuffer()
    : pages.webp({ delay, lossless: true }).toBuffer();
}

/** The red of each decoded frame. */
async function reds(parts: readonly Uint8Array[], spec: VideoSpec): Promise<readonly number[]> {
  const decoded = await decodeVideo(parts, spec);
  if ('problem' in decoded) throw new Error(decoded.problem);
  const each = spec.height * spec.width * 4;
  return Array.from({ length: decoded.bytes.length / each }, (_, i) => decoded.bytes[i * each] ?? -1);
}

describe('animations', () => {
  it.each([
    ['at their own rate', [10, 60, 110], 100, {}, [10, 60, 110]],
    ['cut at the most frames', [0, 50, 100, 150, 200], 100, {}, [0, 50, 100, 150]],
    ['at half their rate', [0, 50, 100, 150, 200, 250], 100, { rate: 5 }, [0, 100, 200]],
    ['at twice their rate', [0, 100], 100, { rate: 20 }, [0, 0, 100, 100]],
    ['with frames of unequal length', [0, 100, 200], [300, 50, 50], {}, [0, 0, 0, 100]],
    ['shorter than a frame', [70], 20, { rate: 1 }, [70]],
    ['as fast as browsers show them', [0, 100], 0, {}, [0, 100]],
  ] as const)('%s', async (_, frames, delay, more, expected) => {
    const gif = await animation(frames, typeof delay === 'number' ? delay : [...delay]);
    expect(await reds([gif], video(more))).toEqual(expected);
  });

  it('reads WebP and scales', async () => {
    const webp = await animation([0, 128], 100, 'webp');
    expect(await reds([webp], video({ height: 2, width: 2 }))).toEqual([0, 128]);
  });

  it('takes a still picture as one frame', async () => {
    expect(await reds([await png(90, 0, 0)], video())).toEqual([90]);
  });
});

describe('what is no video', () => {
  const head = (text: string): Buffer => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(64)]);
  it.each([
    [
      'MP4',
      head('\0\0\0\x18ftypisom'),
      'is MP4; videos are read from animated GIF and WebP, and from folders of pictures',
    ],
    ['QuickTime', head('\0\0\0\x14ftypqt  '), 'is QuickTime'],
    ['WebM', head('\x1aE\xdf\xa3'), 'is Matroska or WebM'],
    ['AVI', head('RIFF\0\0\0\0AVI LIST'), 'is AVI'],
    ['nonsense', head('nonsense'), 'is not a video that can be read'],
  ])('%s', async (_, bytes, problem) => {
    const decoded = await decodeVideo([bytes], video());
    expect('problem' in decoded && decoded.problem).toContain(problem);
  });

  it('a GIF that is cut off gives a problem or the frames before it, and never throws', async () => {
    const gif = await animation([0, 100, 200], 100);
    for (let n = 0; n < gif.length; n += 7) {
      const decoded = await decodeVideo([gif.subarray(0, n)], video());
      expect('problem' in decoded ? decoded.problem : 'frames').not.toBe('');
    }
  });

  it('longer than its modality allows', async () => {
    const decoded = await decodeVideo([await animation([0, 1, 2, 3, 4], 100)], video({ longer: 'refuse' }));
    expect(decoded).toEqual({ problem: 'has 5 frames, and longer ones than 4 are refused' });
  });
});

function clipField(size: number, transforms: readonly TransformSpec[] = []): FieldSpec {
  return {
    name: 'clip',
    type: { kind: 'modality', modality: video() },
    feeds: [
      { component: 'pixels', feed: 'clip.pixels', dtype: 'f32', shape: [size, 4, 4, 4, 3] },
      { component: 'keep', feed: 'clip.keep', dtype: 'bool', shape: [size, 4] },
    ],
    transforms,
    span,
  };
}

async function split(transforms: readonly TransformSpec[] = []) {
  const path = folder({
    'a.gif': await animation([0, 100], 100),
    'b/frame2.png': await png(50, 0, 0),
    'b/frame10.png': await png(200, 0, 0),
    'b/frame1.png': await png(25, 0, 0),
    'b/.hidden': 'not a frame',
    'c/frame1.png': await png(25, 0, 0),
    'c/frame2.png': 'no picture',
    'toys.csv': 'file\na.gif\nb\nc\nd\n',
    'data/toys.yaml':
      'source: { table: ../toys.csv, folder: .. }\nskip: 90%\nfields: { clip: { column: file, as: video } }\nsplits: { train: {} }\n',
  });
  const notes: string[] = [];
  const spec = batchSpec('train', 3, [clipField(3, transforms)]);
  const data = openData({
    specFile: `${path}/x.mm`,
    cacheFolder: `${path}/cache`,
    onDiagnostic: d => notes.push(...(d.notes ?? [])),
  });
  const { value } = await data.prepare(spec);
  if (value === undefined) throw new Error('not prepared');
  return { path, spec, value, notes };
}

describe('batches of videos', () => {
  it('holds frames from the left, zeros and a mask; folders are in order of numbers', async () => {
    const { spec, value, notes } = await split();
    expect(notes).toEqual([
      expect.stringContaining('c holds a frame, number 2, that is not a picture that can be read'),
      expect.stringContaining('d does not exist'),
    ]);
    const feeds = makeFeeds(spec, value, new Map(), [0, 1], new Map(), undefined);
    expect([...(feeds.get('clip.keep')?.data ?? [])]).toEqual([1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0]);
    const pixels = feeds.get('clip.pixels')?.data as Float32Array;
    const first = Array.from({ length: 8 }, (_, i) => pixels[i * 48] as number);
    const red = (r: number): number => r / 127.5 - 1;
    const expected = [red(0), red(100), 0, 0, red(25), red(50), red(200), 0];
    for (const [i, value_] of expected.entries()) expect(first[i]).toBeCloseTo(value_, 5);
  });

  it('changes all frames alike', async () => {
    const declared = transform('brightness', { by: 0.5 });
    const { spec, value } = await split([declared]);
    const made = (seeded: boolean): Float32Array =>
      makeFeeds(
        spec,
        value,
        new Map(),
        [1],
        new Map([['clip', [declared]]]),
        seeded ? { seed: 1, step: 1 } : undefined,
      ).get('clip.pixels')?.data as Float32Array;
    const [plain, changed] = [made(false), made(true)];
    const moved = [0, 1].map(f => (changed[f * 48] as number) - (plain[f * 48] as number));
    expect(moved[0]).not.toBe(0);
    expect(changed.subarray(3 * 48, 4 * 48).every(v => v === 0)).toBe(true);
  });

  it('takes folders and files from who calls an export', async () => {
    const { path } = await split();
    const batch = batchSpec('train', 2, [clipField(2)]);
    const encoded = await encodeExamples({
      batch,
      tokenizers: new Map(),
      values: new Map([['clip', [`${path}/a.gif`, `${path}/b`]]]),
    });
    expect([...(encoded.value?.get('clip.keep')?.data ?? [])]).toEqual([1, 1, 0, 0, 1, 1, 1, 0]);
    const missing = await encodeExamples({
      batch,
      tokenizers: new Map(),
      values: new Map([['clip', [`${path}/z.gif`]]]),
    });
    expect(missing.diagnostics[0]?.message).toContain("can't be read");
  });
});
