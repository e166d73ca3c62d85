// Our side of a benchmark in a process of its own. It reads the lines that the peers' host reads (bench/host.py) and
// answers as that does; `load FOLDER` writes there what the twins start from, and tells what was built.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Engine } from '../src/backends/engine.ts';
import type { HostTensor } from '../src/base/tensor.ts';
import { schedule } from '../src/compiler/schedule.ts';
import { createBuilder } from '../src/ir/builder.ts';
import { ops } from '../src/ops/registry.ts';
import { openEngine } from '../src/train/engines.ts';
import { memoryNow, peakMemory, resetPeak } from '../src/train/memory.ts';
import { version } from '../src/train/version.ts';
import type { Built, Memory, OurChoice, Side } from './benchmark.ts';
import { all } from './benchmarks.ts';

/** `here` is the bench folder. */
export async function main(choiceText: string, here: string): Promise<void> {
  // Written by bench/run.ts, from its own types.
  const choice = JSON.parse(choiceText) as OurChoice;
  const { engine } = await openEngine(choice.engine, version);
  const idle = await idleMemory(engine, choice.threads);
  let side: Side | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument = ''] = line.split(/ (.*)/);
    if (command === 'quit') break;
    if (command === 'load') {
      const { ours, built } = await load(choice, here, engine, argument);
      side = ours;
      memoryNow();
      resetPeak();
      answer(built);
    } else if (command === 'memory') answer({ peak: peakMemory(), idle } satisfies Memory);
    else if (command === 'run' && side !== undefined) answer(await side.run(Number(argument)));
    else throw new Error(`no command ${line}`);
  }
  await side?.close();
}

const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** What the process holds with its engine loaded, which has done a little and keeps nothing. */
async function idleMemory(engine: Engine, threads: number): Promise<number> {
  const b = createBuilder('idle', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [8, 8] });
  b.output(
    'y',
    'fetch',
    b.one('dot_general', [x, x], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }),
  );
  const session = await engine.open(new Map([['idle', schedule(b.finish(), engine.target, [])]]), {
    threads,
  });
  await session.run(
    'idle',
    new Map([['x', { dtype: 'f32', shape: [8, 8], data: new Float32Array(64) } as const]]),
  );
  await session.close();
  return memoryNow();
}

/** Keeps nothing of what the twins are given. */
async function load(
  { name, threads, timed, small, memory }: OurChoice,
  here: string,
  engine: Engine,
  folder: string,
): Promise<{ readonly ours: Side; readonly built: Built }> {
  const benchmark = all.find(b => b.name === name);
  if (benchmark === undefined) throw new Error(`no benchmark ${name}`);
  const start = await benchmark.start({ here, engine, threads, timed, small, memory });
  writeTensors(folder, start.tensors);
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(start.settings));
  return { ours: start.ours, built: start.built };
}

function writeTensors(folder: string, tensors: ReadonlyMap<string, HostTensor>): void {
  const index: Record<string, { dtype: string; shape: readonly number[]; offset: number }> = {};
  const file = join(folder, 'tensors.bin');
  let offset = 0;
  writeFileSync(file, '');
  for (const [name, { dtype, shape, data }] of tensors) {
    index[name] = { dtype, shape, offset };
    writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), { flag: 'a' });
    offset += data.byteLength;
  }
  writeFileSync(join(folder, 'tensors.json'), JSON.stringify(index));
}
