// What `mm engines add` does.

import { enginesFolder } from '../backends/installed.ts';
import type { AddCommandOptions } from './command-engines.ts';
import { type Context, present } from './context.ts';
import { checkInstallable } from './engines-remove.ts';
import { type ExitCode, exit } from './exit.ts';
import { addEngine } from './install/installable.ts';
import type { Progress } from './install/work.ts';
import type { Channel } from './output.ts';
import { bar, createProgressLine } from './progress-line.ts';
import { bytes } from './units.ts';

export async function runEnginesAdd(
  name: string,
  options: AddCommandOptions,
  context: Context,
): Promise<ExitCode> {
  checkInstallable(name);
  const { err, out } = context.output;
  const progress = showSteps(err);
  const signal = context.interruption();
  try {
    const added = await addEngine(name, {
      gpu: options.gpu === true,
      engines: enginesFolder(),
      env: process.env,
      signal,
      onProgress: context.json ? () => undefined : progress.show,
    });
    progress.end();
    const { version, folder, gpu, runsOn, note, isNew } = added;
    if (note !== undefined) err.line(`${err.paint.yellow('note')}: ${note}`);
    const json = { name, version, folder, bytes: added.bytes, gpu, isNew };
    present(context, { ...json, runsOn: runsOn ?? null, note: note ?? null }, () => {
      const is = isNew ? 'is installed' : 'was installed already';
      const where = runsOn === undefined ? '' : ` and runs on ${runsOn}`;
      return `${out.paint.green('✓')} ${name} ${version} ${is}${where}: ${bytes(added.bytes)} in ${folder}`;
    });
    return exit.ok;
  } catch (e) {
    progress.end();
    if (!signal.aborted) throw e;
    err.line('stopped; nothing new is installed, and the same command goes on with what was fetched');
    return exit.interrupted;
  }
}

/** One line for each step: how many of its bytes are done. */
function showSteps(channel: Channel): {
  readonly show: (progress: Progress) => void;
  readonly end: () => void;
} {
  const line = createProgressLine(channel);
  let last = '';
  let ended = false;
  return {
    show({ step, done, total }) {
      if (step !== last) {
        line.end();
        line.restart();
        last = step;
        ended = false;
      }
      if (ended) return;
      ended = total > 0 && done >= total;
      const state =
        total === 0 ? `${step} …` : `${step}  ${bar(done, total)}  ${bytes(done)} of ${bytes(total)}`;
      line.state(state, ended);
    },
    end: line.end,
  };
}
