// Dawn loaded once before it is installed. A machine on which it finds no device may get one.

import { type Probe, probeArguments, readProbe } from '../../backends/webgpu/probe.ts';
import { failure } from './diagnostics.ts';
import { reasonIn, runTool } from './run-tool.ts';

export async function tryDawn(
  path: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Probe> {
  const outcome = await runTool(process.execPath, probeArguments(path), { env, signal });
  // A driver may end the process after all was said.
  const probe = readProbe(outcome.out, outcome.err);
  if (probe !== undefined) return probe;
  throw failure('binding-fails', { title: 'WebGPU', why: reasonIn(outcome) });
}
