// The little dense linear algebra that floors need, row-major in Float32Array and Float64Array.

/** a [m, k] · b [n, k]ᵀ → [m, n]. */
export type Product = (
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
) => Promise<Float32Array> | Float32Array;

/** a [m, k] times the transpose of b [n, k] → [m, n], four rows by four at a time to stay in registers. */
export function productTransposed(
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
): Float32Array {
  const out = new Float32Array(m * n);
  const sums = new Float64Array(16);
  for (let i = 0; i < m; i += 4) {
    for (let j = 0; j < n; j += 4) {
      block(a, b, Math.min(i, m - 1), Math.min(j, n - 1), m, n, k, sums);
      for (let r = 0; r < 4 && i + r < m; r++)
        for (let c = 0; c < 4 && j + c < n; c++) out[(i + r) * n + j + c] = sums[r * 4 + c] as number;
    }
  }
  return out;
}

/** 4 × 4 dot products from row i of a and row j of b; rows past the end repeat the last one. */
function block(
  a: Float32Array,
  b: Float32Array,
  i: number,
  j: number,
  m: number,
  n: number,
  k: number,
  sums: Float64Array,
): void {
  const a0 = i * k;
  const a1 = Math.min(i + 1, m - 1) * k;
  const a2 = Math.min(i + 2, m - 1) * k;
  const a3 = Math.min(i + 3, m - 1) * k;
  const b0 = j * k;
  const b1 = Math.min(j + 1, n - 1) * k;
  const b2 = Math.min(j + 2, n - 1) * k;
  const b3 = Math.min(j + 3, n - 1) * k;
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let p = 0; p < k; p++) {
    const x0 = a[a0 + p] as number;
    const x1 = a[a1 + p] as number;
    const x2 = a[a2 + p] as number;
    const x3 = a[a3 + p] as number;
    const y0 = b[b0 + p] as number;
    const y1 = b[b1 + p] as number;
    const y2 = b[b2 + p] as number;
    const y3 = b[b3 + p] as number;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  const all = [s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33];
  for (let q = 0; q < 16; q++) sums[q] = all[q] as number;
}

/** The lower factor L of a symmetric positive definite a [n, n]: a = L Lᵀ. Throws where it isn't definite. */
export function cholesky(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = l.subarray(i * n, (i + 1) * n);
    for (let j = 0; j <= i; j++) {
      const other = l.subarray(j * n, (j + 1) * n);
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (row[k] as number) * (other[k] as number);
      if (i !== j) row[j] = sum / (other[j] as number);
      else if (sum > 0) row[i] = Math.sqrt(sum);
      else throw new Error('the matrix is not positive definite');
    }
  }
  return l;
}

/** L⁻¹ of a lower factor and its transpose, by forward substitution on the columns of the identity. */
export function invertLower(
  l: Float64Array,
  n: number,
): { readonly inverse: Float32Array; readonly transposed: Float32Array } {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    // Row i of L⁻¹ = (e_i − Σ_k<i L_ik · row k) / L_ii; row k ends at its diagonal.
    for (let k = 0; k < i; k++) {
      const factor = l[i * n + k] as number;
      if (factor === 0) continue;
      const above = inverse.subarray(k * n, k * n + k + 1);
      for (let c = 0; c <= k; c++) row[c] = (row[c] as number) - factor * (above[c] as number);
    }
    const by = l[i * n + i] as number;
    for (let c = 0; c <= i; c++) row[c] = (row[c] as number) / by;
  }
  const transposed = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) transposed[j * n + i] = inverse[i * n + j] as number;
  return { inverse: Float32Array.from(inverse), transposed };
}
