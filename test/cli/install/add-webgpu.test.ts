// Installing WebGPU with a fake npm: what comes to lie where, every way in which it fails, a machine without a device,
// and that what was whole isn't fetched again.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { installation, loadDawn } from '../../../src/backends/webgpu/installation.ts';
import { readProbe, withoutAdapter } from '../../../src/backends/webgpu/probe.ts';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { addTensorflow } from '../../../src/cli/install/add-tensorflow.ts';
import { type AddWebgpuOptions, addWebgpu } from '../../../src/cli/install/add-webgpu.ts';
import { removeEngine } from '../../../src/cli/install/remove-engine.ts';
import { tryDawn } from '../../../src/cli/install/try-dawn.ts';
import { webgpuPinsFor, webgpuPlatforms } from '../../../src/cli/install/webgpu-pins.ts';
import { type Fakes, fakes, isAlive, type NpmFate } from './fakes.ts';

let f: Fakes;
let place: string;
beforeEach(async () => {
  f = await fakes();
  place = join(f.engines, 'webgpu');
});

/** The diagnostic of an installation that fails. */
async function failing(options: Partial<AddWebgpuOptions> = {}): Promise<Diagnostic | undefined> {
  const error: unknown = await addWebgpu({ ...f.webgpu, ...options }).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(Error);
  expect(installation(f.engines)).toBeUndefined();
  const { diagnostics } = error as { diagnostics: readonly Diagnostic[] };
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]?.help).toMatch(/\w/);
  return diagnostics[0];
}

test('Dawn for this platform and its licence; nothing else is left', async () => {
  const added = await addWebgpu(f.webgpu);
  expect(added).toMatchObject({ version: '0.6.2', isNew: true, folder: place });
  expect(added.adapter?.name).toBe('Some GPU');
  expect(readdirSync(f.engines)).toEqual(['webgpu']);
  expect(readdirSync(place).sort()).toEqual(['dawn', 'installed.json']);
  expect(readdirSync(join(place, 'dawn')).sort()).toEqual(['LICENSE.md', 'dawn.node']);
  expect(readFileSync(join(place, 'dawn', 'dawn.node'), 'utf8')).toBe('// dawn.node\n');
  expect(installation(f.engines)).toEqual({ folder: place, webgpu: '0.6.2', binding: 'dawn/dawn.node' });
  expect(f.steps).toEqual(['fetching webgpu 0.6.2', 'looking for a device']);
  expect(f.calls()).toEqual([expect.stringContaining('--ignore-scripts')]);
});

test('is not installed again, but where it no longer loads', async () => {
  await addWebgpu(f.webgpu);
  expect((await addWebgpu(f.webgpu)).isNew).toBe(false);
  expect(f.calls()).toHaveLength(1);
  let tries = 0;
  const onceBroken: typeof tryDawn = async () => {
    tries += 1;
    if (tries === 1) throw new Error('no such symbol');
    return { adapter: undefined, why: undefined };
  };
  expect((await addWebgpu({ ...f.webgpu, tryDawn: onceBroken })).isNew).toBe(true);
});

test('a machine without a device has it installed all the same', async () => {
  const why = "Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file";
  const added = await addWebgpu({ ...f.webgpu, tryDawn: async () => ({ adapter: undefined, why }) });
  expect(added).toMatchObject({ adapter: undefined, why, isNew: true });
  expect(installation(f.engines)).toBeDefined();
});

test('what Dawn says is read, and what is missing is told by platform', () => {
  const line = '{"adapter":{"name":"Some GPU","isSoftware":false}}';
  expect(readProbe(`hello\n${line}\n`, 'Warning: none\n')?.adapter?.name).toBe('Some GPU');
  const log = "Warning: Couldn't load Vulkan: libvulkan.so.1\n    at BackendVk.cpp:368\n";
  expect(readProbe('{"adapter":null}\n', log)).toEqual({
    adapter: undefined,
    why: "Couldn't load Vulkan: libvulkan.so.1",
  });
  expect(readProbe('{"adapter":null,"why":"no limits"}\n', '')?.why).toBe('no limits');
  expect(readProbe('', 'Segmentation fault')).toBeUndefined();
  expect(withoutAdapter({ why: 'no driver' }, 'linux')).toMatch(
    /finds no device here, and says: no driver\. It needs Vulkan: .*mesa-vulkan-drivers.*another engine/,
  );
  expect(withoutAdapter({ why: undefined }, 'darwin')).toContain('here. It needs a GPU that Metal knows');
  expect(withoutAdapter({ why: undefined }, 'win32')).toContain('Direct3D 12');
});

describe('before anything is fetched', () => {
  test('npm alone is needed', async () => {
    f.without('python3');
    f.without('c++');
    expect((await addWebgpu(f.webgpu)).isNew).toBe(true);
    removeEngine('webgpu', f.engines);
    f.without('npm');
    expect((await failing())?.code).toBe('no-npm');
    expect(readdirSync(f.engines)).toEqual([]);
  });

  test('a platform that Dawn isn’t built for is refused by name', async () => {
    const { pins: _, ...rest } = f.webgpu;
    for (const platform of ['freebsd x64', 'linux x64 with musl', 'toString']) {
      const error: unknown = await addWebgpu({ ...rest, platform }).catch((e: unknown) => e);
      const [d] = (error as { diagnostics: readonly Diagnostic[] }).diagnostics;
      expect(d?.message).toBe(
        `there is no webgpu for ${platform}; there is for: linux x64, linux arm64, macOS x64, macOS arm64, win32 x64, win32 arm64`,
      );
    }
    expect(f.calls()).toEqual([]);
    for (const platform of webgpuPlatforms)
      expect(webgpuPinsFor(platform)?.unpackedBytes).toBeGreaterThan(1e7);
  });

  test('too little room', async () => {
    const d = await failing({ freeBytes: () => 5_000_000 });
    expect(d?.code).toBe('no-room');
    expect(f.calls()).toEqual([]);
  });

  test('another process at it', async () => {
    mkdirSync(f.engines);
    writeFileSync(join(f.engines, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere' }));
    expect((await failing())?.code).toBe('engines-busy');
  });
});

describe('a download that fails', () => {
  test.each<[NpmFate, string, RegExp]>([
    ['cut', 'download-cut', /cut short: .*Premature close/],
    ['offline', 'no-network', /can't fetch webgpu 0\.6\.2: .*ENOTFOUND/],
    ['full', 'disk-filled', /no space left/],
    ['absent', 'not-on-index', /doesn't have webgpu 0\.6\.2/],
    ['other', 'hash-differs', /webgpu 0\.6\.2 is not the one that mmlang knows/],
  ])('%s: %s, and the same command installs it', async (fate, code, message) => {
    f.npm(fate);
    const d = await failing();
    expect(d?.code).toBe(code);
    expect(d?.message).toMatch(message);
    const left = readdirSync(f.engines, { recursive: true }).map(String);
    expect(left.filter(p => p.endsWith('.tgz') || p.endsWith('.node'))).toEqual([]);
    f.npm('ok');
    expect((await addWebgpu(f.webgpu)).isNew).toBe(true);
    expect(readdirSync(f.engines)).toEqual(['webgpu']);
  });

  test('a package that lacks what is needed', async () => {
    const { pins } = f.webgpu;
    const members = ['dist/linux-x64/', 'dist/linux-riscv/'];
    const d = await failing({ pins: { ...pins, package: { ...pins.package, members } } });
    expect(d?.code).toBe('archive-broken');
    expect(d?.message).toContain('it has no dist/linux-riscv/');
  });
});

test('one that doesn’t load is not installed, and isn’t fetched again', async () => {
  const d = await failing({ tryDawn });
  expect(d?.code).toBe('binding-fails');
  expect(d?.message).toMatch(/WebGPU .*(?:file too short|invalid ELF|not a mach-o)/i);
  expect(existsSync(place)).toBe(false);
  await addWebgpu(f.webgpu);
  expect(f.calls()).toHaveLength(1);
});

test('loading a damaged one is told in words', async () => {
  await addWebgpu(f.webgpu);
  const at = installation(f.engines);
  if (at === undefined) throw new Error('it is not installed');
  expect(() => loadDawn(at)).toThrow(/its file is damaged|not a mach-o/);
  writeFileSync(join(place, 'installed.json'), '{"webgpu": "0.6.2"');
  expect(installation(f.engines)).toBeUndefined();
});

test('Ctrl-C ends what was started, and nothing looks installed', async () => {
  f.npm('hang');
  const stop = new AbortController();
  const ended = expect(addWebgpu({ ...f.webgpu, signal: stop.signal })).rejects.toBe('interrupted');
  await expect.poll(() => f.hanging(), { timeout: 20_000 }).toBeDefined();
  stop.abort('interrupted');
  await ended;
  const pid = f.hanging();
  if (pid === undefined) throw new Error('npm did not hang');
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  expect(installation(f.engines)).toBeUndefined();
  expect(existsSync(join(f.engines, 'lock'))).toBe(false);
});

test('two engines leave each other alone', async () => {
  f.pip('cut');
  await expect(addTensorflow(f.options)).rejects.toThrow();
  await addWebgpu(f.webgpu);
  expect(readdirSync(f.engines).sort()).toEqual([expect.stringMatching(/^\.adding-tensorflow-/), 'webgpu']);
  f.pip('ok');
  await addTensorflow(f.options);
  // What was whole of TensorFlow was not fetched again.
  expect(f.calls().filter(c => c.startsWith('npm'))).toHaveLength(3);
  const { bytes } = removeEngine('webgpu', f.engines);
  expect(bytes).toBeGreaterThan(0);
  expect(readdirSync(f.engines)).toEqual(['tensorflow']);
});
