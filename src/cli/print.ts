// What `mm print` does.

import { trainingEntries } from '../compiler/program.ts';
import type { Graph } from '../ir/graph.ts';
import { print } from '../ir/print.ts';
import { openEngine, requirePrecision } from '../train/engines.ts';
import { version } from '../train/version.ts';
import type { PrintOptions } from './command-print.ts';
import { type Context, present, report } from './context.ts';
import { commandDiagnostic } from './diagnostics.ts';
import { type ExitCode, exit } from './exit.ts';
import { openSpecFile } from './open-spec.ts';

export async function runPrint(file: string, options: PrintOptions, context: Context): Promise<ExitCode> {
  const found = openSpecFile(file, options.variant, context);
  if ('diagnostics' in found) return report(context, found.diagnostics);
  const { compilation, model } = found.opened;
  const known = [...model.stages.keys()];
  const stage = options.stage ?? known[0];
  if (stage === undefined || !model.stages.has(stage))
    return report(context, [
      commandDiagnostic('unknown-stage', { name: stage ?? '', known }, { span: undefined }),
    ]);
  const { engine } = await openEngine(options.engine, version);
  const { precision = 'f32' } = options;
  requirePrecision(engine, precision);
  // By pass and, where a stage has several fits, by graph. A pass that runs twice is shown as it leaves the graph the
  // last time.
  const graphs = new Map<string, Map<string, Graph>>();
  const program = compilation.stage(stage, engine.target, {
    measures: false,
    precision,
    afterEach: (pass, graph) => graphs.set(pass, new Map(graphs.get(pass) ?? []).set(graph.name, graph)),
  });
  const entries = trainingEntries(program);
  if (entries.length === 0)
    return report(context, [commandDiagnostic('no-graph', { stage }, { span: undefined })]);
  const shown =
    options.after === undefined
      ? entries.map(e => e.plan.graph)
      : [...(graphs.get(options.after)?.values() ?? [])];
  if (shown.length === 0)
    return report(context, [
      commandDiagnostic(
        'unknown-pass',
        { name: options.after ?? '', known: [...graphs.keys()] },
        { span: undefined },
      ),
    ]);
  const text = shown.map(g => print(g)).join('\n');
  present(context, { stage, after: options.after ?? null, graph: text }, () => text);
  return exit.ok;
}
