// What an installation of TensorFlow is made of: wheels and packages with their hashes. Everything that is fetched is
// named here, and nothing else is taken.

import type { PackagePin } from './fetch-package.ts';

/** One wheel of the package index, and what is taken out of it. */
export interface WheelPin {
  readonly package: string;
  readonly version: string;
  /** The platform tag of its name: manylinux_2_27_x86_64. */
  readonly tag: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The folder that its members lie in, and come to lie in. */
  readonly root: string;
  /** Members; one that ends in / is a folder with all that is in it. */
  readonly members: readonly string[];
  /** Of the members, unpacked. */
  readonly unpackedBytes: number;
}

export interface Pins {
  readonly tensorflow: string;
  readonly wheels: readonly WheelPin[];
  /** The sources of the binding, and the headers of Node-API, whose binary interface is the same in every Node. */
  readonly binding: PackagePin;
  readonly headers: PackagePin;
}

const tensorflow = '2.21.0';

export const bindingPins = {
  binding: {
    package: '@tensorflow/tfjs-node',
    version: '4.22.0',
    integrity:
      'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
    bytes: 228_166,
    members: ['binding/'],
  },
  headers: {
    package: 'node-api-headers',
    version: '1.9.0',
    integrity:
      'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
    bytes: 16_974,
    members: ['include/'],
  },
} as const satisfies Pick<Pins, 'binding' | 'headers'>;

/** Every header that the binding's sources reach. */
const headers = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/c_api_macros.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/c/tf_attrtype.h',
  'tensorflow/c/tf_buffer.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/c/tf_tstring.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
].map(h => `tensorflow/include/${h}`);

export const tensorflowLibraries = (platform: NodeJS.Platform): readonly string[] =>
  platform === 'darwin'
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

type Row = Pick<WheelPin, 'package' | 'tag' | 'sha256' | 'bytes' | 'unpackedBytes'>;

const wheel = (row: Row): WheelPin => ({
  ...row,
  version: tensorflow,
  root: 'tensorflow',
  members: [
    ...tensorflowLibraries(row.tag.startsWith('macosx') ? 'darwin' : 'linux').map(l => `tensorflow/${l}`),
    ...headers,
  ],
});

/** By platform. From PyPI, for CPython 3.11; nothing of Python is taken. */
const onCpu: Readonly<Record<string, readonly WheelPin[]>> = {
  'linux x64': [
    wheel({
      package: 'tensorflow-cpu',
      tag: 'manylinux_2_27_x86_64',
      sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      bytes: 273_829_956,
      unpackedBytes: 853_500_000,
    }),
  ],
  'linux arm64': [
    wheel({
      package: 'tensorflow',
      tag: 'manylinux_2_27_aarch64',
      sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
      bytes: 281_828_020,
      unpackedBytes: 883_300_000,
    }),
  ],
  'macOS arm64': [
    wheel({
      package: 'tensorflow',
      tag: 'macosx_12_0_arm64',
      sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
      bytes: 223_405_849,
      unpackedBytes: 741_000_000,
    }),
  ],
};

const onCuda: Readonly<Record<string, readonly WheelPin[]>> = {
  'linux x64': [
    wheel({
      package: 'tensorflow',
      tag: 'manylinux_2_27_x86_64',
      sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      bytes: 572_440_367,
      unpackedBytes: 1_259_200_000,
    }),
  ],
};

export const pinnedPlatforms = (gpu: boolean): readonly string[] => Object.keys(gpu ? onCuda : onCpu);

/** What is installed on a platform; undefined where there is no wheel for it. */
export function pinsFor(platform: string, gpu: boolean): Pins | undefined {
  const table = gpu ? onCuda : onCpu;
  const wheels = Object.hasOwn(table, platform) ? table[platform] : undefined;
  return wheels === undefined ? undefined : { tensorflow, wheels, ...bindingPins };
}

/** The file name of a wheel. */
export const wheelFile = (w: WheelPin): string =>
  `${w.package.replaceAll('-', '_')}-${w.version}-cp311-cp311-${w.tag}.whl`;
