// A spec's train step under a limit that asks for its batch in parts: the same losses and weights as whole.

import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { createTfjsEngine } from '../../src/backends/tfjs/engine.ts';
import { check, compile } from '../../src/compile.ts';
import { minimizing } from '../minimizing.ts';
import { train } from '../specs/harness.ts';
import { pairsSpec } from './pairs-spec.ts';

test.each([
  ['reference', createReferenceEngine({ precision: 'f32' })],
  ['onnx', createOnnxEngine()],
  ['tfjs', createTfjsEngine()],
])('on %s', async (_, engine) => {
  const { library, models } = check(pairsSpec, 'pairs.mm', () => undefined);
  const { stage } = compile(library!, models[0]!);
  const target = { ...engine.target, memory: { perByte: 1, fixed: 0 } };
  const whole = minimizing(stage('first', target));
  const least = minimizing(stage('first', target, { memory: 1, parts: 1 })).memory!.peak;
  const limited = minimizing(stage('first', target, { memory: least - 1 }));
  expect(limited.memory?.parts).toBeGreaterThan(1);
  expect(limited.memory?.peak).toBeLessThan(least);
  expect(limited.memory?.before).toBe(whole.train.plan.peakBytes);
  expect(limited.memory?.meeting?.file).toBe('pairs.mm');
  const [a, b] = [await train(engine, whole, 2, step => step), await train(engine, limited, 2, step => step)];
  for (const [i, loss] of a.losses.entries()) expect(b.losses[i]! / loss).toBeCloseTo(1, 5);
  for (const [name, { data }] of a.after) {
    const other = b.after.get(name)!.data;
    for (let i = 0; i < data.length; i++) expect(Math.abs(other[i]! - data[i]!)).toBeLessThan(1e-5);
  }
});
