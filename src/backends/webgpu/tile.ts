// Products of tiles of 32 × 32 inside a workgroup of 128 threads, as text: what the kernels of attention are made of.
// A thread has two rows (`row`, `row + 1`) and four columns beside each other (from `column`). All in all 13 KB are
// shared: 32 rows with 32 of what is contracted, the same of the other operand, and one tile of weights.

/** Rows and columns of a tile. */
export const tileSide = 32;
export const tileThreads = 128;
/** Columns of a result that one workgroup keeps in registers; more are shared out. */
export const mostColumns = 128;

export const tilesOf = (length: number): number => Math.ceil(length / tileSide);

/** Declarations; a row of 33 numbers (or 9 vectors) lets neighbouring threads meet different banks. */
export const tileMemory = `
var<workgroup> tile_left: array<f32, 1056>;
var<workgroup> tile_right: array<vec4<f32>, 288>;
var<workgroup> tile_weights: array<f32, 1056>;
`;

/** Where a thread stands, from `@builtin(local_invocation_index) thread`. */
export const tilePlace = `
  let row = (thread / 8u) * 2u;
  let lane = thread % 8u;
  let column = lane * 4u;
`;

/**
 * Adds left·rightᵀ to the vectors `into`0 (of `row`) and `into`1: `left(r, c)` and `right(s, c)` give elements, 0
 * outside, of 32 rows each and `depth` that are contracted.
 */
export function addProduct(
  into: string,
  depth: number,
  left: (row: string, at: string) => string,
  right: (row: string, at: string) => string,
): string {
  return `
  for (var begin = 0u; begin < ${depth}u; begin += 32u) {
    workgroupBarrier();
    for (var i = thread; i < 1024u; i += 128u) {
      tile_left[(i / 32u) * 33u + i % 32u] = ${left('(i / 32u)', '(begin + i % 32u)')};
    }
    for (var i = thread; i < 256u; i += 128u) {
      let at = begin + i % 32u;
      let s = (i / 32u) * 4u;
      var four: vec4<f32>;
      for (var j = 0u; j < 4u; j++) { four[j] = ${right('(s + j)', 'at')}; }
      tile_right[(i % 32u) * 9u + i / 32u] = four;
    }
    workgroupBarrier();
    for (var c = 0u; c < min(32u, ${depth}u - begin); c++) {
      let other = tile_right[c * 9u + lane];
      ${into}0 += tile_left[row * 33u + c] * other;
      ${into}1 += tile_left[row * 33u + 33u + c] * other;
    }
  }`;
}

/** Puts two vectors into the tile of weights. */
export const putWeights = (first: string, second: string): string => `
  workgroupBarrier();
  for (var j = 0u; j < 4u; j++) {
    tile_weights[row * 33u + column + j] = ${first}[j];
    tile_weights[row * 33u + 33u + column + j] = ${second}[j];
  }`;

/** The chunks of 32 columns in which a result of so many columns is kept. */
export const chunksOf = (columns: number): readonly number[] =>
  Array.from({ length: Math.min(mostColumns, columns) }, (_, i) => i).filter(i => i % tileSide === 0);

/** Workgroups that share out the columns of a result. */
export const slabsOf = (columns: number): number => Math.max(1, Math.ceil(columns / mostColumns));

/** Declares the vectors of a result, two for each chunk. */
export const resultVectors = (name: string, columns: number): string =>
  chunksOf(columns)
    .map(c => `  var ${name}0_${c} = vec4<f32>(0.0);\n  var ${name}1_${c} = vec4<f32>(0.0);\n`)
    .join('');

/** Adds weights·values to the result: `values(s, c)` gives elements of 32 rows, 0 outside. */
export const addWeighted = (
  name: string,
  columns: number,
  values: (row: string, column: string) => string,
): string =>
  chunksOf(columns)
    .map(
      chunk => `
  workgroupBarrier();
  for (var i = thread; i < 256u; i += 128u) {
    let s = i / 8u;
    let c = slab + ${chunk}u + (i % 8u) * 4u;
    var four: vec4<f32>;
    for (var j = 0u; j < 4u; j++) { four[j] = ${values('s', '(c + j)')}; }
    tile_right[s * 9u + i % 8u] = four;
  }
  workgroupBarrier();
  for (var s = 0u; s < 32u; s++) {
    let value = tile_right[s * 9u + lane];
    ${name}0_${chunk} += tile_weights[row * 33u + s] * value;
    ${name}1_${chunk} += tile_weights[row * 33u + 33u + s] * value;
  }`,
    )
    .join('');

/** Writes both rows of a result: `write(r, c, value)` is a statement, guarded by the caller's bounds. */
export const writeResult = (
  name: string,
  columns: number,
  write: (row: string, column: string, value: string) => string,
): string =>
  chunksOf(columns)
    .flatMap(chunk =>
      [0, 1].map(
        r => `  for (var j = 0u; j < 4u; j++) {
    ${write(`(row + ${r}u)`, `(slab + ${chunk}u + column + j)`, `${name}${r}_${chunk}[j]`)}
  }
`,
      ),
    )
    .join('');
