// pip, npm and a compiler that do as they are told, on a PATH of their own; a wheel of a few bytes; pins that fit both.

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { crc32 } from 'node:zlib';
import { createTarGzip } from 'nanotar';
import type { AddOptions } from '../../../src/cli/install/add-tensorflow.ts';
import type { AddWebgpuOptions } from '../../../src/cli/install/add-webgpu.ts';
import type { PackagePin } from '../../../src/cli/install/fetch-package.ts';
import { type Pins, type WheelPin, wheelFile } from '../../../src/cli/install/tensorflow-pins.ts';
import type { WebgpuPins } from '../../../src/cli/install/webgpu-pins.ts';
import type { Progress } from '../../../src/cli/install/work.ts';

/** Files in a zip archive, stored as they are. */
export function zip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, path]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

const libraries = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'];
const members = [...libraries, 'tensorflow/include/tensorflow/c/c_api.h'];

/** How npm is to fare: ok, or one of its misfortunes. */
export type NpmFate = 'ok' | 'cut' | 'offline' | 'full' | 'absent' | 'other' | 'hang';

/** How pip is. */
export type Fate = 'ok' | 'cut' | 'invalid' | 'offline' | 'full' | 'absent' | 'other' | 'torn' | 'hang';

const python = (folder: string): string => `#!/bin/sh
PATH=/usr/bin:/bin
case "$*" in
  --version) exit 0 ;;
  "-m pip --version") test -e ${folder}/no-pip && exit 1; exit 0 ;;
esac
echo "pip $*" >> ${folder}/calls
while test $# -gt 1; do test "$1" = --dest && dest=$2; shift; done
case "$(cat ${folder}/pip)" in
  ok) cp ${folder}/index/*.whl "$dest" ;;
  other) for w in ${folder}/index/*.whl; do cp "$w" "$dest"; echo more >> "$dest/$(basename $w)"; done ;;
  torn) : > "$dest/$(basename ${folder}/index/*.whl)" ;;
  cut) echo half > "$TMPDIR/part.whl"
    echo "urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(5 bytes read)')" >&2; exit 2 ;;
  offline) echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError('Cannot connect to proxy.', NewConnectionError('<pip._vendor.urllib3 object at 0x1>: Failed to establish a new connection: [Errno 111] Connection refused'))': /simple/tensorflow-cpu/" >&2
    echo "ERROR: Could not find a version that satisfies the requirement" >&2; exit 1 ;;
  invalid) echo "ERROR: Wheel 'tensorflow-cpu' located at /tmp/pip-unpack/tensorflow_cpu.whl is invalid." >&2; exit 1 ;;
  full) echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device" >&2; exit 1 ;;
  absent) echo "ERROR: No matching distribution found for tensorflow-cpu==2.21.0" >&2; exit 1 ;;
  hang) echo half > "$TMPDIR/part.whl"; sleep 600 & echo $! > ${folder}/hanging; wait ;;
esac
`;

const fakeNpm = (folder: string): string => `#!/bin/sh
PATH=/usr/bin:/bin
test "$1" = --version && exit 0
echo "npm $*" >> ${folder}/calls
for a; do last=$a; done
case "$last" in
  webgpu*) file=webgpu ;;
  *tfjs-node*) file=binding ;;
  *) file=headers ;;
esac
case "$(cat ${folder}/npm)" in
  ok) cp ${folder}/index/$file.tgz . ;;
  other) cp ${folder}/index/$file.tgz .; echo more >> $file.tgz ;;
  cut) echo half > "$npm_config_cache-part"
    echo "npm error code ERR_STREAM_PREMATURE_CLOSE" >&2
    echo "npm error Invalid response body while trying to fetch the archive: Premature close" >&2; exit 1 ;;
  offline) echo "npm error code ENOTFOUND" >&2; exit 1 ;;
  full) echo "npm error code ENOSPC" >&2; exit 1 ;;
  absent) echo "npm error code ETARGET" >&2; echo "npm error notarget No matching version found for $last." >&2; exit 1 ;;
  hang) echo half > part; sleep 600 & echo $! > ${folder}/hanging; wait ;;
esac
`;

const compiler = (folder: string): string => `#!/bin/sh
PATH=/usr/bin:/bin
test "$1" = --version && exit 0
echo "c++ $*" >> ${folder}/calls
test -e ${folder}/bad-compiler && { echo "binding.cc:1:1: fatal error: no C++17 here" >&2; echo more >&2; exit 1; }
while test $# -gt 1; do test "$1" = -o && made=$2; shift; done
echo built > "$made"
`;

export interface Fakes {
  readonly engines: string;
  readonly place: string;
  readonly options: AddOptions;
  readonly steps: readonly string[];
  readonly pins: Pins;
  readonly webgpu: AddWebgpuOptions & { readonly pins: WebgpuPins };
  /** Every call but those that ask for a version. */
  readonly calls: () => readonly string[];
  readonly pip: (fate: Fate) => void;
  readonly npm: (fate: NpmFate) => void;
  /** Makes or removes a file that a fake looks for: no-pip, bad-compiler. */
  readonly flag: (name: string, is: boolean) => void;
  /** Takes a program off the PATH. */
  readonly without: (name: string) => void;
  /** The process that a hanging pip or npm has started; undefined until it has. */
  readonly hanging: () => number | undefined;
}

export async function fakes(): Promise<Fakes> {
  const folder = mkdtempSync(join(tmpdir(), 'engines-'));
  const [bin, index, engines] = ['bin', 'index', 'engines'].map(n => join(folder, n)) as [
    string,
    string,
    string,
  ];
  for (const f of [bin, index]) mkdirSync(f);
  for (const [name, text] of [
    ['python3', python(folder)],
    ['npm', fakeNpm(folder)],
    ['c++', compiler(folder)],
  ] as const) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  const archive = zip({
    ...Object.fromEntries(members.map(m => [m, `the text of ${m}\n`])),
    'tensorflow/python/eager.py': 'not needed',
  });
  const wheel: WheelPin = {
    package: 'tensorflow-cpu',
    version: '2.21.0',
    tag: 'manylinux_2_27_x86_64',
    sha256: createHash('sha256').update(archive).digest('hex'),
    bytes: archive.length,
    root: 'tensorflow',
    members,
    unpackedBytes: 100,
  };
  writeFileSync(join(index, wheelFile(wheel)), archive);
  const pack = async (
    file: string,
    pin: Pick<PackagePin, 'package' | 'version' | 'members'>,
    ...names: readonly string[]
  ) => {
    const tgz = await createTarGzip([
      ...names.map(name => ({ name: `package/${name}`, data: `// ${posix.basename(name)}\n` })),
      { name: 'package/scripts/install.js', data: 'process.exit(1)' },
    ]);
    writeFileSync(join(index, file), tgz);
    const integrity = `sha512-${createHash('sha512').update(tgz).digest('base64')}`;
    return { ...pin, integrity, bytes: tgz.length };
  };
  const pins: Pins = {
    tensorflow: '2.21.0',
    wheels: [wheel],
    binding: await pack(
      'binding.tgz',
      { package: '@tensorflow/tfjs-node', version: '4.22.0', members: ['binding/'] },
      'binding/tfjs_binding.cc',
    ),
    headers: await pack(
      'headers.tgz',
      { package: 'node-api-headers', version: '1.9.0', members: ['include/'] },
      'include/node_api.h',
    ),
  };
  const webgpu: WebgpuPins = {
    package: await pack(
      'webgpu.tgz',
      { package: 'webgpu', version: '0.6.2', members: ['dist/linux-x64/', 'LICENSE.md'] },
      ...['dist/linux-x64/dawn.node', 'dist/linux-x64/deeper/dawn.txt', 'dist/win32-x64/dawn.node'],
      ...['LICENSE.md', 'index.js', 'package.json'],
    ),
    unpackedBytes: 100,
  };
  const steps: string[] = [];
  const pip = (fate: Fate): void => writeFileSync(join(folder, 'pip'), fate);
  const npm = (fate: NpmFate): void => writeFileSync(join(folder, 'npm'), fate);
  pip('ok');
  npm('ok');
  const common = {
    engines,
    env: { PATH: bin },
    signal: new AbortController().signal,
    onProgress: ({ step }: Progress) => {
      if (steps.at(-1) !== step) steps.push(step);
    },
    platform: 'linux x64',
  };
  return {
    engines,
    place: join(engines, 'tensorflow'),
    pins,
    steps,
    webgpu: {
      ...common,
      pins: webgpu,
      tryDawn: async () => ({ adapter: { name: 'Some GPU', isSoftware: false }, why: undefined }),
    },
    options: {
      ...common,
      gpu: false,
      pins,
      tryBinding: async () => ({ version: '2.21.0', gpu: false, why: undefined }),
    },
    pip,
    npm,
    calls: () => {
      const log = join(folder, 'calls');
      return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
    },
    flag: (name, is) => {
      if (is) writeFileSync(join(folder, name), '');
      else rmSync(join(folder, name), { force: true });
    },
    without: name => rmSync(join(bin, name)),
    hanging: () => {
      const file = join(folder, 'hanging');
      const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
      return text === '' ? undefined : Number(text);
    },
  };
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that has ended and that nobody has asked for yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
