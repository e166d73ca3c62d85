// The gradient of every differentiable op against central differences in double precision.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { isFloat } from '../../src/base/dtype.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { type Case, caseGraph, catalogue, named, randomTensor } from './catalogue.ts';

const precision = 'f64';
const step = 1e-5;

const differentiable = catalogue(ops).filter(
  c =>
    typeof c.def.grad === 'function' &&
    c.sample.inputs.some(input => isFloat(input.type.dtype)) &&
    floatOutputs(c).length > 0 &&
    c.sample.inputs.every(input => input.values?.every(Number.isFinite) ?? true),
);

describe('gradients agree with central differences', () => {
  test.each(differentiable.map(c => [c.title, c] as const))('%s', (_, c) => {
    const outputs = floatOutputs(c);
    const flows = outputs.length > 1 ? [outputs, ...outputs.map(i => [i])] : [outputs];
    for (const flow of flows) compare(c, flow);
  });

  test('each gradient comes out alone where it alone is wanted', () => {
    for (const c of differentiable) {
      const floats = floatInputs(c);
      const all = gradientsOf(c, floatOutputs(c), floats);
      for (const i of floats) {
        const alone = gradientsOf(c, floatOutputs(c), [i]);
        expect(alone.get(i)?.data, c.title).toEqual(all.get(i)?.data);
      }
    }
  });
});

test('every op says what its gradient is, or why there is none', () => {
  for (const [name, def] of ops)
    if (typeof def.grad !== 'function') expect(def.grad.none, name).toMatch(/\w/);
});

function floatOutputs(c: Case): readonly number[] {
  const graph = caseGraph(ops, c);
  return graph.outputs.flatMap((o, i) => (isFloat(graph.types[o.id]!.dtype) ? [i] : []));
}

const floatInputs = (c: Case): readonly number[] =>
  c.sample.inputs.flatMap((input, i) => (isFloat(input.type.dtype) ? [i] : []));

/** The graph of one op and of the gradients of Σ r·y over the outputs in `flow`. */
function gradientGraph(c: Case, flow: readonly number[], wanted: readonly number[]): Graph {
  const b = createBuilder(c.op, ops);
  const inputs = c.sample.inputs.map((input, i) => b.input(`x${i}`, 'feed', input.type));
  const outputs = b.emit(c.op, inputs, c.sample.attrs);
  const grads = outputs.map((id, i) =>
    flow.includes(i) ? b.input(`r${i}`, 'feed', b.typeOf(id)) : undefined,
  );
  if (typeof c.def.grad !== 'function') throw new Error('no gradient');
  const results = c.def.grad({
    builder: b,
    node: b.producer(outputs[0]!)!,
    attrs: c.sample.attrs,
    inputs,
    outputs,
    grads,
    wanted: inputs.map((_, i) => wanted.includes(i)),
  });
  expect(results.length).toBe(inputs.length);
  for (const i of wanted) {
    const id = results[i];
    if (id === undefined) continue;
    expect(b.typeOf(id), `the gradient of input ${i}`).toEqual(b.typeOf(inputs[i]!));
    b.output(`g${i}`, 'fetch', id);
  }
  return b.finish();
}

function projections(c: Case): readonly HostTensor[] {
  const graph = caseGraph(ops, c);
  return graph.outputs.map((o, i) => randomTensor({ ...graph.types[o.id]! }, `r ${c.title} ${i}`, precision));
}

function gradientsOf(
  c: Case,
  flow: readonly number[],
  wanted: readonly number[],
): Map<number, HostTensor | undefined> {
  const graph = gradientGraph(c, flow, wanted);
  const given = new Map([...named('x', c.inputs(precision)), ...named('r', projections(c))]);
  const results = evaluate(graph, given, { precision });
  return new Map(wanted.map(i => [i, results.get(`g${i}`)] as const));
}

function compare(c: Case, flow: readonly number[]): void {
  const floats = floatInputs(c);
  const gradients = gradientsOf(c, flow, floats);
  const forward = caseGraph(ops, c);
  const weights = projections(c);
  const base = c.inputs(precision);
  const loss = (inputs: readonly HostTensor[]): number => {
    const results = evaluate(forward, named('x', inputs), { precision });
    let sum = 0;
    for (const i of flow)
      results.get(`y${i}`)!.data.forEach((value: number, k: number) => {
        sum += value * weights[i]!.data[k]!;
      });
    return sum;
  };
  // Beside −1e30 (a mask as a bias) a step is lost to rounding: there the gradient must only be finite.
  const masked = base.some(x => x.data.some((value: number) => Math.abs(value) > 1e6));
  for (const i of floats) {
    const x = base[i]!;
    const gradient = gradients.get(i)?.data;
    for (let k = 0; k < x.data.length; k++) {
      const found = gradient?.[k] ?? 0;
      expect(found, `d/dx${i}[${k}]`).toSatisfy(Number.isFinite);
      if (masked) continue;
      const moved = (by: number): number => {
        const data = x.data.slice();
        data[k]! += by;
        return loss(base.map((t, j) => (j === i ? { ...t, data } : t)));
      };
      const expected = (moved(step) - moved(-step)) / (2 * step);
      const error = Math.abs(found - expected) / Math.max(1, Math.abs(expected));
      expect(error, `d/dx${i}[${k}]: rule ${found}, differences ${expected}, flow ${flow}`).toBeLessThan(
        1e-6,
      );
    }
  }
}
