// Whole specs as researchers write them: right without a word, as large as worked out by hand, recognised in every
// spelling, and trained with equal losses on both engines.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../src/backends/reference/engine.ts';
import { evaluate } from '../src/backends/reference/evaluate.ts';
import { fileReader } from '../src/cli/load-spec.ts';
import { check, compile } from '../src/compile.ts';
import { explain } from '../src/compiler/explain.ts';
import type { MinimizeProgram } from '../src/compiler/program.ts';
import type { Graph } from '../src/ir/graph.ts';
import { parse } from '../src/ir/parse.ts';
import { print } from '../src/ir/print.ts';
import { verify } from '../src/ir/verify.ts';
import { ops } from '../src/ops/registry.ts';
import { minimizing } from './minimizing.ts';
import { start, train } from './specs/harness.ts';
import { type Spec, specs } from './specs/specs.ts';

const folder = join(import.meta.dirname, 'specs');
const onnx = createOnnxEngine();
const reference = createReferenceEngine({ precision: 'f32' });

function open({ file, name }: Spec) {
  const path = join(folder, file);
  const checked = check(readFileSync(path, 'utf8'), path, fileReader);
  expect(checked.diagnostics).toEqual([]);
  const model = checked.models.find(m => (m.variant ?? m.name) === name);
  if (model === undefined || checked.library === undefined) throw new Error(`${file} has no ${name}`);
  return { model, library: checked.library, compilation: compile(checked.library, model) };
}

/** The graphs of a stage by the pass that made them, each sound. */
function stages(compilation: ReturnType<typeof open>['compilation'], stage: string) {
  const graphs = new Map<string, Graph>();
  let recognised: Graph | undefined;
  const program = minimizing(
    compilation.stage(stage, onnx.target, {
      measures: false,
      afterEach: (pass, graph) => {
        expect(verify(graph, ops), pass).toEqual([]);
        if (!graphs.has('differentiate') && pass !== 'differentiate') recognised = graph;
        graphs.set(pass, graph);
      },
    }),
  );
  const at = (pass: string): Graph => graphs.get(pass)!;
  return { program, lowered: at('lower'), recognised: recognised!, differentiated: at('differentiate') };
}

function expectReadsBack(graph: Graph): void {
  const text = print(graph);
  const read = parse(text).value!;
  expect(verify(read, ops)).toEqual([]);
  expect(print(read)).toBe(text);
}

const lossOf = (graph: Graph, program: MinimizeProgram): number =>
  evaluate(graph, start(program, graph), { precision: 'f64' }).get('loss')!.data[0]!;

describe.each(specs.map(s => [s.file, s] as const))('%s', (_, spec) => {
  const { model, library, compilation } = open(spec);

  test('has the parameters worked out by hand', () => {
    const explained = explain({ library, model, target: onnx.target, registry: ops });
    expect(explained.parameters).toBe(spec.parameters);
  });

  test.each(Object.entries(spec.stages))('%s', async (stage, recognised) => {
    const { program, ...graphs } = stages(compilation, stage);
    const count = (op: string): number => graphs.differentiated.nodes.filter(n => n.op === op).length;
    expect(Object.fromEntries(Object.keys(recognised).map(op => [op, count(op)]))).toEqual(recognised);
    for (const graph of [graphs.lowered, program.train.plan.graph]) expectReadsBack(graph);
    expect(lossOf(graphs.recognised, program)).toBeCloseTo(lossOf(graphs.lowered, program), 6);

    const ours = await train(onnx, program, 3, step => step);
    const theirs = await train(
      reference,
      minimizing(compilation.stage(stage, reference.target, { measures: false })),
      3,
      step => step,
    );
    for (const [i, loss] of ours.losses.entries())
      expect(Math.abs(loss - theirs.losses[i]!), `step ${i + 1}`).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(loss)),
      );

    const fixed = await train(onnx, program, 12, () => 1);
    expect(fixed.losses.at(-1)).toBeLessThan(fixed.losses[0]!);
    for (const path of program.frozen)
      expect(fixed.after.get(path)!.data, path).toEqual(fixed.before.get(path)!.data);
  });
});
