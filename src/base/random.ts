// A counter-based generator: number i of a stream depends on the stream's key and i alone, so streams can be read
// in any order. The bits are integer arithmetic and equal everywhere; `normal` also takes a logarithm and a root,
// which V8 computes in software (fdlibm) or exactly, so results rounded to f32 are equal on every machine.

/** Murmur3's finalizer: a bijection of 32 bits in which every input bit moves half of the output bits. */
export function mix32(x: number): number {
  let h = x | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 bits of a text (FNV-1a over its UTF-16 units, then mixed), starting from `seed`. */
export function hashText(text: string, seed = 0): number {
  let h = mix32(seed ^ 0x811c9dc5);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), 0x01000193);
    h = Math.imul(h ^ (unit >>> 8), 0x01000193);
  }
  return mix32(h);
}

export interface RandomStream {
  /** 32 random bits. */
  bits(i: number): number;
  /** From 0 up to, not including, 1, with 53 bits. */
  uniform(i: number): number;
  /** An integer from 0 below `n` (n ≤ 2³²). */
  below(i: number, n: number): number;
  /** Standard normal. */
  normal(i: number): number;
}

/** The stream of a seed and the names that own it. */
export function randomStream(seed: number, ...owners: readonly string[]): RandomStream {
  let low = mix32(seed | 0);
  let high = mix32((seed | 0) ^ 0x5bd1e995 ^ Math.floor(seed / 2 ** 32));
  for (const owner of owners) {
    low = hashText(owner, low);
    high = hashText(owner, high ^ 0x27d4eb2f);
  }
  const word = (i: number, key: number): number =>
    mix32(Math.imul(i, 0x9e3779b1) ^ mix32(key ^ Math.floor(i / 2 ** 32)));
  const bits = (i: number): number => word(i, low);
  const uniform = (i: number): number => (bits(i) * 2 ** 21 + (word(i, high) >>> 11)) / 2 ** 53;
  return {
    bits,
    uniform,
    below: (i, n) => Math.floor(uniform(i) * n),
    normal: i => normalQuantile((bits(i) * 2 ** 20 + (word(i, high) >>> 12) + 0.5) / 2 ** 52),
  };
}

const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0);

/** The inverse of the standard normal distribution function for 0 < p < 1 (Wichura 1988, AS 241, PPND16). */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * horner(A, r)) / horner(B, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const tail = r <= 5 ? horner(C, r - 1.6) / horner(D, r - 1.6) : horner(E, r - 5) / horner(F, r - 5);
  return q < 0 ? -tail : tail;
}

const A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
];
const B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
];
const C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
];
const D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const E = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const F = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
];
