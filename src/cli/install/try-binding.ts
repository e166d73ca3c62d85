// The binding loaded once in a process of its own: whether it loads on this machine, and finds a GPU.

import { failure } from './diagnostics.ts';
import { reasonIn, runTool } from './run-tool.ts';

export interface Tried {
  readonly version: string;
  readonly gpu: boolean;
  /** What TensorFlow says about the GPU that it doesn't use. */
  readonly why: string | undefined;
}

const program = `
const binding = require(process.argv[1]);
console.log(JSON.stringify({ version: binding.TF_Version, gpu: binding.isUsingGpuDevice() }));
`;

export async function tryBinding(
  path: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Tried> {
  const outcome = await runTool(process.execPath, ['-e', program, path], {
    env: { ...env, TF_CPP_MIN_LOG_LEVEL: '0' },
    signal,
  });
  const [line] = outcome.out.split('\n').filter(l => l.startsWith('{'));
  if (outcome.code === 0 && line !== undefined) {
    const said = JSON.parse(line) as { version: string; gpu: boolean };
    return { ...said, why: gpuReason(outcome.err) };
  }
  const why =
    outcome.signal === 'SIGILL'
      ? 'this processor lacks instructions that it is built for (AVX)'
      : reasonIn(outcome);
  throw failure('binding-fails', { why });
}

function gpuReason(said: string): string | undefined {
  const line = said.split('\n').findLast(l => /cuda|GPU|cudnn|nvidia/i.test(l));
  return line?.replace(/^.*?\.cc:\d+\] /, '').trim();
}
