// Counts of parameters of specs at their papers' sizes, by the sums of their weights.

import { expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { explain } from '../../src/compiler/explain.ts';
import { ops } from '../../src/ops/registry.ts';
import { openSpec } from './programs.ts';

const { target } = createReferenceEngine({ precision: 'f32' });

function parametersOf(file: string, name: string): number {
  const { library, models } = openSpec(file);
  const model = models.find(m => (m.variant ?? m.name) === name);
  if (library === undefined || model === undefined) throw new Error(`${file} has no ${name}`);
  return explain({ library, model, target, registry: ops }).parameters;
}

const linear = (from: number, to: number): number => from * to + to;
/** Attention and feed-forward of a layer with their norms. */
const layer = (d: number): number => 4 * linear(d, d) + linear(d, 4 * d) + linear(4 * d, d) + 4 * d;

test('TimeSformer has the 121.4M of its paper, with the classes of Something-Something V2', () => {
  const d = 768;
  // Time has a norm, attention and a layer of its own.
  const divided = layer(d) + 4 * linear(d, d) + 2 * d + linear(d, d);
  const stem = linear(16 * 16 * 3, d) + d + (14 * 14 + 1) * d + 8 * d;
  const parameters = stem + 12 * divided + 2 * d + linear(d, 174);
  expect(parameters).toBe(121_392_558);
  expect(parametersOf('timesformer.mm', 'TimeSformer')).toBe(parameters);
});

test('APC: what reads 80 bands or 13 coefficients, 1500 places, four layers, and a frame again', () => {
  const apc = (channels: number): number =>
    linear(channels, 512) + 1500 * 512 + 4 * layer(512) + 2 * 512 + linear(512, channels);
  expect(parametersOf('apc.mm', 'Apc')).toBe(apc(80));
  expect(parametersOf('apc.mm', 'mfccs')).toBe(apc(13));
});
