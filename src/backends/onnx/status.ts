// What `mm engines` says of this engine, read from the installed package's files without loading native code.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EngineStatus } from '../engine.ts';

const about = 'ONNX Runtime on the CPU, a part of mmlang';
const add = 'npm install onnxruntime-node';

export async function onnxStatus(): Promise<EngineStatus> {
  const missing = { ready: false, version: undefined, about, add };
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  } catch {
    return missing;
  }
  const folder = dirname(dirname(entry));
  const binary = join(folder, 'bin', 'napi-v6', process.platform, process.arch, 'onnxruntime_binding.node');
  const version = versionOf(join(folder, 'package.json'));
  return existsSync(binary) ? { ready: true, version, about, add: undefined } : { ...missing, version };
}

function versionOf(file: string): string | undefined {
  const described: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof described !== 'object' || described === null || !('version' in described)) return undefined;
  return typeof described.version === 'string' ? described.version : undefined;
}
