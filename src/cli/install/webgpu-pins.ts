// What an installation of WebGPU is made of: one package of npm, which holds Dawn for all platforms, and of it what is
// this platform's.

import type { PackagePin } from './fetch-package.ts';

export interface WebgpuPins {
  readonly package: PackagePin;
  /** Of the members, unpacked. */
  readonly unpackedBytes: number;
}

interface Build {
  /** The platform's folder in the package. */
  readonly folder: string;
  readonly unpackedBytes: number;
}

const builds: Readonly<Record<string, Build>> = {
  'linux x64': { folder: 'linux-x64', unpackedBytes: 21_527_904 },
  'linux arm64': { folder: 'linux-arm64', unpackedBytes: 19_644_608 },
  'macOS x64': { folder: 'darwin-universal', unpackedBytes: 21_882_600 },
  'macOS arm64': { folder: 'darwin-universal', unpackedBytes: 21_882_600 },
  // With the compilers of Direct3D, and their licences.
  'win32 x64': { folder: 'win32-x64', unpackedBytes: 34_236_746 },
  'win32 arm64': { folder: 'win32-arm64', unpackedBytes: 40_172_322 },
};

export const webgpuPlatforms: readonly string[] = Object.keys(builds);

/** What is installed on a platform; undefined where Dawn isn't built for it. */
export function webgpuPinsFor(platform: string): WebgpuPins | undefined {
  const build = Object.hasOwn(builds, platform) ? builds[platform] : undefined;
  if (build === undefined) return undefined;
  return {
    package: {
      package: 'webgpu',
      version: '0.6.2',
      integrity:
        'sha512-3L4GfmqJLvYUIEWJngEQY+2HQiUlAFkg8+P8NDDj3Xx5hHHIFO/r8JW+ynfqBj7kHN4mbnwO74uB+lrRtLhp4Q==',
      bytes: 51_264_151,
      members: [`dist/${build.folder}/`, 'LICENSE.md'],
    },
    unpackedBytes: build.unpackedBytes,
  };
}
