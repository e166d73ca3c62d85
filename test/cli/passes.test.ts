// Passes on the command line: what there is to leave out, and what leaving it out does to the graph.

import { expect, test } from 'vitest';
import { mm } from './mm.ts';

test('are listed for an engine that needn’t be installed', async () => {
  const { code, out } = await mm('print', '--passes', '--engine', 'tensorflow', '--json');
  expect(code).toBe(0);
  const { passes } = JSON.parse(out) as { passes: { name: string; phase: string; needed: string | null }[] };
  const own = passes.filter(p => p.phase === 'engine').map(p => p.name);
  expect(own).toEqual(['layouts', 'clusters', 'one-update']);
  expect(passes.filter(p => p.needed !== null).map(p => p.name)).toEqual(['decompose', 'precision']);
  const table = (await mm('print', '--passes')).out;
  expect(table).toContain('softmax(scale·q·kᵀ + bias)·v');
  expect(table).not.toContain('layouts');
});

test('a graph is as it is without one of them', async () => {
  const options = ['specs/emoji.mm', '--stage', 'align', '--variant', 'tiny'];
  const ops = async (...more: readonly string[]): Promise<ReadonlySet<string>> => {
    const { out } = await mm('print', ...options, ...more);
    return new Set([...out.matchAll(/= (\w+)\(/g)].map(m => m[1] ?? ''));
  };
  expect([...(await ops())]).toContain('attention');
  const apart = await ops('--without', 'attention');
  expect([...apart]).not.toContain('attention');
  expect([...apart]).toContain('softmax');
});

test('wrong names are told all at once, and what must stay stays', async () => {
  const { code, err } = await mm('explain', 'specs/emoji.mm', '--without', 'atention, layouts,decompose');
  expect(code).toBe(1);
  expect(err).toContain('did you mean attention?');
  expect(err).toContain('for the engine onnx there is no pass layouts');
  expect(err).toContain("the pass decompose can't be left out: an engine has no kernels");
  expect((await mm('print', 'specs/emoji.mm', '--without', ',')).code).toBe(2);
  expect((await mm('print', 'specs/emoji.mm', '--passes')).code).toBe(2);
  expect((await mm('print')).code).toBe(2);
});
