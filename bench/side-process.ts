// A side of a benchmark as a subprocess, ours or a peer's, that runs as many steps as it is told on a line of its
// standard input and answers in JSON. Its memory is what that process holds, and nothing else runs in it.

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Memory, Peer, Side, Steps } from './benchmark.ts';

const python = process.env.MMLANG_PYTHON ?? 'python3';

/** What a peer must be able to import, and the folder of bench whose library.py drives it. */
const libraries = {
  pytorch: { folder: 'torch', says: 'import torch; print(torch.__version__)', needs: 'PyTorch' },
  jax: {
    folder: 'jax',
    says: 'import optax, jax; print(jax.__version__)',
    needs: 'JAX and Optax (pip install "jax[cpu]" optax)',
  },
  onnxruntime: {
    folder: 'onnxruntime',
    says: 'import torch, onnxscript, onnxruntime; print(onnxruntime.__version__)',
    needs: 'ONNX Runtime, PyTorch and ONNX Script (pip install onnxruntime onnxscript)',
  },
} as const satisfies Record<string, { folder: string; says: string; needs: string }>;

type Library = keyof typeof libraries;

/** `pytorch eager f32` is the library and the mode in which it runs. */
function partsOf(peer: Peer): { readonly library: Library; readonly mode: string } {
  const space = peer.indexOf(' ');
  const name = peer.slice(0, space);
  const library = (Object.keys(libraries) as Library[]).find(l => l === name);
  if (library === undefined) throw new Error(`no library ${name}`);
  return { library, mode: peer.slice(space + 1) };
}

/** The peer with its library's version, or why it can't be used. */
export function peerVersion(peer: Peer): { readonly name: string } | { readonly missing: string } {
  const { library, mode } = partsOf(peer);
  const { says, needs } = libraries[library];
  const found = spawnSync(python, ['-c', says], { encoding: 'utf8' });
  if (found.error !== undefined) return { missing: `${python} does not start (${found.error.message})` };
  if (found.status !== 0) return { missing: `${python} lacks ${needs}; MMLANG_PYTHON names another` };
  return { name: `${library} ${found.stdout.trim()} ${mode}` };
}

export interface SideProcess extends Side {
  /** Reads what lies in a folder and makes ready to run. */
  load(folder: string): Promise<unknown>;
  /** Undefined where the system doesn't say. */
  memory(): Promise<Memory | undefined>;
}

/** Our side; `here` is the bench folder. */
export const startOurs = (here: string, choice: Readonly<Record<string, unknown>>): SideProcess =>
  start('our side', process.execPath, [join(here, 'ours.mjs'), JSON.stringify(choice)], {});

/** The twin of a benchmark. */
export function startPeer(here: string, peer: Peer, twin: string, threads: number): SideProcess {
  const { folder } = libraries[partsOf(peer).library];
  return start(
    `the twin ${twin} in ${peer}`,
    python,
    [join(here, 'host.py'), folder, twin, String(threads)],
    {
      OMP_NUM_THREADS: String(threads),
      PYTHONDONTWRITEBYTECODE: '1',
      MMLANG_PEER_MODE: partsOf(peer).mode,
    },
  );
}

function start(
  what: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): SideProcess {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: string): Promise<unknown> => {
    child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${what} ended at "${command}"`);
    return JSON.parse(value);
  };
  return {
    load: folder => ask(`load ${folder}`),
    async run(steps) {
      const answer = await ask(`run ${steps}`);
      if (!isSteps(answer)) throw new Error(`${what} answered ${JSON.stringify(answer)}`);
      return answer;
    },
    async memory() {
      const answer = await ask('memory');
      return isMemory(answer) ? answer : undefined;
    },
    async close() {
      const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
      child.stdin.end('quit\n');
      await ended;
    },
  };
}

function isSteps(answer: unknown): answer is Steps {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'seconds' in answer &&
    Array.isArray(answer.seconds) &&
    'losses' in answer &&
    Array.isArray(answer.losses)
  );
}

const isMemory = (answer: unknown): answer is Memory =>
  typeof answer === 'object' &&
  answer !== null &&
  'peak' in answer &&
  typeof answer.peak === 'number' &&
  'idle' in answer &&
  typeof answer.idle === 'number';
