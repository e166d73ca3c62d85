// Every spec explained at its paper's size.

import { beforeEach, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { explain } from '../../src/compiler/explain.ts';
import { ops } from '../../src/ops/registry.ts';
import { openSpec, programs } from './programs.ts';

const { target } = createOnnxEngine();

// The worker reports between tests of pure computation only if the loop turns.
beforeEach(() => new Promise(resolve => setImmediate(resolve)));

describe.each(programs())('%s', file => {
  const { models, library } = openSpec(file);
  const whole = models.filter(m => m.variant !== 'tiny');

  test('has a size beside the tiny one', () => {
    expect(whole).not.toEqual([]);
  });

  const tiny = models.find(m => m.variant === 'tiny');
  const named = whole.map(m => [m.variant ?? m.name, m] as const);

  test.each(named)(
    '%s is explained',
    (_, model) => {
      if (library === undefined || tiny === undefined) throw new Error(`${file} has no tiny variant`);
      const context = { library, target, registry: ops };
      const { parameters } = explain({ ...context, model });
      expect(parameters).toBeGreaterThan(explain({ ...context, model: tiny }).parameters);
    },
    300_000,
  );
});
