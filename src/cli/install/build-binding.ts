// The native binding, built against the libraries of the wheel. Node-API needs nothing of the running Node but its
// headers, so the compiler is called once, without a build system.

import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from './diagnostics.ts';
import { reasonIn, runTool } from './run-tool.ts';
import { tensorflowLibraries } from './tensorflow-pins.ts';
import type { Command } from './tools.ts';
import type { Work } from './work.ts';

export const bindingFile = 'tfjs_binding.node';

/** Where its sources, the headers of Node-API and the tensorflow folder of the wheel lie. */
interface Inputs {
  readonly sources: string;
  readonly headers: string;
  readonly tensorflow: string;
}

export async function buildBinding(inputs: Inputs, compiler: Command, work: Work): Promise<void> {
  const place = join(work.files, bindingFile);
  if (existsSync(place)) return;
  work.onProgress({ step: 'building the binding', done: 0, total: 0 });
  const made = join(work.attempt(), bindingFile);
  const [command, ...args] = compiler;
  const outcome = await runTool(command, [...args, ...compilerArguments(inputs, made)], work);
  if (outcome.code !== 0 || !existsSync(made)) {
    const log = join(work.folder, 'build.log');
    await writeFile(log, `${outcome.out}${outcome.err}`);
    const said = /(?:fatal )?error: .*/.exec(`${outcome.err}\n${outcome.out}`)?.[0];
    throw failure('build-failed', { compiler: compiler.join(' '), why: said ?? reasonIn(outcome), log });
  }
  await rename(made, place);
}

function compilerArguments({ sources, headers, tensorflow }: Inputs, made: string): readonly string[] {
  const isMac = process.platform === 'darwin';
  return [
    ...['-std=c++17', '-O2', '-fPIC', '-DNAPI_VERSION=8'],
    // Symbols of Node-API are those of the process that loads the binding.
    ...(isMac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...[`-I${headers}`, `-I${join(tensorflow, 'include')}`],
    ...['-o', made],
    ...readdirSync(sources)
      .filter(f => f.endsWith('.cc'))
      .sort()
      .map(f => join(sources, f)),
    ...tensorflowLibraries(process.platform).map(l => join(tensorflow, l)),
    `-Wl,-rpath,${isMac ? '@loader_path' : '$ORIGIN'}/tensorflow`,
  ];
}
