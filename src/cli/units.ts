// Numbers as people read them.

/** 1,594 · 1.06 M · 3.2 G */
export function count(n: number): string {
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
  ] as const) {
    if (n >= size) return `${(n / size).toPrecision(3)} ${unit}`;
  }
  return Math.round(n).toLocaleString('en-US');
}

/** 512 B · 1.5 kB · 91 MB, in powers of 1,000. */
export function bytes(n: number): string {
  for (const [size, unit] of [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const) {
    if (n >= size) return `${(n / size).toPrecision(3)} ${unit}`;
  }
  return `${n} B`;
}

/** 1.25 s · 103 ms · 0.4 ms · 12 µs */
export function seconds(n: number): string {
  if (n >= 1) return `${n.toPrecision(3)} s`;
  if (n >= 0.01) return `${Math.round(n * 1e3)} ms`;
  if (n >= 1e-4) return `${(n * 1e3).toFixed(1)} ms`;
  return n === 0 ? '0' : `${Math.round(n * 1e6)} µs`;
}
