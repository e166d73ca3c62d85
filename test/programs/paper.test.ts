// Every spec at its paper's size: each stage lowered to sound graphs with gradients.

import { beforeEach, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { compile } from '../../src/compile.ts';
import { trainingEntries } from '../../src/compiler/program.ts';
import { verify } from '../../src/ir/verify.ts';
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

  const named = whole.map(m => [m.variant ?? m.name, m] as const);

  test.each(
    named.flatMap(([name, model]) => [...model.stages.keys()].map(stage => [name, stage, model] as const)),
  )(
    '%s, stage %s',
    (_, stage, model) => {
      if (library === undefined) throw new Error(`${file} has no library`);
      const program = compile(library, model).stage(stage, target, {
        measures: false,
        afterEach: (pass, graph) => {
          if (pass === 'lower' || pass === 'differentiate') expect(verify(graph, ops), pass).toEqual([]);
        },
      });
      const next = new Set<string>();
      for (const { graph } of trainingEntries(program).map(e => e.plan)) {
        expect(verify(graph, ops)).toEqual([]);
        for (const o of graph.outputs) if (o.role === 'next') next.add(o.name);
      }
      const moved = program.kind === 'minimize' ? program.trained : program.fits.flatMap(f => f.renewed);
      expect(moved.filter(path => !next.has(path))).toEqual([]);
    },
    300_000,
  );
});
