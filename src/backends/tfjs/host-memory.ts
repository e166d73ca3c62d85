// Tensors of the backends `cpu` and `wasm` as typed arrays where they lie, for kernels that we register there.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DType } from '../../base/dtype.ts';
import type { StaticType } from '../node-query.ts';
import type { BackendName } from './packages.ts';

export type View = Float32Array | Int32Array | Uint8Array;

export interface HostMemory {
  allocate(type: StaticType): TensorInfo;
  /** Valid until something is allocated. */
  view(tensor: TensorInfo): View;
  free(tensor: TensorInfo): void;
}

export type TfDType = 'float32' | 'int32' | 'bool';

export function tfDType(dtype: DType): TfDType {
  switch (dtype) {
    case 'f32':
      return 'float32';
    case 'i32':
      return 'int32';
    case 'bool':
      return 'bool';
    case 'f16':
    case 'bf16':
      throw new Error(`engine tfjs computes in f32, i32 and bool, not in ${dtype}`);
    default:
      return dtype satisfies never;
  }
}

/** What we use of the backend `cpu`. */
interface CpuBackend {
  disposeData(id: object): boolean;
  readonly data: { get(id: object): { values?: unknown } };
  makeTensorInfo(shape: number[], dtype: TfDType, values: View): TensorInfo;
}

/** What we use of the backend `wasm`. */
interface WasmBackend {
  disposeData(id: object): boolean;
  makeOutput(shape: number[], dtype: TfDType): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): View;
}

export function hostMemory(name: BackendName, backend: object): HostMemory {
  switch (name) {
    case 'cpu': {
      const cpu = backend as CpuBackend;
      return {
        allocate: type => cpu.makeTensorInfo([...type.shape], tfDType(type.dtype), zeros(type)),
        view: tensor => {
          const { values } = cpu.data.get(tensor.dataId);
          if (values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array)
            return values;
          throw new Error(`a tensor of ${tensor.dtype} has no numbers`);
        },
        free: tensor => cpu.disposeData(tensor.dataId),
      };
    }
    case 'wasm': {
      const wasm = backend as WasmBackend;
      return {
        allocate: type => wasm.makeOutput([...type.shape], tfDType(type.dtype)),
        view: tensor => wasm.typedArrayFromHeap(tensor),
        free: tensor => wasm.disposeData(tensor.dataId),
      };
    }
    default:
      return name satisfies never;
  }
}

function zeros({ dtype, shape }: StaticType): View {
  const size = shape.reduce((n, d) => n * d, 1);
  const type = tfDType(dtype);
  if (type === 'float32') return new Float32Array(size);
  return type === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
