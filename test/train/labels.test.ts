// Names of labels kept in a run.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ExportProgram, ExportResult } from '../../src/compiler/program.ts';
import { keptLabels, withLabels } from '../../src/train/run-labels.ts';

const result: ExportResult = {
  name: '',
  fetch: 'result/kind',
  type: 'index(Kind)[B]',
  indexes: undefined,
  labelSet: 'Kind',
  labels: undefined,
  kept: undefined,
  text: undefined,
};
const program = { results: [result, { ...result, labels: ['x', 'y'] }, { ...result, labelSet: undefined }] };

test('results get the names that the run has kept; those of the spec win', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mmlang-labels-'));
  expect(keptLabels(dir)).toEqual(new Map());
  mkdirSync(join(dir, 'labels'));
  writeFileSync(join(dir, 'labels', 'Kind.json'), '["red", "green"]');
  const named = withLabels(program as unknown as ExportProgram, keptLabels(dir));
  expect(named.results.map(r => r.labels)).toEqual([['red', 'green'], ['x', 'y'], undefined]);
});

test('a file that holds no list of names is told', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mmlang-labels-'));
  mkdirSync(join(dir, 'labels'));
  writeFileSync(join(dir, 'labels', 'Kind.json'), '{"red": 1}');
  expect(() => keptLabels(dir)).toThrow('Kind.json');
});
