// Dawn loaded in a process of its own: whether it loads on this machine, and which device it would run on.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Installation } from './installation.ts';

/** A device that WebGPU may use, as its driver calls it. */
export interface Adapter {
  readonly name: string;
  /** A processor that does a GPU's work. */
  readonly isSoftware: boolean;
}

export interface Probe {
  /** undefined where there is none. */
  readonly adapter: Adapter | undefined;
  /** Why there is none, in Dawn's words, where it has any. */
  readonly why: string | undefined;
}

/** Arguments for Node that print what `readProbe` reads. */
export const probeArguments = (binding: string): readonly string[] => [
  '-e',
  `const { create } = require(process.argv[1]);
const gpu = create([]);
(async () => {
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return { adapter: null };
  const { description, device, vendor, isFallbackAdapter } = adapter.info;
  (await adapter.requestDevice()).destroy();
  return { adapter: { name: description || device || vendor, isSoftware: isFallbackAdapter } };
})().then(
  said => console.log(JSON.stringify(said)),
  e => console.log(JSON.stringify({ adapter: null, why: String(e.message) })),
);`,
  binding,
];

/** undefined where Dawn didn't load. */
export function readProbe(out: string, err: string): Probe | undefined {
  const line = out.split('\n').find(l => l.startsWith('{'));
  if (line === undefined) return undefined;
  const { adapter, why } = JSON.parse(line) as { adapter: Adapter | null; why?: string };
  return adapter === null ? { adapter: undefined, why: why ?? warningIn(err) } : { adapter, why: undefined };
}

/** `Warning: Couldn't load Vulkan: libvulkan.so.1: …`; the first tells what lacks. */
const warningIn = (log: string): string | undefined => /^Warning: (.*)$/m.exec(log)?.[1]?.trim();

/** What is missing on a machine where WebGPU finds no device, and what then. */
export function withoutAdapter(
  { why }: Pick<Probe, 'why'>,
  platform: NodeJS.Platform = process.platform,
): string {
  const said = why === undefined ? '' : `, and says: ${why}`;
  return `WebGPU finds no device here${said}. ${drivers(platform)}; until then take another engine: mm engines lists them`;
}

/** What an installation makes do with, or lacks; undefined where it has a GPU, and where it doesn't load. */
export async function withoutGpu({ folder, binding }: Installation): Promise<string | undefined> {
  const child = spawn(process.execPath, probeArguments(join(folder, binding)), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  for (const name of ['out', 'err'] as const)
    (name === 'out' ? child.stdout : child.stderr).setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const probe = readProbe(said.out, said.err);
  if (probe === undefined) return undefined;
  const { adapter } = probe;
  if (adapter === undefined) return withoutAdapter(probe);
  return adapter.isSoftware
    ? `WebGPU runs on ${adapter.name}, a driver that does a GPU's work on the processor, slowly`
    : undefined;
}

function drivers(platform: NodeJS.Platform): string {
  switch (platform) {
    case 'darwin':
      return 'It needs a GPU that Metal knows';
    case 'win32':
      return 'It needs a GPU with a driver for Direct3D 12';
    default:
      return "It needs Vulkan: its loader and the GPU's driver (Debian: apt install libvulkan1 mesa-vulkan-drivers, which also has a slow one for machines without a GPU; NVIDIA: the driver's own)";
  }
}
