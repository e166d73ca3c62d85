// The discrete Fourier transform of sizes whose prime factors are small, by Stockham's self-sorting form of the fast
// algorithm (Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992).

/** Transforms `re` + i·`im`, both of the plan's size, in place. */
export type Fft = (re: Float64Array, im: Float64Array) => void;

/** One factor p of the size n · s: s interleaved transforms of size n become p · s of size n / p. */
interface Pass {
  readonly p: number;
  readonly m: number;
  readonly s: number;
  /** exp(−2πi k r / n) at k · p + r. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  /** exp(−2πi j r / p) at j · p + r. */
  readonly smallCos: Float64Array;
  readonly smallSin: Float64Array;
}

export function planFft(size: number): Fft {
  const passes: Pass[] = [];
  let n = size;
  for (let s = 1; n > 1; ) {
    const p = n % 4 === 0 ? 4 : leastFactor(n);
    passes.push(passOf(n, p, s));
    n /= p;
    s *= p;
  }
  const re2 = new Float64Array(size);
  const im2 = new Float64Array(size);
  return (re, im) => {
    let from: Pair = { re, im };
    let to: Pair = { re: re2, im: im2 };
    for (const pass of passes) {
      if (pass.p === 4) quarters(pass, from.re, from.im, to.re, to.im);
      else anyFactor(pass, from.re, from.im, to.re, to.im);
      [from, to] = [to, from];
    }
    if (from.re === re) return;
    re.set(from.re);
    im.set(from.im);
  };
}

function leastFactor(n: number): number {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return p;
  return n;
}

function passOf(n: number, p: number, s: number): Pass {
  const table = (count: number, angle: (i: number) => number) => ({
    cos: Float64Array.from({ length: count }, (_, i) => Math.cos(angle(i))),
    sin: Float64Array.from({ length: count }, (_, i) => -Math.sin(angle(i))),
  });
  const m = n / p;
  const turns = table(m * p, i => (2 * Math.PI * Math.floor(i / p) * (i % p)) / n);
  const small = table(p * p, i => (2 * Math.PI * Math.floor(i / p) * (i % p)) / p);
  return { p, m, s, ...turns, smallCos: small.cos, smallSin: small.sin };
}

type Signal = Float64Array;
interface Pair {
  readonly re: Signal;
  readonly im: Signal;
}

function anyFactor(
  { p, m, s, cos, sin, smallCos, smallSin }: Pass,
  xr: Signal,
  xi: Signal,
  yr: Signal,
  yi: Signal,
): void {
  for (let k = 0; k < m; k++) {
    for (let r = 0; r < p; r++) {
      const c = cos[k * p + r] as number;
      const d = sin[k * p + r] as number;
      for (let q = 0; q < s; q++) {
        let a = 0;
        let b = 0;
        for (let j = 0; j < p; j++) {
          const at = q + s * (k + m * j);
          const [u, v] = [xr[at] as number, xi[at] as number];
          const [e, f] = [smallCos[j * p + r] as number, smallSin[j * p + r] as number];
          a += u * e - v * f;
          b += u * f + v * e;
        }
        const to = q + s * (p * k + r);
        yr[to] = a * c - b * d;
        yi[to] = a * d + b * c;
      }
    }
  }
}

/** A factor of 4 needs no products but those with exp(−2πi k r / n). */
function quarters({ m, s, cos, sin }: Pass, xr: Signal, xi: Signal, yr: Signal, yi: Signal): void {
  const put = (to: number, a: number, b: number, i: number): void => {
    const c = cos[i] as number;
    const d = sin[i] as number;
    yr[to] = a * c - b * d;
    yi[to] = a * d + b * c;
  };
  for (let k = 0; k < m; k++) {
    for (let q = 0; q < s; q++) {
      const at = q + s * k;
      const step = s * m;
      const [ar, ai] = [xr[at] as number, xi[at] as number];
      const [br, bi] = [xr[at + step] as number, xi[at + step] as number];
      const [cr, ci] = [xr[at + 2 * step] as number, xi[at + 2 * step] as number];
      const [dr, di] = [xr[at + 3 * step] as number, xi[at + 3 * step] as number];
      const to = q + s * 4 * k;
      put(to, ar + br + cr + dr, ai + bi + ci + di, 4 * k);
      put(to + s, ar + bi - cr - di, ai - br - ci + dr, 4 * k + 1);
      put(to + 2 * s, ar - br + cr - dr, ai - bi + ci - di, 4 * k + 2);
      put(to + 3 * s, ar - bi - cr + di, ai + br - ci - dr, 4 * k + 3);
    }
  }
}
