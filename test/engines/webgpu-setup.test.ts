// Where WebGPU's tests run: Node's Dawn, as `mm engines add webgpu` installs it, and headless Chromium each have a device,
// and it is the same one.

import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { enginesFolder } from '../../src/backends/installed.ts';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import { installation } from '../../src/backends/webgpu/installation.ts';
import { addEngine } from '../../src/cli/install/installable.ts';
import { openBrowser } from './setup/browser.ts';

test('mm engines add webgpu has installed it, and it finds a device', async () => {
  expect(installation(), 'mm engines add webgpu installs it').toMatchObject({ webgpu: '0.6.2' });
  const added = await addEngine('webgpu', {
    gpu: false,
    engines: enginesFolder(),
    env: process.env,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  expect(added).toMatchObject({ isNew: false, note: undefined });
  expect(added.runsOn).toBeTruthy();
  // Of a GPU nothing; of a driver that does its work, that it is slow.
  expect((await createWebgpuEngine(nodeSource).makesDo?.()) ?? 'slowly').toMatch(/slowly$/);
});

test('a page has navigator.gpu with a device', async () => {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const browser = await openBrowser();
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const page = await browser.open(`http://127.0.0.1:${address.port}/`);
    await page.until('isSecureContext', 10);
    const device = await page.evaluate<string>(`(async () => {
      const adapter = await navigator.gpu?.requestAdapter();
      const device = await adapter?.requestDevice();
      return device === undefined ? 'none' : adapter.info.vendor;
    })()`);
    expect(device).not.toBe('none');
    await expect(page.evaluate('nothing.there')).rejects.toThrow('nothing is not defined');
    await page.evaluate("console.error('oh')");
    await expect.poll(() => page.complaints).toContain('oh');
  } finally {
    await browser.close();
    server.close();
  }
});
