// examples/browser in a headless Chromium: it is checked, compiled and trained in the page, learns, leaks nothing, and
// says what is wrong.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildPage } from '../../examples/browser/build.mjs';
import { serve } from '../../examples/browser/serve.mjs';
import { type Browser, openBrowser, type Page } from './setup/browser.ts';

/** Machines differ, and so does what else they do. */
const patience = 400;
vi.setConfig({ testTimeout: 2 * patience * 1000 });

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
let page: Page;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  await buildPage(folder);
  server = await serve(folder, 0);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function open(query = ''): Promise<void> {
  page = await browser.open(`${server.url}${query}`);
  await page.until("document.body.dataset.state === 'ready'", patience);
}
beforeEach(() => open());
afterEach(() => page.close());

const text = (id: string): Promise<string> => page.evaluate(`document.getElementById('${id}').textContent`);
const click = (id: string): Promise<void> => page.evaluate(`document.getElementById('${id}').click()`);
const isDisabled = (id: string): Promise<boolean> =>
  page.evaluate(`document.getElementById('${id}').disabled`);
const step = "Number.parseInt(document.getElementById('step').textContent) || 0";
const state = (is: string): string => `document.body.dataset.state === '${is}'`;

/** Types into the editor: one text in the place of another. */
const edit = (from: string, to: string): Promise<void> =>
  page.evaluate(`(() => {
    const spec = document.getElementById('spec');
    if (!spec.value.includes(${JSON.stringify(from)})) throw new Error('the spec has no such text');
    spec.value = spec.value.replace(${JSON.stringify(from)}, ${JSON.stringify(to)});
    document.getElementById('checked').textContent = '';
    spec.dispatchEvent(new Event('input'));
  })()`);
const untilChecked = (): Promise<void> =>
  page.until("document.getElementById('checked').textContent !== ''", patience);

test('loads without a complaint, the spec checked and nothing trained', async () => {
  expect(await text('checked')).toMatch(/^✓ right, checked in \d+ ms$/);
  expect([await isDisabled('train'), await isDisabled('pause'), await isDisabled('stop')]).toEqual([
    false,
    true,
    true,
  ]);
  expect(await page.evaluate("document.getElementById('diagnostics').hidden")).toBe(true);
  // Its WebGPU is a processor's here, which is slower, and both are told.
  expect(await text('why')).toMatch(
    /^tfjs: TensorFlow\.js in WebAssembly.* Also here: webgpu \(.*slower than WebAssembly\), tfjs-cpu /,
  );
  const engines = await page.evaluate("[...document.getElementById('engine').options].map(o => o.text)");
  expect(engines).toEqual(['tfjs', 'webgpu', 'tfjs-cpu']);
  expect(page.complaints).toEqual([]);
});

test('without WebGPU it says so, and takes WebAssembly', async () => {
  const bare = await openBrowser({ webgpu: false });
  try {
    const plain = await bare.open(server.url);
    await plain.until(state('ready'), patience);
    expect(await plain.evaluate("document.getElementById('why').textContent")).toMatch(
      /^tfjs: TensorFlow\.js in WebAssembly, on the processor\. Also here: tfjs-cpu \([^)]*\)\. No webgpu: (?:this browser has no WebGPU|WebGPU finds no device here)\.$/,
    );
    expect(await plain.evaluate("document.querySelector('#engine [value=webgpu]').disabled")).toBe(true);
    expect(plain.complaints).toEqual([]);
  } finally {
    await bare.close();
  }
});

describe('on WebAssembly', () => {
  test('the loss falls to an eighth at most, new drawings are named rightly, and nothing leaks', async () => {
    await page.close();
    await open('?engine=tfjs');
    await click('train');
    await page.until(`${step} >= 1`, patience);
    const first = Number(await text('loss'));
    // Guessing one of four: ln 4.
    expect(first).toBeGreaterThan(1.2);
    expect(first).toBeLessThan(1.6);
    await page.until(`${step} >= 50`, patience);
    const early = await text('memory');
    expect(early).toMatch(/^\d+ tensors, \d+ kB$/);
    await page.until(`${step} >= 300`, patience);
    expect(await text('memory')).toBe(early);
    await page.until(`!(${state('training')})`, patience);
    expect(await text('failure')).toBe('');
    expect(await text('step')).toBe('400 / 400');
    expect(Number(await text('loss'))).toBeLessThan(first / 8);
    expect(await page.evaluate('document.body.dataset.tensors')).toBe('0');
    expect(Number(await text('speed'))).toBeGreaterThan(0);
    expect(await text('ran')).toBe('tfjs');
    expect(await text('state')).toMatch(
      /^Trained for 400 steps; accuracy of shape 0\.9\d+ on 320 new drawings, guessing has 0\.25\.$/,
    );
    const [, right] = /^Right about (\d+) of 120\.$/.exec(await text('right')) ?? [];
    expect(Number(right)).toBeGreaterThan(108);
    expect(
      await page.evaluate("document.querySelectorAll('#predictions .right canvas').length"),
    ).toBeGreaterThan(18);
    const points = await page.evaluate<string>(
      "document.querySelector('#curve .mean').getAttribute('points')",
    );
    expect(points.split(' ')).toHaveLength(400);
    expect(page.complaints).toEqual([]);
  });

  test('it pauses, goes on, and stops', async () => {
    await click('train');
    await page.until(`${step} >= 5`, patience);
    await click('pause');
    await new Promise(resolve => setTimeout(resolve, 500));
    const at = await page.evaluate<number>(step);
    expect(at).toBeGreaterThan(0);
    await new Promise(resolve => setTimeout(resolve, 700));
    expect(await page.evaluate(step)).toBe(at);
    expect([await text('pause'), await text('state')]).toEqual(['Go on', 'Paused.']);
    await click('pause');
    await page.until(`${step} > ${at + 5}`, patience);
    await click('stop');
    await page.until(state('done'), patience);
    expect(await text('state')).toMatch(/^Stopped after step \d+; accuracy of shape /);
    expect(await page.evaluate('document.body.dataset.tensors')).toBe('0');
    expect(await isDisabled('train')).toBe(false);
    expect(page.complaints).toEqual([]);
  });
});

test('WebGPU learns what WebAssembly learns, and holds no more memory from step to step', async () => {
  const trained = async (engine: string): Promise<number> => {
    await edit('circle, square, triangle, cross', 'red, blue');
    await edit('steps 400', 'steps 40');
    await edit('batch 32', 'batch 16');
    await untilChecked();
    await click('train');
    await page.until(`!(${state('training')})`, patience);
    expect([await text('failure'), await text('step'), await text('ran')]).toEqual(['', '40 / 40', engine]);
    return Number(await text('loss'));
  };
  await page.close();
  await open('?engine=webgpu');
  expect(await text('why')).toContain(
    "WebGPU, on google swiftshader, which does a GPU's work on the processor",
  );
  await page.evaluate(`(() => {
    const { createBuffer } = GPUDevice.prototype;
    const { destroy } = GPUBuffer.prototype;
    const live = new Set();
    globalThis.counts = [];
    GPUDevice.prototype.createBuffer = function (...args) {
      const buffer = createBuffer.apply(this, args);
      live.add(buffer);
      return buffer;
    };
    GPUBuffer.prototype.destroy = function () {
      live.delete(this);
      return destroy.apply(this);
    };
    // Looked at between steps.
    new MutationObserver(() => counts.push(live.size)).observe(document.getElementById('step'), { childList: true });
    globalThis.live = live;
  })()`);
  const onWebgpu = await trained('webgpu');
  const counts = await page.evaluate<readonly number[]>('counts');
  expect(counts.length).toBeGreaterThan(4);
  expect(new Set(counts.slice(1, -1)).size).toBe(1);
  expect(await page.evaluate('live.size')).toBe(0);
  expect(page.complaints).toEqual([]);
  await page.close();
  await open('?engine=tfjs');
  const onTfjs = await trained('tfjs');
  // Guessing one of two: ln 2.
  expect(onTfjs).toBeLessThan(Math.LN2 / 3);
  expect(Math.abs(onWebgpu - onTfjs)).toBeLessThan(1e-3);
});

test('plain JavaScript trains what was typed', async () => {
  await page.close();
  await open('?engine=tfjs-cpu');
  await edit('circle, square, triangle, cross', 'red, blue');
  await edit('steps 400', 'steps 30');
  await edit('batch 32', 'batch 16');
  await untilChecked();
  await click('train');
  await page.until(`!(${state('training')})`, patience);
  expect(await text('failure')).toBe('');
  expect(await text('state')).toMatch(/^Trained for 30 steps; accuracy of shape (?:0\.[89]|1\.)/);
  expect(await text('ran')).toBe('tfjs-cpu');
});

describe('what is wrong', () => {
  test('a spec with mistakes shows them with their lines, and can’t be trained', async () => {
    await edit('linear(out: 48)', 'linear(out: many)');
    await untilChecked();
    expect(await text('checked')).toBe('1 mistake');
    const shown = await text('diagnostics');
    expect(shown).toContain('error[unknown-name]: there is no value named many here');
    expect(shown).toMatch(/shapes\.mm:\d+:\d+\n *\d+│ +\|> linear\(out: many\) as mix\n +│ +\^{4}/);
    expect(await isDisabled('train')).toBe(true);
    await click('restore');
    expect(await text('checked')).toMatch(/^✓ right/);
    expect(await isDisabled('train')).toBe(false);
    await edit('encoder scores', 'encoder ((');
    await untilChecked();
    expect(await text('diagnostics')).toContain('error[');
    expect(page.complaints).toEqual([]);
  });

  test.each([
    ['circle, square, triangle, cross', 'circle, hexagon', 'and no hexagon'],
    ['on shapes.train batch', 'on photos.train batch', 'the spec asks for photos'],
    ['batch 32', 'batch 32 with picture: [shift(2)]', 'picture takes no transforms'],
  ])('data that the page hasn’t: %s is now %s', async (from, to, says) => {
    await edit(from, to);
    await untilChecked();
    await click('train');
    await page.until(state('failed'), patience);
    expect(await text('failure')).toContain(says);
    expect(await isDisabled('train')).toBe(false);
    expect(page.complaints).toEqual([]);
  });

  test('a loss that isn’t finite ends the training with a word', async () => {
    await edit(
      'cross_entropy(scores(picture), shape)',
      'cross_entropy(scores(picture) * 1e38 * 1e38, shape)',
    );
    await untilChecked();
    await click('train');
    await page.until(state('failed'), patience);
    expect(await text('failure')).toMatch(/^error\[loss-not-finite\]: .* step 1/);
  });
});
