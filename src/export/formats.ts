// Formats by name; each is loaded only when it is asked for.

import { nearestName } from '../base/nearest-name.ts';
import { failure } from '../train/diagnostics.ts';
import type { ExportFormat } from './format.ts';

const makers: Readonly<Record<string, () => Promise<ExportFormat>>> = {
  onnx: async () => (await import('./onnx-format.ts')).onnxFormat,
  savedmodel: async () => (await import('./saved-model-format.ts')).savedModelFormat,
  tfjs: async () => (await import('./tfjs-format.ts')).tfjsFormat,
};

export const formatNames: readonly string[] = Object.keys(makers);

export async function formatNamed(name: string): Promise<ExportFormat> {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined)
    throw failure('unknown-format', { name, known: formatNames, nearest: nearestName(name, formatNames) });
  return make();
}
