// A video as a modality wants it: an animated GIF or WebP, or a folder of pictures, as frames at the modality's rate.

import sharp from 'sharp';
import type { ModalitySpec } from '../../compiler/program.ts';
import { failure } from '../failure.ts';
import { decodePicture } from '../picture/decode.ts';
import type { DecodedSequence, SequenceKind } from '../sequences.ts';

export type VideoSpec = Extract<ModalitySpec, { kind: 'video' }>;

export const MAX_VIDEO_BYTES = 256 << 20;
export const MAX_FRAME_FILES = 65_536;
/** The largest number of pixels of all frames together, before scaling. */
const MAX_PIXELS = 512 << 20;
/** Frames that are shown for less than 20 ms are shown for 100, as browsers do. */
const [SHORTEST, INSTEAD] = [20, 100];

export function videoKind(video: VideoSpec): SequenceKind {
  const { height, width, frames, rate, longer } = video;
  return {
    name: 'videos',
    settings: { vips: sharp.versions.vips, height, width, frames, rate, longer },
    each: height * width * 4,
    mostBytes: MAX_VIDEO_BYTES,
    mostFiles: MAX_FRAME_FILES,
    decode: parts => decodeVideo(parts, video),
  };
}

/** Frames as RGBA, each as pictures are; several parts are one frame each. */
export async function decodeVideo(parts: readonly Uint8Array[], video: VideoSpec): Promise<DecodedSequence> {
  const [first] = parts;
  if (first === undefined) return { problem: 'is empty' };
  return parts.length === 1 ? decodeAnimation(first, video) : decodeFolder(parts, video);
}

async function decodeFolder(parts: readonly Uint8Array[], video: VideoSpec): Promise<DecodedSequence> {
  const seconds = parts.length / video.rate;
  if (video.longer === 'refuse' && parts.length > video.frames) return tooLong(parts.length, video);
  const { height, width } = video;
  const each = height * width * 4;
  const count = Math.min(parts.length, video.frames);
  const bytes = new Uint8Array(count * each);
  for (let i = 0; i < count; i++) {
    const frame = await decodePicture(parts[i] as Uint8Array, { height, width, trim: false });
    if ('problem' in frame) return { problem: `holds a frame, number ${i + 1}, that ${frame.problem}` };
    bytes.set(frame.rgba, i * each);
  }
  return { bytes, seconds };
}

const tooLong = (frames: number, { frames: most }: VideoSpec): DecodedSequence => ({
  problem: `has ${frames} frames, and longer ones than ${most} are refused`,
});

async function decodeAnimation(bytes: Uint8Array, video: VideoSpec): Promise<DecodedSequence> {
  const container = containerOf(bytes);
  if (container !== undefined)
    return {
      problem: `is ${container}; videos are read from animated GIF and WebP, and from folders of pictures`,
    };
  try {
    const { height, width } = video;
    const {
      pages = 1,
      delay = [],
      pageHeight,
      height: tall = 0,
    } = await sharp(bytes, { animated: true, limitInputPixels: MAX_PIXELS }).metadata();
    const shown = Array.from({ length: pages }, (_, i) => {
      const ms = delay[i] ?? INSTEAD;
      return ms < SHORTEST ? INSTEAD : ms;
    });
    const seconds = shown.reduce((a, b) => a + b, 0) / 1000;
    // A still picture is one frame.
    const all = pages === 1 ? 1 : Math.max(1, Math.floor(seconds * video.rate + 1e-9));
    if (video.longer === 'refuse' && all > video.frames) return tooLong(all, video);
    const count = Math.min(all, video.frames);
    const { data, info } = await sharp(bytes, { animated: true, limitInputPixels: MAX_PIXELS })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const rows = pages === 1 ? info.height : (pageHeight ?? tall / pages);
    const page = rows * info.width * 4;
    if (info.channels !== 4 || data.length !== page * pages)
      return { problem: 'has pixels of an unknown kind' };
    const each = height * width * 4;
    const out = new Uint8Array(count * each);
    const scaled = new Map<number, Uint8Array>();
    for (let i = 0; i < count; i++) {
      const at = pageAt(shown, (1000 * i) / video.rate);
      const known =
        scaled.get(at) ?? (await scale(data.subarray(at * page, (at + 1) * page), info.width, rows, video));
      scaled.set(at, known);
      out.set(known, i * each);
    }
    return { bytes: out, seconds };
  } catch (error) {
    return { problem: `is not a video that can be read (${failure(error)})` };
  }
}

/** The page that is shown at a time, in milliseconds. */
function pageAt(shown: readonly number[], time: number): number {
  let end = 0;
  for (const [i, ms] of shown.entries()) {
    end += ms;
    if (time < end - 1e-6) return i;
  }
  return shown.length - 1;
}

/** Contained in the modality's size, as pictures are. */
async function scale(rgba: Uint8Array, width: number, height: number, video: VideoSpec): Promise<Uint8Array> {
  if (width === video.width && height === video.height) return rgba;
  const background = { r: 0, g: 0, b: 0, alpha: 0 };
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .resize(video.width, video.height, { fit: 'contain', background })
    .raw()
    .toBuffer();
}

/** Containers of compressed video, which are told by name. */
function containerOf(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  const brand = head.slice(8, 12);
  if (head.slice(4, 8) === 'ftyp')
    return /^(avif|avis|heic|heix|mif1|msf1)/.test(brand)
      ? undefined
      : brand.startsWith('qt')
        ? 'QuickTime'
        : 'MP4';
  if (head.startsWith('\x1aE\xdf\xa3')) return 'Matroska or WebM';
  if (head.startsWith('RIFF') && brand === 'AVI ') return 'AVI';
  if (head.startsWith('\x00\x00\x01\xba') || head.startsWith('\x00\x00\x01\xb3')) return 'MPEG';
  return undefined;
}
