// What a file gives against what the model gives for the same inputs.

import type { HostTensor } from '../base/tensor.ts';
import type { NamedOutput } from './names.ts';

/** The largest difference that a file may have: of the largest number of the output. */
export const tolerance = 1e-4;

export interface Difference {
  /** Of numbers, relative to the largest of the output; of everything else, the share that differs. */
  readonly size: number;
  /** Where it is largest: `score[2, 5] is 0.31 in the file and 0.29 in the model`. */
  readonly words: string;
}

const none: Difference = { size: 0, words: 'nothing differs' };

/** The largest over all outputs. `expected` is by fetch, `given` by name. Positions that aren't real don't count. */
export function largestDifference(
  outputs: readonly NamedOutput[],
  expected: ReadonlyMap<string, HostTensor>,
  given: ReadonlyMap<string, HostTensor>,
): Difference {
  const keeps = new Map(
    outputs.flatMap(o => (o.keepOf === undefined ? [] : [[o.keepOf, expected.get(o.fetch)] as const])),
  );
  return outputs
    .map(o => difference(o.name, expected.get(o.fetch), given.get(o.name), keeps.get(o.name)))
    .reduce((a, b) => (b.size > a.size ? b : a), none);
}

function difference(
  name: string,
  expected: HostTensor | undefined,
  given: HostTensor | undefined,
  keep: HostTensor | undefined,
): Difference {
  if (expected === undefined) throw new Error(`the model gives no ${name}`);
  if (given === undefined) return { size: Number.POSITIVE_INFINITY, words: `the file gives no ${name}` };
  const show = (t: HostTensor): string => `${t.dtype}[${t.shape.join(', ')}]`;
  if (show(expected) !== show(given))
    return {
      size: Number.POSITIVE_INFINITY,
      words: `${name} is ${show(given)} in the file and ${show(expected)} in the model`,
    };
  const each = keep === undefined ? 1 : expected.data.length / keep.data.length;
  const isReal = (i: number): boolean => keep === undefined || keep.data[Math.floor(i / each)] === 1;
  const isFloat = expected.dtype === 'f32';
  let [largest, at, worst, differing] = [0, 0, -1, 0];
  for (let i = 0; i < expected.data.length; i++) {
    if (!isReal(i)) continue;
    const [a, b] = [expected.data[i] ?? Number.NaN, given.data[i] ?? Number.NaN];
    if (isFloat && Number.isFinite(a)) largest = Math.max(largest, Math.abs(a));
    if (Object.is(a, b) || a === b) continue;
    differing += 1;
    const far = Math.abs(a - b);
    const size = Number.isNaN(far) ? Number.POSITIVE_INFINITY : far;
    if (size > worst) [worst, at] = [size, i];
  }
  if (differing === 0) return none;
  const size = isFloat ? worst / Math.max(largest, 1e-30) : differing / expected.data.length;
  const value = (t: HostTensor): string => String(Number((t.data[at] ?? Number.NaN).toPrecision(6)));
  const words = `${name}[${place(expected.shape, at)}] is ${value(given)} in the file and ${value(expected)} in the model`;
  return { size, words };
}

function place(shape: readonly number[], flat: number): string {
  const at: number[] = [];
  let rest = flat;
  for (const d of [...shape].reverse()) {
    at.unshift(rest % d);
    rest = Math.floor(rest / d);
  }
  return at.join(', ');
}
