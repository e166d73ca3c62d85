// Models have as many parameters as those that their papers' authors published.

import { expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { explain } from '../../src/compiler/explain.ts';
import { ops } from '../../src/ops/registry.ts';
import { openSpec } from './programs.ts';

const { target } = createReferenceEngine({ precision: 'f32' });

test.each([
  // torchvision's resnet50 and resnet18, whose running means and variances are the states.
  ['resnet.mm', undefined, 25_557_032, 53_120],
  ['resnet.mm', 'resnet18', 11_689_512, 9_600],
])('%s %s: %i parameters, %i numbers of state', (file, variant, parameters, states) => {
  const { library, models } = openSpec(file);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined) throw new Error(`no such model in ${file}`);
  expect(explain({ library, model, target, registry: ops })).toMatchObject({ parameters, states });
});
