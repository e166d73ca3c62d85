// `mm engines add` and `remove` as their user meets them, where nothing that they need is there.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { channel } from '../../src/cli/output.ts';

async function mm(...args: readonly string[]) {
  const text = { out: '', err: '' };
  const plain = { color: false, terminal: false };
  const to = (name: 'out' | 'err') =>
    channel(t => {
      text[name] += t;
    }, plain);
  const code = await main(args, { out: to('out'), err: to('err') });
  return { code, ...text };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mm-engines-'));
  vi.stubEnv('MMLANG_ENGINES', folder);
  vi.stubEnv('PATH', folder);
  vi.stubEnv('CXX', '');
  vi.stubEnv('MMLANG_PYTHON', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('without any of the tools: each with its way out, code 1, no stack', async () => {
  const { code, out, err } = await mm('engines', 'add', 'tensorflow');
  expect([code, out]).toEqual([1, '']);
  for (const c of ['no-python', 'no-npm', 'no-compiler']) expect(err).toContain(`error[${c}]: `);
  expect(err.match(/ help: /g)).toHaveLength(3);
  expect(err).not.toContain('    at ');
  const json = await mm('engines', 'add', 'tensorflow', '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'no-python' } });
});

test('an engine that only has npm missing; one that has one form', async () => {
  const { code, err } = await mm('engines', 'add', 'webgpu');
  expect([code, err]).toEqual([1, expect.stringContaining('error[no-npm]: ')]);
  const gpu = await mm('engines', 'add', 'webgpu', '--gpu');
  expect([gpu.code, gpu.err]).toEqual([1, expect.stringContaining('leave out --gpu')]);
});

test('what is a part of mmlang, and what is nothing', async () => {
  const builtIn = await mm('engines', 'add', 'onnx');
  expect([builtIn.code, builtIn.err]).toEqual([1, expect.stringContaining('is a part of mmlang')]);
  const unknown = await mm('engines', 'remove', 'tensorflw');
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('did you mean tensorflow?')]);
  expect((await mm('engines', 'drop', 'tensorflow')).code).toBe(2);
});

test('the list says what adds it, or where it lies; remove says how much', async () => {
  const missing = await mm('engines');
  expect(missing.out).toMatch(/✗ tensorflow .*\n +add it: mm engines add tensorflow\n/);
  const place = join(folder, 'tensorflow');
  mkdirSync(place);
  const installed = JSON.stringify({ tensorflow: '2.21.0', gpu: false, binding: 'b.node' });
  writeFileSync(join(place, 'installed.json'), installed);
  writeFileSync(join(place, 'b.node'), 'x'.repeat(1500 - installed.length));
  const there = await mm('engines', 'list', '--json');
  expect(JSON.parse(there.out)).toContainEqual(
    expect.objectContaining({ name: 'tensorflow', ready: true, version: '2.21.0', folder: place }),
  );
  const removed = await mm('engines', 'remove', 'tensorflow');
  expect(removed).toEqual({
    code: 0,
    out: `tensorflow is removed from ${place}: 1.50 kB are free again\n`,
    err: '',
  });
  expect((await mm('engines', 'remove', 'tensorflow')).code).toBe(1);
});
