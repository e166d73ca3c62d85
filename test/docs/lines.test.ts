// The specs that a newcomer reads first are short, as mm fmt lays them out.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { format } from '../../src/dsl/syntax/format.ts';
import { parse } from '../../src/dsl/syntax/parse.ts';

const read = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../specs', `${name}.mm`), 'utf8');

test.each([
  ['clip', 30],
  ['gpt', 25],
  ['everything', 149],
])('specs/%s.mm says its model in %i lines', (name, most) => {
  const text = read(name);
  expect(format(text, `${name}.mm`).value).toBe(text);
  // The small variant is there for tests alone.
  const tiny = parse(text, name).value?.items.find(i => i.kind === 'variant' && i.name.text === 'tiny');
  const without = text.slice(0, tiny?.span.start) + text.slice(tiny?.span.end);
  expect(without.trimEnd().split('\n').length).toBeLessThanOrEqual(most);
});
