// Building small graphs, filling their inputs and comparing what they compute on the reference.

import { expect } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { type Pass, runPasses } from '../../src/compiler/passes/pass.ts';
import type { Target } from '../../src/compiler/plan.ts';
import { type Builder, createBuilder } from '../../src/ir/builder.ts';
import type { Graph, InputRole, TensorType, ValueId } from '../../src/ir/graph.ts';
import { print } from '../../src/ir/print.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';

export const everything: Target = {
  engine: 'test',
  composites: new Set([...ops].filter(([, def]) => def.kind === 'composite').map(([name]) => name)),
  alternates: false,
};
export const bare: Target = { engine: 'test', composites: new Set(), alternates: false };

export const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });

/** A graph whose fetches are what `make` returns. */
export function graphOf(
  inputs: Readonly<Record<string, TensorType | readonly [TensorType, InputRole]>>,
  make: (b: Builder, inputs: Readonly<Record<string, ValueId>>) => ValueId | readonly ValueId[],
): Graph {
  const b = createBuilder('test', ops);
  const ids: Record<string, ValueId> = {};
  for (const [name, given] of Object.entries(inputs)) {
    const [type, role] = 'dtype' in given ? [given, 'feed' as const] : given;
    ids[name] = b.input(name, role, type);
  }
  const made = make(b, ids);
  for (const [i, id] of (typeof made === 'number' ? [made] : made).entries()) b.output(`y${i}`, 'fetch', id);
  return b.finish();
}

/** Numbers between −1 and 1, small integers and coins, from a seed. */
export function feeds(graph: Graph, seed = 1): Map<string, HostTensor> {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return new Map(
    graph.inputs.map(input => {
      const { dtype, shape } = graph.types[input.id]!;
      const size = (shape as readonly number[]).reduce((n, d) => n * d, 1);
      const data =
        dtype === 'i32'
          ? Int32Array.from({ length: size }, () => Math.floor(next() * 3))
          : dtype === 'bool'
            ? Uint8Array.from({ length: size }, () => (next() < 0.7 ? 1 : 0))
            : Float32Array.from({ length: size }, () => next() * 2 - 1);
      return [input.name, { dtype, shape: shape as readonly number[], data }] as const;
    }),
  );
}

export function expectSound(graph: Graph): void {
  expect(verify(graph, ops), print(graph, { spans: false })).toEqual([]);
}

/** Both graphs compute the same outputs in double precision, to `tolerance` of the larger magnitude. */
export function expectSame(a: Graph, b: Graph, tolerance = 1e-9, inputs = feeds(a)): void {
  const [expected, found] = [a, b].map(g => evaluate(g, inputs, { precision: 'f64' }));
  for (const [name, tensor] of expected!) {
    const other = found!.get(name)!;
    expect(other.shape, name).toEqual(tensor.shape);
    for (let i = 0; i < tensor.data.length; i++) {
      const [x, y] = [tensor.data[i]!, other.data[i]!];
      const near = Object.is(x, y) || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x), Math.abs(y));
      if (!near) expect.fail(`${name}[${i}]: ${x} became ${y} in ${print(b, { spans: false })}`);
    }
  }
}

/** Adds the gradients of Σ y·weight for every float input. */
export function withGradients(graph: Graph): Graph {
  const b = createBuilder('gradients', ops, { from: graph, keepOutputs: true });
  const y = graph.outputs[0]!.id;
  const weight = b.one('sin', [y]);
  const axes = b.shapeOf(y).map((_, i) => i);
  const loss = b.one('reduce_sum', [b.one('mul', [y, weight])], { axes, keepdims: false });
  const floats = graph.inputs.filter(i => graph.types[i.id]!.dtype === 'f32');
  for (const [i, grad] of differentiate(
    b,
    loss,
    floats.map(f => f.id),
  ).entries()) {
    if (grad !== undefined) b.output(`d${floats[i]!.name}`, 'fetch', grad);
  }
  return b.finish();
}

/** Runs passes with the verifier after each. */
export function runChecked(graph: Graph, passes: readonly Pass[], target: Target | undefined): Graph {
  return runPasses(graph, passes, { registry: ops, target }, { afterEach: (_, g) => expectSound(g) });
}

/** The ops of a graph in order, without constants. */
export const opsOf = (graph: Graph): readonly string[] =>
  graph.nodes.map(n => n.op).filter(op => op !== 'constant');

export const text = (graph: Graph): string => print(graph, { spans: false });
