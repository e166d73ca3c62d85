// What adding and removing an engine tells a user: codes, wording, the way out.

import { type Diagnostic, defineDiagnostics } from '../../base/diagnostic.ts';
import { bytes } from '../units.ts';

const again = 'then run the same command again: it goes on where this one stopped';

export const installDiagnostic = defineDiagnostics({
  'engine-built-in': {
    severity: 'error',
    message: (p: { name: string }) =>
      `the engine ${p.name} is a part of mmlang: it is neither added nor removed`,
    help: () => 'mm engines lists what can be added',
  },
  'engine-not-installed': {
    severity: 'error',
    message: (p: { name: string; folder: string }) => `the engine ${p.name} isn't installed in ${p.folder}`,
    help: () => 'another folder is named by the variable MMLANG_ENGINES',
  },
  'one-form': {
    severity: 'error',
    message: (p: { name: string }) => `the engine ${p.name} has one form, for every GPU`,
    help: (p: { name: string }) => `leave out --gpu: mm engines add ${p.name}`,
  },
  'no-engine-for-platform': {
    severity: 'error',
    message: (p: { name: string; platform: string; known: readonly string[] }) =>
      `there is no ${p.name} for ${p.platform}; there is for: ${p.known.join(', ')}`,
    help: (p: { otherwise: string }) => p.otherwise,
  },
  'engines-busy': {
    severity: 'error',
    message: (p: { folder: string; pid: number; host: string }) =>
      `another mm (process ${p.pid} on ${p.host}) is adding or removing an engine in ${p.folder}`,
    help: () => 'wait for it or stop it; if that machine is gone, delete the file `lock` in that folder',
  },
  'no-python': {
    severity: 'error',
    message: (p: { tried: readonly string[] }) =>
      `TensorFlow comes as a Python wheel, and there is no Python here to fetch it (tried ${p.tried.join(', ')})`,
    help: () =>
      `install Python 3 with pip, of any version (Debian: apt install python3-pip; macOS: brew install python), or name one in the variable MMLANG_PYTHON; ${again}`,
  },
  'no-pip': {
    severity: 'error',
    message: (p: { python: string }) => `${p.python} has no pip, which fetches the wheel of TensorFlow`,
    help: (p: { python: string }) =>
      `install it: ${p.python} -m ensurepip --upgrade (Debian: apt install python3-pip); ${again}`,
  },
  'no-npm': {
    severity: 'error',
    message: (_: object) => 'there is no npm here, which fetches what the engine is made of',
    help: () => `npm comes with Node: put the folder of its programs on the PATH; ${again}`,
  },
  'no-compiler': {
    severity: 'error',
    message: (p: { tried: readonly string[] }) =>
      `there is no C++ compiler here to build the binding with (tried ${p.tried.join(', ')})`,
    help: () =>
      `install one (Debian: apt install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install), or name one in the variable CXX; ${again}`,
  },
  'no-network': {
    severity: 'error',
    message: (p: { what: string; why: string }) => `can't fetch ${p.what}: ${p.why}`,
    help: () => `look to the network, and to the proxy or the index that pip and npm are set to; ${again}`,
  },
  'download-cut': {
    severity: 'error',
    message: (p: { what: string; why: string }) => `the download of ${p.what} was cut short: ${p.why}`,
    help: () => 'run the same command again: what is whole is kept',
  },
  'not-on-index': {
    severity: 'error',
    message: (p: { what: string; why: string }) => `the index doesn't have ${p.what}: ${p.why}`,
    help: () =>
      'take the index that has it: pip config list and npm config get registry show which are asked here',
  },
  'download-failed': {
    severity: 'error',
    message: (p: { what: string; tool: string; why: string }) =>
      `${p.tool} could not fetch ${p.what}: ${p.why}`,
    help: () => `mend what it says; ${again}`,
  },
  'hash-differs': {
    severity: 'error',
    message: (p: { what: string; wanted: string; got: string }) =>
      `${p.what} is not the one that mmlang knows: its hash is ${p.got} and should be ${p.wanted}; it was deleted`,
    help: () =>
      'it may be damaged or tampered with: run the same command again, from another network or index',
  },
  'archive-broken': {
    severity: 'error',
    message: (p: { what: string; why: string }) => `${p.what} can't be unpacked: ${p.why}`,
    help: () => 'run the same command again: it is fetched anew',
  },
  'no-room': {
    severity: 'error',
    message: (p: { folder: string; needs: number; free: number }) =>
      `${p.folder} has room for ${bytes(p.free)}, and ${bytes(p.needs)} are needed while installing`,
    help: () => `free some, or name a folder on another disk in the variable MMLANG_ENGINES; ${again}`,
  },
  'disk-filled': {
    severity: 'error',
    message: (p: { folder: string; what: string }) =>
      `no space left on the disk of ${p.folder} for ${p.what}`,
    help: () => `free some, or name a folder on another disk in the variable MMLANG_ENGINES; ${again}`,
  },
  'build-failed': {
    severity: 'error',
    message: (p: { compiler: string; why: string; log: string }) =>
      `${p.compiler} could not build the binding: ${p.why}; all that it said is in ${p.log}`,
    help: () =>
      `take a compiler that knows C++17 (GCC 9, Clang 10 or newer), named in the variable CXX; ${again}`,
  },
  'binding-fails': {
    severity: 'error',
    message: (p: { title: string; why: string }) => `${p.title} is fetched and doesn't load here: ${p.why}`,
    help: () => 'other engines run here: mm engines lists them',
  },
});

/** Carries diagnostics to the command line. */
export class InstallFailure extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(d => d.message).join('\n'));
    this.name = 'InstallFailure';
    this.diagnostics = diagnostics;
  }
}

type Make = Parameters<typeof installDiagnostic>;

/** A diagnostic of an installation; none concerns a place in a spec. */
export const fault = ((code, params) =>
  (installDiagnostic as (...a: readonly unknown[]) => Diagnostic)(code, params, {
    span: undefined,
  })) as Fault;

type Fault = <C extends Make[0]>(code: C, params: Parameters<typeof installDiagnostic<C>>[1]) => Diagnostic;

export const failure = ((code, params) => new InstallFailure([fault(code, params)])) as Failure;

type Failure = <C extends Make[0]>(
  code: C,
  params: Parameters<typeof installDiagnostic<C>>[1],
) => InstallFailure;
