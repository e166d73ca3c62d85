// The catalogue of pairs: each gets its verdict and its version.

import { expect, test } from 'vitest';
import { judge } from '../../src/versioning/verdict.ts';
import { callOf } from '../../src/versioning/version-call.ts';
import { catalogue } from './catalogue.ts';
import { onlyModel } from './locks.ts';

test('it holds eighty pairs or more, each of another name', () => {
  expect(new Set(catalogue.map(p => p.name)).size).toBe(catalogue.length);
  expect(catalogue.length).toBeGreaterThanOrEqual(80);
});

test.each(catalogue)('$name', ({ old, now, verdict, call }) => {
  const judgement = judge(onlyModel(old), onlyModel(now));
  expect([judgement.verdict, callOf(judgement)]).toEqual([verdict, call]);
});
