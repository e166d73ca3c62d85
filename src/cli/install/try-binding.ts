// The binding loaded once before it is installed.

import { type Probe, probeArguments, probeEnvironment, readProbe } from '../../backends/tensorflow/probe.ts';
import { failure } from './diagnostics.ts';
import { reasonIn, runTool } from './run-tool.ts';

export async function tryBinding(
  path: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Probe> {
  const outcome = await runTool(process.execPath, probeArguments(path), {
    env: { ...env, ...probeEnvironment },
    signal,
  });
  const probe = outcome.code === 0 ? readProbe(outcome.out, outcome.err) : undefined;
  if (probe !== undefined) return probe;
  const why =
    outcome.signal === 'SIGILL'
      ? 'this processor lacks instructions that it is built for (AVX)'
      : reasonIn(outcome);
  throw failure('binding-fails', { title: 'TensorFlow', why });
}
