// The command `npm run fuzz`: made-up and mutated texts through the checker, the formatter and the compiler. What
// hangs is ended by a watchdog in another thread, which names the input.

import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { openInputs } from './fuzz/corpus.ts';
import { drawOf } from './fuzz/draw.ts';
import { inputOf } from './fuzz/mutate.ts';
import { survive } from './fuzz/survive.ts';

const usage = `npm run fuzz -- [--inputs N] [--seed N] [--only N] [--lower SHARE] [--limit SECONDS]

  --inputs N       how many inputs (10000)
  --seed N         what they are made from, beside their numbers (1)
  --from N         the first one (0)
  --only N         one input, shown
  --lower SHARE    of what is right, how much is lowered (0.1)
  --limit SECONDS  for one input (20)
  --slow SECONDS   inputs that take longer are shown (5)
`;

interface Options {
  readonly inputs: number;
  readonly seed: number;
  readonly from: number;
  readonly only: number | undefined;
  readonly lower: number;
  readonly limit: number;
  readonly slow: number;
}

/** `root` is the repository. Returns the exit code. */
export async function main(args: readonly string[], root: string): Promise<number> {
  const options = read(args);
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const inputs = openInputs(root);
  const make = (i: number) => {
    const draw = drawOf(options.seed, i);
    return { ...inputOf(inputs.corpus, draw), lower: draw.chance(options.lower) };
  };
  if (options.only !== undefined) {
    const { kind, text } = make(options.only);
    process.stdout.write(`${text}\n`);
    process.stdout.write(`${JSON.stringify({ kind, ...survive(text, inputs.read, true) }, undefined, 2)}\n`);
    return 0;
  }
  const watch = watchdog(options.limit);
  const reached: Record<string, number> = {};
  const slowest: { readonly input: number; readonly milliseconds: number }[] = [];
  let faults = 0;
  const started = performance.now();
  for (let i = options.from; i < options.from + options.inputs; i++) {
    watch.begin(i);
    const { kind, text, lower } = make(i);
    const found = survive(text, inputs.read, lower);
    const key = `${kind} ${found.reached}`;
    reached[key] = (reached[key] ?? 0) + 1;
    if (found.fault !== undefined) {
      faults++;
      process.stdout.write(`input ${i} (${kind}): ${found.fault}\n`);
    }
    if (found.milliseconds > 1000 * options.slow)
      process.stdout.write(`input ${i} (${kind}) took ${Math.round(found.milliseconds)} ms:\n${text}\n`);
    slowest.push({ input: i, milliseconds: Math.round(found.milliseconds) });
    if (slowest.length > 200) keepSlowest(slowest);
  }
  watch.end();
  keepSlowest(slowest);
  const seconds = Math.round((performance.now() - started) / 1000);
  const sorted = Object.fromEntries(Object.entries(reached).sort(([a], [b]) => (a < b ? -1 : 1)));
  process.stdout.write(
    `${JSON.stringify({ inputs: options.inputs, seed: options.seed, faults, seconds, reached: sorted, slowest: slowest.slice(0, 5) }, undefined, 2)}\n`,
  );
  return faults === 0 ? 0 : 1;
}

function keepSlowest(list: { readonly input: number; readonly milliseconds: number }[]): void {
  list.sort((a, b) => b.milliseconds - a.milliseconds);
  list.length = Math.min(list.length, 5);
}

/** A thread that ends the process where one input takes more of the processor than the limit: others may run beside it. */
function watchdog(limit: number) {
  const state = new Float64Array(new SharedArrayBuffer(16));
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads');
    const [state, limit] = [workerData.state, workerData.limit];
    const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
    setInterval(() => {
      if (state[1] > 0 && used() - state[1] > limit * 1000) {
        require('node:fs').writeSync(1, 'input ' + state[0] + ' hangs\\n');
        process.kill(process.pid, 'SIGKILL');
      }
    }, 500);`,
    { eval: true, workerData: { state, limit } },
  );
  return {
    begin: (input: number): void => {
      state[0] = input;
      const { user, system } = process.cpuUsage();
      state[1] = (user + system) / 1000;
    },
    end: (): void => {
      state[1] = 0;
      void worker.terminate();
    },
  };
}

function read(args: readonly string[]): Options | undefined {
  try {
    const number = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        inputs: number,
        seed: number,
        from: number,
        only: number,
        lower: number,
        limit: number,
        slow: number,
      },
    });
    const of = (text: string | undefined, otherwise: number): number => {
      const value = text === undefined ? otherwise : Number(text);
      if (!Number.isFinite(value) || value < 0) throw new Error(`${text} is no number`);
      return value;
    };
    return {
      inputs: of(values.inputs, 10_000),
      seed: of(values.seed, 1),
      from: of(values.from, 0),
      only: values.only === undefined ? undefined : of(values.only, 0),
      lower: of(values.lower, 0.1),
      limit: of(values.limit, 20),
      slow: of(values.slow, 5),
    };
  } catch (e) {
    process.stderr.write(`${(e as Error).message}\n`);
    return undefined;
  }
}
