// How axes before and after a reshape belong together.

import { expect, test } from 'vitest';
import { dimMul, dimSymbol } from '../../src/base/dim.ts';
import type { Shape } from '../../src/ir/graph.ts';
import { axisGroups } from '../../src/ops/reshape-groups.ts';

const batch = dimSymbol({ id: 'B', name: 'B', role: 'data' });
const length = dimSymbol({ id: 'T', name: 'T', role: 'data' });

const show = (input: Shape, output: Shape): string =>
  axisGroups(input, output)
    .map(({ from, to }) => `${from.join('')}>${to.join('')}`)
    .join(' ');

test.each([
  [[2, 3], [2, 3], '0>0 1>1'],
  [[2, 3, 4], [6, 4], '01>0 2>1'],
  [[6, 4], [2, 3, 4], '0>01 1>2'],
  [[2, 6], [4, 3], '01>01'],
  [[2, 3], [1, 2, 1, 3], '>0 0>1 >2 1>3'],
  [[1, 3], [3], '01>0'],
  [[3, 1], [3], '01>0'],
  [[1, 1], [], '01>'],
  [[1, 1], [1], '01>0'],
  [[], [1, 1], '>0 >1'],
  [[batch, length, 4], [dimMul(batch, length), 4], '01>0 2>1'],
  [[batch, 12], [batch, 3, 4], '0>0 1>12'],
  [[dimMul(batch, length), 8], [batch, length, 2, 4], '0>01 1>23'],
] as const)('%j to %j', (input, output, expected) => {
  expect(show(input, output)).toBe(expected);
});
