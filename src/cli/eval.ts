// What `mm eval` does.

import { evaluate, evaluationJson } from '../train/evaluate.ts';
import { load } from '../train/load.ts';
import { version } from '../train/version.ts';
import type { EvalCommandOptions } from './command-eval.ts';
import { type Context, present } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { metricsTable } from './metrics-table.ts';
import { createProgress } from './progress.ts';

export async function runEval(dir: string, options: EvalCommandOptions, context: Context): Promise<ExitCode> {
  const loaded = await load(dir, {
    mmlang: version,
    engine: options.engine,
    threads: options.threads,
    without: options.without,
    checkpoint: options.last === true ? 'last' : undefined,
    onRead: (name, text) => context.sources.set(name, text),
  });
  const progress = createProgress(context.output.err);
  const signal = context.interruption();
  const evaluation = await evaluate(loaded, {
    on: options.on,
    batch: options.batch,
    data: options.data,
    signal,
    onProgress: e => {
      if (!context.json) progress.onEvent({ kind: 'data', ...e });
    },
  });
  progress.end();
  if (signal.aborted) return exit.interrupted;
  const { paint } = context.output.out;
  const head = `stage ${evaluation.stage}, weights of step ${evaluation.step}`;
  present(context, evaluationJson(evaluation), () =>
    [head, ...evaluation.measured.map(m => metricsTable(m, [], paint.bold))].join('\n\n'),
  );
  return exit.ok;
}
