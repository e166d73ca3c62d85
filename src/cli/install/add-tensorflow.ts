// TensorFlow installed as an engine: sources and wheels fetched and checked, the binding built and tried.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installation } from '../../backends/tensorflow/binding.ts';
import type { Probe } from '../../backends/tensorflow/probe.ts';
import { bindingFile, buildBinding } from './build-binding.ts';
import { failure } from './diagnostics.ts';
import { downloadWheel } from './download-wheel.ts';
import { fetchPackage } from './fetch-package.ts';
import { type InstallOptions, installEngine, type Place, type Recipe } from './install-engine.ts';
import { thisPlatform } from './platform.ts';
import { type Pins, pinnedPlatforms, pinsFor } from './tensorflow-pins.ts';
import { findTools, type Tools } from './tools.ts';
import { tryBinding } from './try-binding.ts';
import { unpackWheel } from './unpack-wheel.ts';
import type { Work } from './work.ts';

export interface AddOptions extends InstallOptions {
  readonly gpu: boolean;
  /** As `thisPlatform` names it; this machine by default. */
  readonly platform?: string;
  /** For tests: what is installed, and how it is tried. */
  readonly pins?: Pins;
  readonly tryBinding?: typeof tryBinding;
}

export type AddedTensorflow = Probe & Place;

export async function addTensorflow(options: AddOptions): Promise<AddedTensorflow> {
  const { gpu, platform = thisPlatform(), pins = pinsFor(platform, gpu) } = options;
  if (pins === undefined) throw noneFor(platform, gpu);
  return installEngine(recipe(pins, options), options);
}

function noneFor(platform: string, gpu: boolean): Error {
  const name = gpu ? 'tensorflow for GPUs' : 'tensorflow';
  const otherwise =
    gpu && pinsFor(platform, false) !== undefined
      ? 'leave out --gpu: there it runs on the CPU'
      : 'other engines run there: mm engines lists them';
  return failure('no-engine-for-platform', { name, platform, known: pinnedPlatforms(gpu), otherwise });
}

function recipe(pins: Pins, options: AddOptions): Recipe<Tools, Probe> {
  const { tensorflow } = pins;
  const { engines, gpu } = options;
  return {
    name: 'tensorflow',
    title: 'TensorFlow',
    pins,
    there: () => {
      const at = installation(engines);
      return at?.tensorflow === tensorflow && at.gpu === gpu ? at.folder : undefined;
    },
    findTools: () => findTools(options),
    needs: work => bytesNeeded(work, pins),
    make: (tools, work) => make(pins, tools, work),
    trying: 'trying the binding',
    attempt: folder => (options.tryBinding ?? tryBinding)(join(folder, bindingFile), options),
    says: { tensorflow, gpu, binding: bindingFile },
  };
}

async function make(pins: Pins, { npm, python, compiler }: Tools, work: Work): Promise<void> {
  const sources = await fetchPackage(pins.binding, npm, work);
  const headers = await fetchPackage(pins.headers, npm, work);
  for (const wheel of pins.wheels) {
    if (existsSync(join(work.files, wheel.root))) continue;
    const path = await downloadWheel(wheel, python, work);
    await unpackWheel(path, wheel, work);
    rmSync(path);
  }
  await buildBinding({ sources, headers, tensorflow: join(work.files, 'tensorflow') }, compiler, work);
}

function bytesNeeded({ files }: Work, { wheels }: Pins): number {
  const open = wheels.filter(w => !existsSync(join(files, w.root)));
  const unpacked = open.reduce((sum, w) => sum + w.unpackedBytes, 0);
  // A wheel is deleted when it is unpacked, so one at a time lies there.
  return unpacked + Math.max(0, ...open.map(w => w.bytes)) + 20_000_000;
}
