// Bytes of a picture → RGBA at a modality's size. The picture keeps its aspect ratio and is centred; what it doesn't
// cover is transparent, and transparent means white unless a transform says otherwise.

import sharp, { type Sharp } from 'sharp';
import { failure } from '../failure.ts';

export interface PictureSize {
  readonly height: number;
  readonly width: number;
  /** Cut off what is transparent around the drawing, then leave a margin of 1/32 of the side. */
  readonly trim: boolean;
}

export type Decoded = { readonly rgba: Uint8Array } | { readonly problem: string };

/** A file's largest size, and the largest number of pixels before scaling. */
export const MAX_PICTURE_BYTES = 64 << 20;
const MAX_PIXELS = 64 << 20;
/** Alpha at or below this is nothing, when the drawing's box is looked for. */
const FAINT = 8;

// One decode is one task; several run side by side, so that each needs no threads of its own.
sharp.concurrency(1);
sharp.cache(false);

const clear = { r: 0, g: 0, b: 0, alpha: 0 };

/** Decodes and scales; an animated picture gives its first frame. */
export async function decodePicture(bytes: Uint8Array, size: PictureSize): Promise<Decoded> {
  if (bytes.length > MAX_PICTURE_BYTES) return { problem: 'the picture file is larger than 64 MiB' };
  try {
    const options = { limitInputPixels: MAX_PIXELS, density: svgDensity(bytes), pages: 1 } as const;
    const input = sharp(bytes, options).rotate();
    const { height, width } = size;
    const whole = size.trim ? await trimmed(input, size) : input;
    const rgba = await whole
      .resize(width, height, { fit: 'contain', background: clear })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer();
    if (rgba.length !== height * width * 4) return { problem: 'its pixels are of an unknown kind' };
    return { rgba };
  } catch (error) {
    return { problem: `it is not a picture that can be read (${failure(error)})` };
  }
}

/** A small vector drawing is rendered larger, so that scaling it doesn't blur; others don't care. */
function svgDensity(bytes: Uint8Array): number {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const width = /<svg[^>]*\swidth="(\d+(?:\.\d+)?)(?:px)?"/.exec(head)?.[1];
  const pixels = width === undefined ? 128 : Number(width);
  return pixels > 0 && pixels < 128 ? Math.min(2400, Math.ceil((72 * 128) / pixels)) : 72;
}

async function trimmed(input: Sharp, size: PictureSize): Promise<Sharp> {
  const { data, info } = await input
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((data[(y * width + x) * 4 + 3] as number) <= FAINT) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  const raw = { raw: { width, height, channels: 4 } } as const;
  if (right < 0) return sharp(data, raw);
  const boxWidth = right - left + 1;
  const boxHeight = bottom - top + 1;
  // Padded so that the box fills (1 − 2/32) of the target along its tighter side.
  const scale = Math.max(boxWidth / size.width, boxHeight / size.height) * (32 / 30);
  const addX = Math.max(0, Math.round(size.width * scale) - boxWidth);
  const addY = Math.max(0, Math.round(size.height * scale) - boxHeight);
  const padded = await sharp(data, raw)
    .extract({ left, top, width: boxWidth, height: boxHeight })
    .extend({
      left: addX >> 1,
      right: addX - (addX >> 1),
      top: addY >> 1,
      bottom: addY - (addY >> 1),
      background: clear,
    })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return sharp(padded.data, {
    raw: { width: padded.info.width, height: padded.info.height, channels: 4 },
  });
}
