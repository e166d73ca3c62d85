// What TensorFlow is said to run at once against what is written for it: no TensorFlow is needed for either.

import { expect, test } from 'vitest';
import { emitEntry } from '../../src/backends/tensorflow/emit-entry.ts';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import { createFunctionLibrary } from '../../src/backends/tensorflow/function-library.ts';
import { unitOptions } from '../../src/backends/tensorflow/passes.ts';
import { compile } from '../../src/compile.ts';
import { explain } from '../../src/compiler/explain.ts';
import { kernelCount } from '../../src/compiler/kernels.ts';
import { ops } from '../../src/ops/registry.ts';
import { minimizing } from '../minimizing.ts';
import { openSpec } from '../programs/programs.ts';

const { target } = createTensorflowEngine();

function opened(without: readonly string[]) {
  const { models, library } = openSpec('gpt.mm');
  const model = models.find(m => m.variant === 'tiny');
  if (library === undefined || model === undefined) throw new Error('gpt.mm has no tiny variant');
  const settings = { without: new Set(without) };
  const program = compile(library, model, [], settings).stage('pretrain', target, { measures: false });
  return { library, model, plan: minimizing(program).train.plan };
}

test.each([[[]], [['one-update']], [['clusters']]])('units are calls, without %j', without => {
  const { plan } = opened(without);
  const handles = new Map(
    plan.graph.inputs.map(({ id, name }) => [
      name,
      { name: `v${id}`, op: 'VarHandleOp' as const, inputs: [], attributes: {} },
    ]),
  );
  const library = createFunctionLibrary();
  const { nodes } = emitEntry(plan.graph, '', { library, handles, units: unitOptions(plan) });
  const calls = nodes.filter(n => n.op.endsWith('PartitionedCall')).length;
  const units = target.units?.(plan.graph, plan.without ?? new Set()) ?? [];
  const several = units.filter(u => u.kind !== 'kernel');
  expect(several).toHaveLength(calls);
  expect(several.filter(u => u.kind === 'update')).toHaveLength(without.length === 0 ? 1 : 0);
  // Every node of the graph is in one unit, but for those that are written where they are read.
  const placed = units.flatMap(u => u.nodes);
  expect(new Set(placed).size).toBe(placed.length);
  // Each unit reads what was made before it.
  const made = new Set(plan.graph.inputs.map(i => i.id));
  const outside = new Set(units.flatMap(u => u.makes));
  for (const unit of units) {
    for (const id of unit.reads) if (outside.has(id)) expect(made).toContain(id);
    for (const id of unit.makes) made.add(id);
  }
  // Layers are alike, and their clusters share functions.
  if (calls > 0) expect(library.functions.length).toBeLessThan(calls);
});

test('explain tells clusters by the lines of the spec, fewer kernels and less memory than without', () => {
  const { library, model } = opened([]);
  const explained = (without: readonly string[]) =>
    explain({ library, model, target, registry: ops, without: new Set(without) });
  const [whole, apart] = [explained([]), explained(['clusters'])];
  const [ours, theirs] = [whole.stages[0], apart.stages[0]];
  if (ours === undefined || theirs === undefined) throw new Error('no stage');
  expect(ours.kernelsPerStep).toBe(kernelCount(opened([]).plan, target));
  expect(ours.kernelsPerStep).toBeLessThan(theirs.kernelsPerStep / 4);
  expect(ours.peakBytes).toBeLessThan(theirs.peakBytes);
  expect(new Set(whole.fusions.map(f => f.kind))).toEqual(new Set(['cluster', 'update']));
  for (const f of whole.fusions) expect(f.kernelsSaved).toBe(f.operations - f.count);
  // The optimizer's line has the update, and nothing else does.
  const updates = whole.fusions.filter(f => f.kind === 'update');
  expect(updates.map(f => [f.count, f.from.length])).toEqual([[1, 1]]);
  expect(apart.fusions).toEqual([]);
});
