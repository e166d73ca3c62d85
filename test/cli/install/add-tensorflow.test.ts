// Installing TensorFlow with fake tools: what comes to lie where, every way in which it fails, and that what was whole
// isn't made again.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { installation } from '../../../src/backends/tensorflow/binding.ts';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { type AddOptions, addTensorflow } from '../../../src/cli/install/add-tensorflow.ts';
import { removeEngine } from '../../../src/cli/install/remove-engine.ts';
import { tryBinding } from '../../../src/cli/install/try-binding.ts';
import { type Fakes, type Fate, fakes, isAlive } from './fakes.ts';

let f: Fakes;
beforeEach(async () => {
  f = await fakes();
});

/** The diagnostics of an installation that fails. */
async function failing(options: Partial<AddOptions> = {}): Promise<readonly Diagnostic[]> {
  const error: unknown = await addTensorflow({ ...f.options, ...options }).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(Error);
  expect(installation(f.engines)).toBeUndefined();
  const { diagnostics } = error as { diagnostics: readonly Diagnostic[] };
  for (const d of diagnostics) expect(d.help).toMatch(/\w/);
  return diagnostics;
}

const codes = (diagnostics: readonly Diagnostic[]) => diagnostics.map(d => d.code);
const called = (tool: string) => f.calls().filter(c => c.startsWith(tool)).length;

describe('what is installed', () => {
  test('libraries, headers and the binding; nothing else is left', async () => {
    const added = await addTensorflow(f.options);
    expect(added).toMatchObject({ version: '2.21.0', gpu: false, isNew: true, folder: f.place });
    expect(readdirSync(f.engines)).toEqual(['tensorflow']);
    expect(readdirSync(f.place).sort()).toEqual(['installed.json', 'tensorflow', 'tfjs_binding.node']);
    expect(readdirSync(join(f.place, 'tensorflow')).sort()).toEqual([
      'include',
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
    expect(readFileSync(join(f.place, 'tensorflow', 'libtensorflow_cc.so.2'), 'utf8')).toBe(
      'the text of tensorflow/libtensorflow_cc.so.2\n',
    );
    expect(installation(f.engines)).toEqual({
      folder: f.place,
      tensorflow: '2.21.0',
      gpu: false,
      binding: 'tfjs_binding.node',
    });
    expect(f.steps).toEqual([
      'fetching @tensorflow/tfjs-node 4.22.0',
      'fetching node-api-headers 1.9.0',
      'fetching tensorflow-cpu 2.21.0',
      'checking tensorflow-cpu 2.21.0',
      'unpacking tensorflow-cpu 2.21.0',
      'building the binding',
      'trying the binding',
    ]);
  });

  test('is not installed again, but another kind of it takes its place', async () => {
    await addTensorflow(f.options);
    const before = f.calls().length;
    expect((await addTensorflow(f.options)).isNew).toBe(false);
    expect(f.calls().length).toBe(before);
    expect((await addTensorflow({ ...f.options, gpu: true })).isNew).toBe(true);
    expect(installation(f.engines)?.gpu).toBe(true);
    expect(readdirSync(f.engines)).toEqual(['tensorflow']);
  });

  test('is installed again where it no longer loads', async () => {
    await addTensorflow(f.options);
    let tries = 0;
    const onceBroken: typeof tryBinding = async () => {
      tries += 1;
      if (tries === 1) throw new Error('no such symbol');
      return { version: '2.21.0', gpu: false, why: undefined };
    };
    expect((await addTensorflow({ ...f.options, tryBinding: onceBroken })).isNew).toBe(true);
  });
});

describe('before anything is fetched', () => {
  test('all programs that are missing are told at once', async () => {
    for (const name of ['python3', 'npm', 'c++']) f.without(name);
    expect(codes(await failing())).toEqual(['no-python', 'no-npm', 'no-compiler']);
    expect(readdirSync(f.engines)).toEqual([]);
  });

  test('a Python without pip; a compiler by its variable', async () => {
    f.flag('no-pip', true);
    const [pip, compiler] = await failing({ env: { ...f.options.env, CXX: '/nowhere/g++ -m64' } });
    expect(pip?.code).toBe('no-pip');
    expect(pip?.help).toContain('python3 -m ensurepip');
    expect(compiler?.message).toContain('/nowhere/g++ -m64');
  });

  test('a platform without a wheel is refused by name', async () => {
    const { pins: _, ...rest } = f.options;
    const there = async (platform: string, gpu: boolean) => {
      const error: unknown = await addTensorflow({ ...rest, platform, gpu }).catch((e: unknown) => e);
      return (error as { diagnostics: readonly Diagnostic[] }).diagnostics[0];
    };
    expect((await there('win32 x64', false))?.message).toBe(
      'there is no tensorflow for win32 x64; there is for: linux x64, linux arm64, macOS arm64',
    );
    expect((await there('linux x64 with musl', false))?.code).toBe('no-engine-for-platform');
    expect((await there('macOS arm64', true))?.help).toContain('leave out --gpu');
    expect(f.calls()).toEqual([]);
  });

  test('too little room', async () => {
    const [d] = await failing({ freeBytes: () => 5_000_000 });
    expect(d?.code).toBe('no-room');
    expect(d?.message).toContain('has room for 5.00 MB, and 20.0 MB are needed');
    expect(f.calls()).toEqual([]);
  });

  test('another process at it', async () => {
    mkdirSync(f.engines);
    writeFileSync(join(f.engines, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere' }));
    expect(codes(await failing())).toEqual(['engines-busy']);
  });

  test('a folder that can’t be made', async () => {
    writeFileSync(f.engines, 'a file');
    expect(codes(await failing())).toEqual(['cannot-write']);
  });
});

describe('a download that fails', () => {
  test.each<[Fate, string, RegExp]>([
    ['cut', 'download-cut', /IncompleteRead/],
    ['invalid', 'download-cut', /is invalid/],
    [
      'offline',
      'no-network',
      /: ProxyError\('Cannot connect to proxy.', .*'Failed to establish .* refused'\)\)$/,
    ],
    ['full', 'disk-filled', /no space left/],
    ['absent', 'not-on-index', /No matching distribution/],
    ['torn', 'hash-differs', /its hash is e3b0c442/],
  ])('%s: %s, and the next try goes on', async (fate, code, message) => {
    f.pip(fate);
    const [d] = await failing();
    expect(d?.code).toBe(code);
    expect(d?.message).toMatch(message);
    f.pip('ok');
    expect((await addTensorflow(f.options)).isNew).toBe(true);
    // What npm fetched was whole.
    expect([called('npm'), called('pip')]).toEqual([2, 2]);
  });

  test('a wheel of another hash is refused and deleted', async () => {
    f.pip('other');
    const [d] = await failing();
    expect(d?.code).toBe('hash-differs');
    expect(d?.message).toContain(f.pins.wheels[0]?.sha256);
    const left = readdirSync(f.engines, { recursive: true }).map(String);
    expect(left.filter(p => p.endsWith('.whl') || p.endsWith('.so.2'))).toEqual([]);
  });

  test('a package of npm of another hash, and npm without a network', async () => {
    const binding = { ...f.pins.binding, integrity: 'sha512-other' };
    expect(codes(await failing({ pins: { ...f.pins, binding } }))).toEqual(['hash-differs']);
    f.npm('offline');
    const [d] = await failing();
    expect([d?.code, d?.message]).toEqual(['no-network', expect.stringContaining('ENOTFOUND')]);
  });

  test('a wheel that lacks what is needed', async () => {
    const [wheel] = f.pins.wheels;
    if (wheel === undefined) throw new Error('no wheel');
    const wheels = [{ ...wheel, members: [...wheel.members, 'tensorflow/libmore.so'] }];
    const [d] = await failing({ pins: { ...f.pins, wheels } });
    expect(d?.code).toBe('archive-broken');
    expect(d?.message).toContain('it has no tensorflow/libmore.so');
  });
});

describe('a build that fails', () => {
  test('tells the first error and where the rest is; the next try only builds', async () => {
    f.flag('bad-compiler', true);
    const [d] = await failing();
    expect(d?.code).toBe('build-failed');
    expect(d?.message).toContain('fatal error: no C++17 here');
    const log = /said is in (\S+)$/.exec(d?.message ?? '')?.[1] ?? '';
    expect(readFileSync(log, 'utf8')).toContain('more');
    f.flag('bad-compiler', false);
    await addTensorflow(f.options);
    expect([called('npm'), called('pip'), called('c++')]).toEqual([2, 1, 2]);
    expect(readdirSync(f.engines)).toEqual(['tensorflow']);
  });

  test('a binding that doesn’t load is not installed', async () => {
    const [d] = await failing({ tryBinding });
    expect(d?.code).toBe('binding-fails');
    expect(d?.message).toMatch(/file too short|invalid ELF|not a mach-o/i);
    expect(existsSync(f.place)).toBe(false);
  });
});

describe('Ctrl-C', () => {
  test('ends what was started, leaves nothing that looks installed, and the next try goes on', async () => {
    f.pip('hang');
    const stop = new AbortController();
    const adding = addTensorflow({ ...f.options, signal: stop.signal });
    const ended = expect(adding).rejects.toBe('interrupted');
    await expect.poll(() => f.hanging(), { timeout: 20_000 }).toBeDefined();
    stop.abort('interrupted');
    await ended;
    const pid = f.hanging();
    if (pid === undefined) throw new Error('pip did not hang');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    expect(installation(f.engines)).toBeUndefined();
    expect(existsSync(join(f.engines, 'lock'))).toBe(false);
    f.pip('ok');
    expect((await addTensorflow(f.options)).isNew).toBe(true);
    expect([called('npm'), called('pip')]).toEqual([2, 2]);
  });

  test('what a killed process left, of these pins or of others, is gone after the next installation', async () => {
    mkdirSync(join(f.engines, '.adding-tensorflow-old', 'files', 'tensorflow'), { recursive: true });
    mkdirSync(join(f.engines, '.removing-x', 'engine'), { recursive: true });
    f.pip('cut');
    await failing();
    const [work] = readdirSync(f.engines);
    mkdirSync(join(f.engines, String(work), 'attempts', 'a1', 'tensorflow'), { recursive: true });
    f.pip('ok');
    await addTensorflow(f.options);
    expect(readdirSync(f.engines)).toEqual(['tensorflow']);
  });
});

describe('removing', () => {
  test('says how much, and takes what a cut off installation left', async () => {
    const { bytes } = await addTensorflow(f.options);
    mkdirSync(join(f.engines, '.adding-tensorflow-old'));
    writeFileSync(join(f.engines, '.adding-tensorflow-old', 'part'), 'x'.repeat(1000));
    expect(removeEngine('tensorflow', f.engines)).toEqual({ folder: f.place, bytes: bytes + 1000 });
    expect(readdirSync(f.engines)).toEqual([]);
  });

  test('what isn’t there is told', () => {
    expect(() => removeEngine('tensorflow', f.engines)).toThrow(/isn't installed in/);
  });
});
