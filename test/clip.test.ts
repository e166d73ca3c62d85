// CLIP in its two published sizes: counts of parameters as the weights that OpenAI published have them.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createReferenceEngine } from '../src/backends/reference/engine.ts';
import { check } from '../src/compile.ts';
import { explain } from '../src/compiler/explain.ts';
import { ops } from '../src/ops/registry.ts';

const file = fileURLToPath(new URL('../specs/clip.mm', import.meta.url));

test.each([
  ['B32', 151_277_313],
  ['L14', 427_616_513],
])('%s has %i parameters', (variant, parameters) => {
  const { library, models, diagnostics } = check(readFileSync(file, 'utf8'), 'clip.mm', () => undefined);
  expect(diagnostics).toEqual([]);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined) throw new Error(`no variant ${variant}`);
  const { target } = createReferenceEngine({ precision: 'f32' });
  expect(explain({ library, model, target, registry: ops }).parameters).toBe(parameters);
});
