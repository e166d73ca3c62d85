// Augmentation of a picture: one affine map of places (one bilinear resampling on premultiplied colours), one affine
// map of colours, a background, then noise and patches. Each declared transform adds its part of these.

import type { ImageTransformName } from '../../base/transform.ts';
import type { TransformSpec } from '../../compiler/program.ts';
import type { Draws } from '../random.ts';

/** Output place → source place, both −1 … 1: [xx, xy, x0, yx, yy, y0]. */
type Place = readonly [number, number, number, number, number, number];
/** Rows of a 3 × 4 matrix: colour' = A·colour + b. */
type Colour = readonly number[];
type Rgb = readonly [number, number, number];

interface Patch {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly rgb: Rgb;
}

/** What is done to one picture. */
export interface PicturePlan {
  place: Place | undefined;
  colour: Colour | undefined;
  background: Rgb;
  noise: number;
  patches: readonly Patch[];
}

interface Size {
  readonly height: number;
  readonly width: number;
}

type Settings = Readonly<Record<string, number>>;
type Step = (plan: PicturePlan, settings: Settings, draws: Draws, size: Size) => void;

const white: Rgb = [1, 1, 1];
const of = (settings: Settings, name: string): number => settings[name] as number;

/** First `inner` (the later transform), then what was there: source = before(inner(out)). */
function moved(plan: PicturePlan, [a, b, c, d, e, f]: Place): void {
  const [A, B, C, D, E, F] = plan.place ?? [1, 0, 0, 0, 1, 0];
  plan.place = [
    A * a + B * d,
    A * b + B * e,
    A * c + B * f + C,
    D * a + E * d,
    D * b + E * e,
    D * c + E * f + F,
  ];
}

function coloured(plan: PicturePlan, m: Colour): void {
  const before = plan.colour;
  if (before === undefined) {
    plan.colour = m;
    return;
  }
  const out: number[] = [];
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 4; c++) {
      let sum = c === 3 ? (m[r * 4 + 3] as number) : 0;
      for (let k = 0; k < 3; k++) sum += (m[r * 4 + k] as number) * (before[k * 4 + c] as number);
      out.push(sum);
    }
  }
  plan.colour = out;
}

const diagonal = (gains: Rgb, add: number): Colour => [
  ...[gains[0], 0, 0, add],
  ...[0, gains[1], 0, add],
  ...[0, 0, gains[2], add],
];

const uniform = (factor: number, add: number): Colour => diagonal([factor, factor, factor], add);

const steps: { readonly [K in ImageTransformName]: Step } = {
  shift(plan, settings, draws, size) {
    const by = of(settings, 'pixels');
    const x = (2 * draws.between(-by, by)) / size.width;
    const y = (2 * draws.between(-by, by)) / size.height;
    moved(plan, [1, 0, x, 0, 1, y]);
  },
  scale(plan, settings, draws) {
    const factor = Math.exp(draws.between(Math.log(of(settings, 'from')), Math.log(of(settings, 'to'))));
    moved(plan, [1 / factor, 0, 0, 0, 1 / factor, 0]);
  },
  stretch(plan, settings, draws) {
    const half = Math.exp(draws.between(-of(settings, 'by'), of(settings, 'by')) / 2);
    moved(plan, [half, 0, 0, 0, 1 / half, 0]);
  },
  crop(plan, settings, draws) {
    const area = draws.between(of(settings, 'from'), of(settings, 'to'));
    const ratio = Math.exp(draws.between(Math.log(3 / 4), Math.log(4 / 3)));
    const width = Math.min(1, Math.sqrt(area * ratio));
    const height = Math.min(1, Math.sqrt(area / ratio));
    const x = draws.between(-1 + width, 1 - width);
    const y = draws.between(-1 + height, 1 - height);
    moved(plan, [width, 0, x, 0, height, y]);
  },
  rotate(plan, settings, draws, size) {
    const angle = (draws.between(-1, 1) * of(settings, 'degrees') * Math.PI) / 180;
    const ratio = size.width / size.height;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    moved(plan, [cos, -sin / ratio, 0, sin * ratio, cos, 0]);
  },
  mirror(plan, settings, draws) {
    if (draws.next() < of(settings, 'share')) moved(plan, [-1, 0, 0, 0, 1, 0]);
  },
  brightness(plan, settings, draws) {
    coloured(plan, uniform(1, draws.between(-1, 1) * of(settings, 'by')));
  },
  contrast(plan, settings, draws) {
    const factor = Math.exp(draws.between(-1, 1) * of(settings, 'by'));
    coloured(plan, uniform(factor, 0.5 - 0.5 * factor));
  },
  colour(plan, settings, draws) {
    const gain = (): number => Math.exp(draws.between(-1, 1) * of(settings, 'by'));
    coloured(plan, diagonal([gain(), gain(), gain()], 0));
  },
  hue(plan, settings, draws) {
    const angle = (draws.between(-1, 1) * of(settings, 'degrees') * Math.PI) / 180;
    // Rodrigues' rotation about (1, 1, 1) / √3.
    const cos = Math.cos(angle);
    const k = (1 - cos) / 3;
    const q = Math.sin(angle) / Math.sqrt(3);
    coloured(plan, [cos + k, k - q, k + q, 0, k + q, cos + k, k - q, 0, k - q, k + q, cos + k, 0]);
  },
  grey(plan, settings, draws) {
    const third = 1 / 3;
    const row = [third, third, third, 0];
    if (draws.next() < of(settings, 'share')) coloured(plan, [...row, ...row, ...row]);
  },
  invert(plan, settings, draws) {
    if (draws.next() < of(settings, 'share')) coloured(plan, uniform(-1, 1));
  },
  background(plan, settings, draws) {
    if (draws.next() < of(settings, 'share')) plan.background = [draws.next(), draws.next(), draws.next()];
  },
  noise(plan, settings, draws) {
    plan.noise = Math.hypot(plan.noise, draws.next() * of(settings, 'by'));
  },
  erase(plan, settings, draws, size) {
    if (draws.next() >= of(settings, 'share')) return;
    const side = (whole: number): number =>
      Math.max(1, Math.round(whole * draws.between(of(settings, 'from'), of(settings, 'to'))));
    const width = side(size.width);
    const height = side(size.height);
    const left = draws.below(size.width) - (width >> 1);
    const top = draws.below(size.height) - (height >> 1);
    const patch: Patch = {
      left: Math.max(0, left),
      top: Math.max(0, top),
      right: Math.min(size.width, left + width),
      bottom: Math.min(size.height, top + height),
      rgb: [draws.next(), draws.next(), draws.next()],
    };
    plan.patches = [...plan.patches, patch];
  },
};

/** Draws what is done to one picture; settings are complete (see checkTransforms). */
export function planPicture(transforms: readonly TransformSpec[], draws: Draws, size: Size): PicturePlan {
  const plan: PicturePlan = {
    place: undefined,
    colour: undefined,
    background: white,
    noise: 0,
    patches: [],
  };
  for (const { name, settings } of transforms) steps[name as ImageTransformName](plan, settings, draws, size);
  return plan;
}

/**
 * Writes one picture as [height, width, channels] into `out` at `at`, −1 … 1; one channel is Rec. 601 luma.
 * `rgba` holds it at `from`, not premultiplied.
 */
export function drawPicture(
  rgba: Uint8Array,
  from: number,
  size: Size,
  channels: number,
  plan: PicturePlan,
  draws: Draws,
  out: Float32Array,
  at: number,
): void {
  const { height, width } = size;
  const sampled = new Float64Array(4);
  const [br, bg, bb] = plan.background;
  const m = plan.colour;
  let to = at;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sample(rgba, from, size, plan.place, x, y, sampled);
      const r0 = sampled[0] as number;
      const g0 = sampled[1] as number;
      const b0 = sampled[2] as number;
      const alpha = sampled[3] as number;
      let r = r0;
      let g = g0;
      let b = b0;
      if (m !== undefined) {
        r = limit(dot(m, 0, r0, g0, b0, alpha), alpha);
        g = limit(dot(m, 4, r0, g0, b0, alpha), alpha);
        b = limit(dot(m, 8, r0, g0, b0, alpha), alpha);
      }
      const clear = 1 - alpha;
      r += br * clear;
      g += bg * clear;
      b += bb * clear;
      for (const patch of plan.patches)
        if (x >= patch.left && x < patch.right && y >= patch.top && y < patch.bottom) [r, g, b] = patch.rgb;
      if (plan.noise > 0) {
        r += plan.noise * draws.normal();
        g += plan.noise * draws.normal();
        b += plan.noise * draws.normal();
      }
      if (channels === 1) out[to++] = 2 * (0.299 * r + 0.587 * g + 0.114 * b) - 1;
      else {
        out[to++] = 2 * r - 1;
        out[to++] = 2 * g - 1;
        out[to++] = 2 * b - 1;
      }
    }
  }
}

const limit = (value: number, high: number): number => Math.max(0, Math.min(value, high));

/** A row of the colour matrix on premultiplied colours: its constant counts for what is opaque. */
const dot = (m: Colour, row: number, r: number, g: number, b: number, alpha: number): number =>
  (m[row] as number) * r +
  (m[row + 1] as number) * g +
  (m[row + 2] as number) * b +
  (m[row + 3] as number) * alpha;

/** Premultiplied colour and alpha, 0 … 1, at output pixel (x, y): bilinear, transparent outside. */
function sample(
  rgba: Uint8Array,
  from: number,
  size: Size,
  place: Place | undefined,
  x: number,
  y: number,
  out: Float64Array,
): void {
  const { height, width } = size;
  if (place === undefined) {
    const i = from + (y * width + x) * 4;
    const alpha = (rgba[i + 3] as number) / 255;
    for (let c = 0; c < 3; c++) out[c] = ((rgba[i + c] as number) / 255) * alpha;
    out[3] = alpha;
    return;
  }
  const u = (2 * x + 1) / width - 1;
  const v = (2 * y + 1) / height - 1;
  const sx = ((place[0] * u + place[1] * v + place[2] + 1) * width - 1) / 2;
  const sy = ((place[3] * u + place[4] * v + place[5] + 1) * height - 1) / 2;
  const left = Math.floor(sx);
  const top = Math.floor(sy);
  out.fill(0);
  for (let dy = 0; dy < 2; dy++) {
    const row = top + dy;
    if (row < 0 || row >= height) continue;
    const wy = dy === 0 ? 1 - (sy - top) : sy - top;
    for (let dx = 0; dx < 2; dx++) {
      const column = left + dx;
      if (column < 0 || column >= width) continue;
      const i = from + (row * width + column) * 4;
      const alpha = (wy * (dx === 0 ? 1 - (sx - left) : sx - left) * (rgba[i + 3] as number)) / 255;
      for (let c = 0; c < 3; c++) out[c] = (out[c] as number) + (alpha * (rgba[i + c] as number)) / 255;
      out[3] = (out[3] as number) + alpha;
    }
  }
}
