// TensorFlow installed as an engine: sources and wheels fetched and checked, the binding built and tried, all in a
// folder beside its place, which it takes when it is whole. What was whole when it was cut off isn't made again.

import { existsSync, mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Installation, installation, installationFile } from '../../backends/tensorflow/binding.ts';
import type { Probe } from '../../backends/tensorflow/probe.ts';
import { writeFailure, writeWhole } from '../../train/atomic-file.ts';
import { fetchSources } from './binding-sources.ts';
import { bindingFile, buildBinding } from './build-binding.ts';
import { failure } from './diagnostics.ts';
import { downloadWheel } from './download-wheel.ts';
import { lockEngines, sizeOf, takeAway } from './engines-folder.ts';
import { type Pins, pinnedPlatforms, pinsFor, thisPlatform } from './pins.ts';
import { findTools } from './tools.ts';
import { tryBinding } from './try-binding.ts';
import { unpackWheel } from './unpack-wheel.ts';
import { diskFailure, openWork, type Work } from './work.ts';

export interface AddOptions extends Pick<Work, 'env' | 'signal' | 'onProgress'> {
  readonly gpu: boolean;
  /** The folder of all engines. */
  readonly engines: string;
  /** As pins.ts names it; this machine by default. */
  readonly platform?: string;
  /** For tests: what is installed, how it is tried, and the bytes that are free. */
  readonly pins?: Pins;
  readonly tryBinding?: typeof tryBinding;
  readonly freeBytes?: (folder: string) => number;
}

export interface Added extends Probe {
  readonly folder: string;
  readonly bytes: number;
  /** false: it was there already, and works. */
  readonly isNew: boolean;
}

export async function addTensorflow(options: AddOptions): Promise<Added> {
  const { engines, gpu, platform = thisPlatform(), pins = pinsFor(platform, gpu) } = options;
  if (pins === undefined) throw noneFor(platform, gpu);
  try {
    mkdirSync(engines, { recursive: true });
  } catch (e) {
    throw writeFailure(e, engines);
  }
  const unlock = lockEngines(engines);
  try {
    const there = await working(installation(engines), pins, options);
    return there ?? (await install(pins, options));
  } finally {
    unlock();
  }
}

function noneFor(platform: string, gpu: boolean): Error {
  const name = gpu ? 'tensorflow for GPUs' : 'tensorflow';
  const otherwise =
    gpu && pinsFor(platform, false) !== undefined
      ? 'leave out --gpu: there it runs on the CPU'
      : 'other engines run there: mm engines lists them';
  return failure('no-engine-for-platform', { name, platform, known: pinnedPlatforms(gpu), otherwise });
}

/** What is installed, if it is what would be installed and loads. */
async function working(
  at: Installation | undefined,
  pins: Pins,
  options: AddOptions,
): Promise<Added | undefined> {
  if (at === undefined || at.tensorflow !== pins.tensorflow || at.gpu !== options.gpu) return undefined;
  const trying = options.tryBinding ?? tryBinding;
  const tried = await trying(join(at.folder, at.binding), options).catch((e: unknown) => {
    if (options.signal.aborted) throw e;
    // It doesn't load, so it is installed anew.
    return undefined;
  });
  return tried && { ...tried, folder: at.folder, bytes: sizeOf(at.folder), isNew: false };
}

async function install(pins: Pins, options: AddOptions): Promise<Added> {
  const { engines, gpu } = options;
  const tools = await findTools(options);
  const work = openWork(engines, pins, options);
  try {
    checkRoom(work, pins, options);
    const sources = await fetchSources(pins.binding, tools.npm, work);
    const headers = await fetchSources(pins.headers, tools.npm, work);
    for (const wheel of pins.wheels) {
      if (existsSync(join(work.files, wheel.root))) continue;
      const path = await downloadWheel(wheel, tools.python, work);
      await unpackWheel(path, wheel, work);
      rmSync(path);
    }
    const tensorflow = join(work.files, 'tensorflow');
    await buildBinding({ sources, headers, tensorflow }, tools.compiler, work);
    work.onProgress({ step: 'trying the binding', done: 0, total: 0 });
    const tried = await (options.tryBinding ?? tryBinding)(join(work.files, bindingFile), options);
    const said = { tensorflow: pins.tensorflow, gpu, binding: bindingFile };
    writeWhole(join(work.files, installationFile), [`${JSON.stringify(said, undefined, 2)}\n`]);
    const place = join(engines, 'tensorflow');
    takeAway(place);
    renameSync(work.files, place);
    rmSync(work.folder, { recursive: true, force: true });
    return { ...tried, folder: place, bytes: sizeOf(place), isNew: true };
  } catch (e) {
    if (options.signal.aborted) throw e;
    throw diskFailure(e, work.folder, 'TensorFlow') ?? told(e, work.folder);
  } finally {
    rmSync(join(work.folder, 'attempts'), { recursive: true, force: true });
  }
}

/** What the file system says, in words. */
const told = (e: unknown, folder: string): unknown =>
  e instanceof Error && 'syscall' in e ? writeFailure(e, folder) : e;

/** Refuses before anything is fetched where it can't end well. */
function checkRoom({ folder, files }: Work, { wheels }: Pins, { freeBytes = freeBytesOf }: AddOptions): void {
  const open = wheels.filter(w => !existsSync(join(files, w.root)));
  const unpacked = open.reduce((sum, w) => sum + w.unpackedBytes, 0);
  // A wheel is deleted when it is unpacked, so one at a time lies there.
  const needs = unpacked + Math.max(0, ...open.map(w => w.bytes)) + 20_000_000;
  const free = freeBytes(folder);
  if (free < needs) throw failure('no-room', { folder, needs, free });
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
