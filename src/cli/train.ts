// What `mm train` does.

import type { Diagnostic } from '../base/diagnostic.ts';
import { renderDiagnostics } from '../dsl/render.ts';
import type { RunEvent, StageMemory } from '../train/events.ts';
import type { SpecText } from '../train/model.ts';
import { reportJson } from '../train/report.ts';
import type { RunSettings } from '../train/run-settings.ts';
import { type TrainResult, train } from '../train/train.ts';
import { version } from '../train/version.ts';
import type { TrainCommandOptions } from './command-train.ts';
import { type Context, report } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { loadSpec } from './load-spec.ts';
import { memoryText } from './memory-option.ts';
import { alignColumns, metricsTable } from './metrics-table.ts';
import { createProgress, type Progress } from './progress.ts';

export async function runTrain(
  file: string | undefined,
  options: TrainCommandOptions,
  context: Context,
): Promise<ExitCode> {
  let spec: SpecText | undefined;
  if (file !== undefined) {
    const loaded = loadSpec(file);
    if (loaded.diagnostics !== undefined) return report(context, loaded.diagnostics);
    spec = { file, text: loaded.text };
  }
  const progress = createProgress(context.output.err);
  try {
    const result = await train({
      ...options,
      spec,
      mmlang: version,
      signal: context.interruption(),
      onRead: (name, text) => context.sources.set(name, text),
      onEvent: event => show(event, context, progress),
    });
    progress.end();
    const isIdle = result.outcome === 'finished' && result.reports.length === 0;
    if (context.json) context.output.out.line(JSON.stringify(resultJson(result), undefined, 2));
    else if (result.outcome === 'stopped')
      context.output.out.line(`\nstopped; all is saved. Go on with:\n\n  mm train --resume ${result.run}`);
    else if (isIdle) context.output.out.line('\nnothing is left to do: every stage of the run is trained');
    return result.outcome === 'stopped' ? exit.interrupted : exit.ok;
  } catch (e) {
    progress.end();
    throw e;
  }
}

function resultJson({ run, outcome, reports, page }: TrainResult): object {
  return { run, outcome, stages: reports.map(reportJson), page: page ?? null };
}

function show(event: RunEvent, context: Context, progress: Progress): void {
  if (event.kind === 'note') {
    showNote(event.diagnostic, context, progress);
    return;
  }
  if (context.json) return;
  const { out } = context.output;
  progress.onEvent(event);
  if (event.kind === 'run') {
    const what = event.resumed ? 'going on with' : 'training';
    out.line(`${what} ${out.paint.bold(modelName(event.settings))} in ${out.paint.bold(event.dir)}`);
    out.line(alignColumns([...settingRows(event.settings), ...memoryRows(event.memory)]));
  }
  if (event.kind === 'report') {
    progress.end();
    const { measured, floors, stage, step } = event.report;
    out.line(`\n${out.paint.green('✓')} ${stage} is trained; measured with its weights of step ${step}`);
    for (const m of measured) out.line(`\n${metricsTable(m, floors, out.paint.bold)}`);
    if (event.page !== undefined) out.line(`\npage: ${event.page}`);
  }
}

function showNote(diagnostic: Diagnostic, context: Context, progress: Progress): void {
  const { err } = context.output;
  progress.line(renderDiagnostics([diagnostic], context.sources, { color: err.color }));
}

const modelName = ({ model, variant, version }: RunSettings): string =>
  [variant === null ? model : `${model} ${variant}`, version].join(' ').trim();

const memoryRows = (stages: readonly StageMemory[]): readonly (readonly string[])[] =>
  stages.map(({ stage, note }) => [`memory of ${stage}`, memoryText(note)]);

/** Everything that decides the outcome, defaults too. */
function settingRows(settings: RunSettings): readonly (readonly string[])[] {
  return [
    ['engine', `${settings.engine} ${settings.engineVersion}, ${settings.precision}`],
    ['threads', String(settings.threads ?? 'as the engine likes')],
    ['seed', String(settings.seed)],
    ...(settings.without === undefined || settings.without.length === 0
      ? []
      : [['without', settings.without.join(', ')]]),
    ...settings.stages.map(s => [
      `stage ${s.stage}`,
      `${s.steps} steps, batch ${s.batches.map(b => `${b.size} of ${b.set}.${b.split}`).join(' + ')}${s.done ? ', done' : ''}`,
    ]),
    ...settings.starts.map(s => [`start of ${s.stage}`, `${s.from} in ${s.run}`]),
    ...settings.data.map(d => [`data ${d.set}`, d.manifest]),
  ];
}
