// An .onnx file run by ONNX Runtime as any program would: only its named inputs and outputs are known.

import type * as Ort from 'onnxruntime-node';
import type { HostTensor } from '../../base/tensor.ts';
import { fromOrt, toOrt } from './tensors.ts';

export interface OpenFile {
  readonly run: (inputs: ReadonlyMap<string, HostTensor>) => Promise<ReadonlyMap<string, HostTensor>>;
  readonly close: () => Promise<void>;
}

export async function openFile(path: string): Promise<OpenFile> {
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(path, {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
  });
  return {
    async run(inputs) {
      const given = new Map([...inputs].map(([name, tensor]) => [name, toOrt(ort, tensor)]));
      const results = await session.run(Object.fromEntries(given));
      return new Map(Object.entries(results).map(([name, tensor]) => [name, hostTensor(tensor)]));
    },
    close: () => session.release(),
  };
}

const dtypes = { float32: 'f32', int32: 'i32', bool: 'bool' } as const;

function hostTensor(tensor: Ort.Tensor): HostTensor {
  const dtype = Object.entries(dtypes).find(([name]) => name === tensor.type)?.[1];
  if (dtype === undefined) throw new Error(`the file gives ${tensor.type}`);
  return fromOrt(tensor, { dtype, shape: tensor.dims });
}
