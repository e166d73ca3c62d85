// Draws of the standard library, counted: as often as softmax says, and never what was left out.

import { expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { probe } from '../dsl/semantics/probe.ts';

const scores = [2, 1, 0, -1, 0.5];
const softmax = (x: readonly number[]): number[] => {
  const e = x.map(Math.exp);
  const all = e.reduce((a, b) => a + b);
  return e.map(v => v / all);
};
const rows = 20_000;

function shares(call: string): number[] {
  const source = `block probe(x: float[B, V]) {\n  return ${call}\n}\n`;
  const { graph } = probe(source, { x: { shape: [rows, scores.length] } });
  const x = Float32Array.from({ length: rows * scores.length }, (_, i) => scores[i % scores.length]!);
  const scalar = (value: number): HostTensor => ({ dtype: 'i32', shape: [], data: Int32Array.of(value) });
  const given = new Map<string, HostTensor>([
    ['x', { dtype: 'f32', shape: [rows, scores.length], data: x }],
    ['seed', scalar(3)],
    ['step', scalar(0)],
  ]);
  const counts = scores.map(() => 0);
  for (const i of evaluate(graph, given, { precision: 'f32' }).get('out')!.data)
    counts[Number(i)]! += 1 / rows;
  return counts;
}

function expectShares(found: readonly number[], wanted: readonly number[]): void {
  // Five deviations of a share.
  for (const [i, p] of wanted.entries())
    expect(Math.abs(found[i]! - p), `${i}`).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / rows));
}

test('sample draws as often as softmax says', () => {
  expectShares(shares('sample(x)'), softmax(scores));
  expectShares(shares('sample(x, temperature: 2)'), softmax(scores.map(s => s / 2)));
});

test('sample leaves out all but the likeliest', () => {
  const two = softmax([2, 1]);
  expectShares(shares('sample(x, top_k: 2)'), [two[0]!, two[1]!, 0, 0, 0]);
  // softmax is 0.56, 0.21, 0.08, 0.03, 0.13: the first two reach 0.7, the first three 0.8.
  expectShares(shares('sample(x, top_p: 0.7)'), [two[0]!, two[1]!, 0, 0, 0]);
  const three = softmax([2, 1, 0.5]);
  expectShares(shares('sample(x, top_p: 0.8)'), [three[0]!, three[1]!, 0, 0, three[2]!]);
});
