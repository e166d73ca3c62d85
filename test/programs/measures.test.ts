// Measures of every spec's tiny variant, and exports of some that others don't try: each lowered to a sound graph.

import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { compile } from '../../src/compile.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';
import { openSpec, programs } from './programs.ts';

const { target } = createOnnxEngine();

const tinyOf = (file: string) => {
  const { models, library } = openSpec(file);
  const model = models.find(m => m.variant === 'tiny');
  if (model === undefined || library === undefined) throw new Error(`${file} has no tiny variant`);
  return { model, compilation: compile(library, model) };
};

test.each(programs())('measures of %s', file => {
  const { model, compilation } = tinyOf(file);
  for (const stage of model.stages.values()) {
    if (stage.measures.length === 0) continue;
    const { measures } = compilation.stage(stage.name, target, { batch: 4 });
    expect(measures.length).toBe(stage.measures.length);
    for (const m of measures) expect(verify(m.entry.plan.graph, ops), m.name).toEqual([]);
  }
});

test.each([
  ['asr.mm', 'transcribe'],
  ['ner.mm', 'entities_in'],
  ['span.mm', 'answer'],
  ['lora.mm', 'continue'],
])('%s exports %s', (file, name) => {
  const program = tinyOf(file).compilation.export(name, target, new Map());
  expect(verify(program.entry.plan.graph, ops)).toEqual([]);
  expect(program.results.length).toBeGreaterThan(0);
});
