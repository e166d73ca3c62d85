// The data of the page: shapes of random kinds, colours, sizes, places and angles, drawn with soft edges and some noise.
// A batch is filled by what its spec asks: a picture of any size, labels by their names, numbers by theirs.

import {
  type BatchSpec,
  type FieldSpec,
  type HostTensor,
  type PageBatch,
  type RandomStream,
  randomStream,
} from '../../src/page/index.ts';

/** Signed distance of a point from the edge of a shape of size 1, negative inside. */
const shapes = {
  circle: (x, y) => Math.hypot(x, y) - 1,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) - 0.85,
  triangle: (x, y) => Math.max(Math.abs(x) * 0.866 + y * 0.5, -y) - 0.6,
  cross: (x, y) => {
    const [low, high] = [Math.min(Math.abs(x), Math.abs(y)), Math.max(Math.abs(x), Math.abs(y))];
    return Math.max(low - 0.32, high - 1);
  },
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.75) - 0.25,
  bar: (x, y) => Math.max(Math.abs(x) - 0.3, Math.abs(y) - 1),
} as const satisfies Readonly<Record<string, (x: number, y: number) => number>>;

const colours = {
  red: [0.85, 0.2, 0.2],
  green: [0.2, 0.65, 0.3],
  blue: [0.2, 0.35, 0.85],
  orange: [0.95, 0.6, 0.15],
} as const satisfies Readonly<Record<string, readonly [number, number, number]>>;

type Shape = keyof typeof shapes;
type Colour = keyof typeof colours;

/** What is in one picture; places and size in parts of the picture. */
export interface Drawing {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: number;
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  /** Of its noise. */
  readonly seed: number;
}

const numbers = ['size', 'x', 'y'] as const;

/** What of the spec the page has no data for, in words; nothing where it has all. */
export function lackOf(spec: BatchSpec): string | undefined {
  if (spec.data?.set !== undefined && spec.data.set !== 'shapes')
    return `the page has one set of data, shapes, and the spec asks for ${spec.data.set}`;
  for (const field of spec.fields) {
    const { name, type } = field;
    if (field.transforms.length > 0)
      return `the page draws anew at each step, so ${name} takes no transforms`;
    switch (type.kind) {
      case 'modality':
        if (type.modality.kind !== 'image') return `the page has pictures, and ${name} isn't one`;
        break;
      case 'labels': {
        const known = [...Object.keys(shapes), ...Object.keys(colours)];
        const other = type.names?.find(n => !known.includes(n));
        if (type.names === undefined) return `the page wants the names of the labels ${type.name}`;
        if (other !== undefined) return `the page draws ${known.join(', ')}, and no ${other}`;
        break;
      }
      case 'number':
        if (!numbers.some(n => n === name))
          return `the page knows the numbers ${numbers.join(', ')}, and no ${name}`;
        break;
      default:
        return `the page has no data for ${name}`;
    }
  }
  return undefined;
}

/** So many drawings of what the batch's labels name; the same for the same owners. */
export function drawings(spec: BatchSpec, count: number, ...owners: readonly string[]): readonly Drawing[] {
  const next = counted(randomStream(1, ...owners));
  return Array.from({ length: count }, () => drawing(spec, next));
}

/** The feeds of a batch, filled from as many drawings as it has rows. */
export function batchOf(spec: BatchSpec, from: readonly Drawing[]): PageBatch {
  const feeds = new Map<string, HostTensor>([
    [spec.keepFeed, { dtype: 'bool', shape: [spec.size], data: new Uint8Array(spec.size).fill(1) }],
  ]);
  for (const field of spec.fields)
    for (const { feed, dtype, shape } of field.feeds)
      feeds.set(feed, { dtype, shape, data: valuesOf(field, shape, from) });
  return { feeds, rows: spec.size };
}

/** Batch `number` of what the page draws for a split. */
export const drawn = (spec: BatchSpec, seed: number, number: number): PageBatch =>
  batchOf(spec, drawings(spec, spec.size, `${seed}`, spec.data?.split ?? '', `batch ${number}`));

/** Which of the names is right for a drawing. */
export const nameOf = ({ shape, colour }: Drawing, names: readonly string[]): string | undefined =>
  names.find(n => n === shape) ?? names.find(n => n === colour);

/** A picture as bytes of red, green, blue and opacity. */
export function rgba(from: Drawing, height: number, width: number): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * height * width);
  const light = pixels([1, height, width, 3], [from]);
  for (let i = 0; i < height * width; i += 1) {
    for (let c = 0; c < 3; c += 1) out[4 * i + c] = 127.5 * ((light[3 * i + c] ?? 0) + 1);
    out[4 * i + 3] = 255;
  }
  return out;
}

function counted(random: RandomStream): () => number {
  let at = -1;
  return () => {
    at += 1;
    return random.uniform(at);
  };
}

function drawing(spec: BatchSpec, next: () => number): Drawing {
  const one = <T extends string>(all: readonly T[]): T => all[Math.floor(next() * all.length)] ?? all[0]!;
  return {
    shape: one(namesOf(spec, shapes)),
    colour: one(namesOf(spec, colours)),
    size: 0.22 + 0.14 * next(),
    x: 0.4 + 0.2 * next(),
    y: 0.4 + 0.2 * next(),
    angle: (next() - 0.5) * 0.8,
    seed: Math.floor(2 ** 31 * next()),
  };
}

/** Those that the labels of the batch name; where none does, the first four. */
function namesOf<T extends string>({ fields }: BatchSpec, all: Readonly<Record<T, unknown>>): readonly T[] {
  const known = Object.keys(all) as T[];
  const named = fields.flatMap(f => (f.type.kind === 'labels' ? (f.type.names ?? []) : []));
  const wanted = known.filter(n => named.includes(n));
  return wanted.length > 0 ? wanted : known.slice(0, 4);
}

function valuesOf(
  { name, type }: FieldSpec,
  shape: readonly number[],
  from: readonly Drawing[],
): HostTensor['data'] {
  switch (type.kind) {
    case 'labels': {
      const names = type.names ?? [];
      return Int32Array.from(from, d => names.indexOf(nameOf(d, names) ?? ''));
    }
    case 'number': {
      const which = numbers.find(n => n === name) ?? 'size';
      return Float32Array.from(from, d => d[which]);
    }
    default:
      return pixels(shape, from);
  }
}

/** [B, H, W, 3], from −1 (black) to 1 (white). */
function pixels(shape: readonly number[], from: readonly Drawing[]): Float32Array {
  const [, height = 1, width = 1] = shape;
  const data = new Float32Array(from.length * height * width * 3);
  let at = 0;
  for (const { shape: kind, colour, size, x, y, angle, seed } of from) {
    const next = counted(randomStream(seed, 'noise'));
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const ground = 0.85 + 0.15 * next();
    const inks = colours[colour];
    for (let row = 0; row < height; row += 1)
      for (let column = 0; column < width; column += 1) {
        const [u, v] = [(column + 0.5) / width - x, (row + 0.5) / height - y];
        const distance = shapes[kind]((cos * u + sin * v) / size, (cos * v - sin * u) / size) * size;
        // From 1 inside to 0 outside, over the width of a pixel.
        const inside = Math.min(1, Math.max(0, 0.5 - distance * width));
        for (const ink of inks) {
          const light = ground + (ink - ground) * inside + 0.12 * (next() - 0.5);
          data[at] = 2 * light - 1;
          at += 1;
        }
      }
  }
  return data;
}
