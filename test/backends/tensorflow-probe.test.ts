// What is read from a trial of TensorFlow's binding: its version, and in TensorFlow's words why no GPU is used.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readProbe, withoutGpu } from '../../src/backends/tensorflow/probe.ts';

const log = `I0000 00:00:1 port.cc:153] oneDNN custom operations are on.
W0000 00:00:2 gpu_device.cc:2365] Cannot dlopen some GPU libraries. Please make sure the missing libraries are installed.
Skipping registering GPU devices...
`;

test('the words about the GPU, where it isn’t used', () => {
  expect(readProbe('noise\n{"version":"2.21.0","gpu":false}\n', log)).toEqual({
    version: '2.21.0',
    gpu: false,
    why: 'Cannot dlopen some GPU libraries. Please make sure the missing libraries are installed.',
  });
  expect(readProbe('{"version":"2.21.0","gpu":true}\n', log)?.why).toBeUndefined();
  expect(readProbe('{"version":"2.21.0","gpu":false}\n', 'oneDNN is on')?.why).toBeUndefined();
  expect(readProbe('Illegal instruction', log)).toBeUndefined();
});

test('an installation is tried in a process of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  const at = { folder, tensorflow: '2.21.0', gpu: true, binding: 'binding.js' };
  const say = (gpu: boolean): void =>
    writeFileSync(
      join(folder, 'binding.js'),
      `console.error('cuda.cc:1] failed call to cuInit'); module.exports = { TF_Version: '2.21.0', isUsingGpuDevice: () => ${gpu} };`,
    );
  say(false);
  expect(await withoutGpu(at)).toBe(
    'TensorFlow finds no GPU that it can use and runs on the CPU; it says: failed call to cuInit',
  );
  say(true);
  expect(await withoutGpu(at)).toBeUndefined();
});
