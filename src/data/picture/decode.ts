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

/** A problem is said of the picture: `is not …`. */
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

const pixels = (image: Sharp): Sharp => image.toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' });

/** Decodes and scales; an animated picture gives its first frame. */
export async function decodePicture(bytes: Uint8Array, size: PictureSize): Promise<Decoded> {
  if (bytes.length > MAX_PICTURE_BYTES) return { problem: 'is larger than 64 MiB' };
  try {
    const options = { limitInputPixels: MAX_PIXELS, density: svgDensity(bytes), pages: 1 } as const;
    const { height, width } = size;
    const input = sharp(bytes, options).rotate();
    if (size.trim) return { rgba: await trimmed(input, size) };
    const rgba = await pixels(input.resize(width, height, { fit: 'contain', background: clear })).toBuffer();
    if (rgba.length !== height * width * 4) return { problem: 'has pixels of an unknown kind' };
    return { rgba };
  } catch (error) {
    return { problem: `is not a picture that can be read (${failure(error)})` };
  }
}

/** A small vector drawing is rendered larger, so that scaling it doesn't blur; others don't care. */
function svgDensity(bytes: Uint8Array): number {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const width = /<svg[^>]*\swidth="(\d+(?:\.\d+)?)(?:px)?"/.exec(head)?.[1];
  const pixels = width === undefined ? 128 : Number(width);
  return pixels > 0 && pixels < 128 ? Math.min(2400, Math.ceil((72 * 128) / pixels)) : 72;
}

/** The box of what is drawn, scaled to fill all but the margins, centred. */
async function trimmed(input: Sharp, size: PictureSize): Promise<Uint8Array> {
  const { data, info } = await pixels(input).toBuffer({ resolveWithObject: true });
  const out = new Uint8Array(size.height * size.width * 4);
  const box = drawnBox(data, info.width, info.height);
  if (box === undefined) return out;
  const scale = Math.min((size.width * 30) / 32 / box.width, (size.height * 30) / 32 / box.height);
  const width = Math.max(1, Math.round(box.width * scale));
  const height = Math.max(1, Math.round(box.height * scale));
  // Placed here and not by sharp: `contain` and `extend` cost twice what the scaling does.
  const scaled = await sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } })
    .extract(box)
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  const left = (size.width - width) >> 1;
  const top = (size.height - height) >> 1;
  for (let y = 0; y < height; y++) {
    const row = scaled.subarray(y * width * 4, (y + 1) * width * 4);
    out.set(row, ((top + y) * size.width + left) * 4);
  }
  return out;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function drawnBox(rgba: Uint8Array, width: number, height: number): Box | undefined {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((rgba[(y * width + x) * 4 + 3] as number) <= FAINT) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
