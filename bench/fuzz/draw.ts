// Choices of a fuzzed input, from its number and a seed: any of them can be made again alone.

import { randomStream } from '../../src/base/random.ts';

export interface Draw {
  /** A whole number from 0 below n. */
  readonly below: (n: number) => number;
  /** True with this probability. */
  readonly chance: (share: number) => boolean;
  readonly from: <T>(list: readonly T[]) => T;
}

export function drawOf(seed: number, input: number): Draw {
  const stream = randomStream(seed, 'fuzz', String(input));
  let at = 0;
  const below = (n: number): number => stream.below(at++, Math.max(1, n));
  return {
    below,
    chance: share => stream.uniform(at++) < share,
    from: list => {
      const chosen = list[below(list.length)];
      if (chosen === undefined) throw new Error('nothing to choose from');
      return chosen;
    },
  };
}
