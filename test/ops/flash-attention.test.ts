// The gradient of flash attention, which is an op of its own and no rule, against central differences, and where the
// statistics that it keeps are at their limits.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { type Case, catalogue, named, randomTensor } from './catalogue.ts';

// Beside −1e30 a score has no slope that a difference could show.
const cases = catalogue(ops).filter(
  c => c.op === 'flash_attention' && c.sample.inputs.every(i => i.values === undefined),
);

/** y = flash_attention(x…) and its gradients of Σ r·y. */
function graphOf(c: Case): Graph {
  const b = createBuilder(c.op, ops);
  const [q, k, v, ...bias] = c.sample.inputs.map((input, i) => b.input(`x${i}`, 'feed', input.type));
  const made = b.emit('flash_attention', [q!, k!, v!, ...bias], c.sample.attrs);
  b.output('y', 'fetch', made[0]!);
  const r = b.input('r', 'feed', b.typeOf(made[0]!));
  const grads = b.emit('flash_attention_grad', [q!, k!, v!, ...made, r, ...bias], c.sample.attrs);
  for (const [i, id] of grads.entries()) b.output(`g${i}`, 'fetch', id);
  return b.finish();
}

describe('gradients agree with central differences', () => {
  test.each(cases.map(c => [c.sample.name, c] as const))('%s', (_, c) => {
    const graph = graphOf(c);
    const r = randomTensor(graph.types[graph.inputs.at(-1)!.id]!, 'r', 'f64');
    const inputs = c.inputs('f64');
    const run = (given: readonly HostTensor[]) =>
      evaluate(graph, new Map([...named('x', given), ['r', r]]), { precision: 'f64' });
    const loss = (given: readonly HostTensor[]): number =>
      Array.from(run(given).get('y')!.data).reduce((sum, y, i) => sum + y * r.data[i]!, 0);
    const step = 1e-5;
    for (const i of [0, 1, 2]) {
      const gradient = run(inputs).get(`g${i}`)!.data;
      for (const [at, value] of inputs[i]!.data.entries()) {
        const moved = (by: number): number => {
          const data = inputs[i]!.data.slice();
          data[at] = value + by;
          return loss(inputs.map((t, j) => (j === i ? { ...t, data } : t)));
        };
        const slope = (moved(step) - moved(-step)) / (2 * step);
        expect(Math.abs(gradient[at]! - slope), `gradient ${i} at ${at}`).toBeLessThan(1e-7);
      }
    }
  });
});

test('attention and flash attention agree in f32, gradients too, where a bias hides every key', () => {
  const b = createBuilder('both', ops);
  const type = { dtype: 'f32', shape: [2, 2, 3, 4] } as const;
  const [q, k, v, dout] = ['q', 'k', 'v', 'dout'].map(name => b.input(name, 'feed', type));
  const bias = b.input('bias', 'feed', { dtype: 'f32', shape: [2, 1, 1, 3] });
  const attrs = { scale: 0.5, causal: false };
  const [out, p] = b.emit('attention', [q!, k!, v!, bias], attrs);
  const apart = b.emit('attention_grad', [q!, k!, v!, p!, dout!], { scale: 0.5 });
  const made = b.emit('flash_attention', [q!, k!, v!, bias], attrs);
  const flash = b.emit('flash_attention_grad', [q!, k!, v!, ...made, dout!, bias], attrs);
  for (const [i, id] of [out!, ...apart.slice(0, 3)].entries()) b.output(`a${i}`, 'fetch', id);
  for (const [i, id] of [made[0]!, ...flash].entries()) b.output(`f${i}`, 'fetch', id);
  const given = new Map(
    ['q', 'k', 'v', 'dout'].map(name => [name, randomTensor(type, name, 'f32')] as const),
  );
  const hidden = Float32Array.from([0, -1e30, 0, -1e30, -1e30, -1e30]);
  given.set('bias', { dtype: 'f32', shape: [2, 1, 1, 3], data: hidden });
  const found = evaluate(b.finish(), given, { precision: 'f32' });
  for (const i of [0, 1, 2, 3]) {
    const [a, f] = [found.get(`a${i}`)!.data, found.get(`f${i}`)!.data];
    for (const [at, value] of a.entries()) expect(f[at], `${i} at ${at}`).toBeCloseTo(value, 5);
  }
});
