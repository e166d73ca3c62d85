// WebGPU installed as an engine: Dawn for this platform, fetched, checked and tried. Its package's own JavaScript isn't
// needed.

import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { installation } from '../../backends/webgpu/installation.ts';
import type { Probe } from '../../backends/webgpu/probe.ts';
import { failure } from './diagnostics.ts';
import { fetchPackage } from './fetch-package.ts';
import { type InstallOptions, installEngine, type Place, type Recipe } from './install-engine.ts';
import { thisPlatform } from './platform.ts';
import { type Command, requireNpm } from './tools.ts';
import { tryDawn } from './try-dawn.ts';
import { type WebgpuPins, webgpuPinsFor, webgpuPlatforms } from './webgpu-pins.ts';

export interface AddWebgpuOptions extends InstallOptions {
  /** As `thisPlatform` names it; this machine by default. */
  readonly platform?: string;
  /** For tests: what is installed, and how it is tried. */
  readonly pins?: WebgpuPins;
  readonly tryDawn?: typeof tryDawn;
}

export type AddedWebgpu = Probe & Place & { readonly version: string };

const folderOfDawn = 'dawn';
const binding = `${folderOfDawn}/dawn.node`;

export async function addWebgpu(options: AddWebgpuOptions): Promise<AddedWebgpu> {
  const { platform = thisPlatform(), pins = webgpuPinsFor(platform) } = options;
  if (pins === undefined)
    throw failure('no-engine-for-platform', {
      name: 'webgpu',
      platform,
      known: webgpuPlatforms,
      otherwise: 'other engines run there: mm engines lists them',
    });
  const added = await installEngine(recipe(pins, options), options);
  return { ...added, version: pins.package.version };
}

function recipe(pins: WebgpuPins, options: AddWebgpuOptions): Recipe<Command, Probe> {
  const { version, bytes } = pins.package;
  return {
    name: 'webgpu',
    title: 'WebGPU',
    pins,
    there: () => {
      const at = installation(options.engines);
      return at?.webgpu === version ? at.folder : undefined;
    },
    findTools: () => requireNpm(options),
    // npm keeps the archive twice.
    needs: () => 2 * bytes + pins.unpackedBytes + 10_000_000,
    make: async (npm, work) => {
      const place = join(work.files, folderOfDawn);
      if (!existsSync(place)) renameSync(await fetchPackage(pins.package, npm, work), place);
    },
    trying: 'looking for a device',
    attempt: folder => (options.tryDawn ?? tryDawn)(join(folder, binding), options),
    says: { webgpu: version, binding },
  };
}
