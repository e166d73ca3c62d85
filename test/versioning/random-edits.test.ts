// Verdicts of random edits hold on the reference; `npm run bench:versions` tries thousands.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { specsOf, tryEdits } from '../../bench/versions.ts';

const small = ['bert.mm', 'clip.mm', 'emoji.mm', 'gpt.mm', 'mae.mm', 'fewshot.mm', 'siglip.mm'];

test('what is said to load computes the same bits, what is said to mean something else shows it', () => {
  const specs = specsOf(join(import.meta.dirname, '../..')).filter(s => small.some(f => s.file.endsWith(f)));
  const told: string[] = [];
  const { edits, false: wrong } = tryEdits({
    edits: 40,
    seed: 11,
    from: 0,
    only: undefined,
    specs,
    print: text => told.push(text),
  });
  expect(edits).toBe(40);
  expect(wrong, told.join('\n')).toBe(0);
}, 120_000);
