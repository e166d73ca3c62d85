// What `mm print` does.

import { passesOf } from '../compiler/pass-list.ts';
import { trainingEntries } from '../compiler/program.ts';
import type { Graph } from '../ir/graph.ts';
import { print } from '../ir/print.ts';
import { engineNamed, requirePasses, requirePrecision } from '../train/engines.ts';
import { version } from '../train/version.ts';
import type { PrintOptions } from './command-print.ts';
import { type Context, present, report } from './context.ts';
import { commandDiagnostic } from './diagnostics.ts';
import { type ExitCode, exit } from './exit.ts';
import { openSpecFile } from './open-spec.ts';
import { table } from './table.ts';

/** Every pass for an engine: what it is called, when it runs, its equation, and whether it can be left out. */
export async function listPasses({ engine: name }: PrintOptions, context: Context): Promise<ExitCode> {
  const engine = await engineNamed(name, version);
  const passes = passesOf(engine.target);
  const json = passes.map(({ needed, ...pass }) => ({ ...pass, needed: needed ?? null }));
  present(context, { engine: engine.name, passes: json }, () =>
    table(
      ['pass', 'when', 'equation', ''],
      passes.map(p => [
        p.name,
        p.phase === 'engine' ? engine.name : p.phase,
        p.because,
        p.needed === undefined ? '' : `always: ${p.needed}`,
      ]),
      [],
    ),
  );
  return exit.ok;
}

export async function runPrint(file: string, options: PrintOptions, context: Context): Promise<ExitCode> {
  const found = openSpecFile(file, options.variant, context, options.without);
  if ('diagnostics' in found) return report(context, found.diagnostics);
  const { compilation, model } = found.opened;
  const known = [...model.stages.keys()];
  const stage = options.stage ?? known[0];
  if (stage === undefined || !model.stages.has(stage))
    return report(context, [
      commandDiagnostic('unknown-stage', { name: stage ?? '', known }, { span: undefined }),
    ]);
  const engine = await engineNamed(options.engine, version);
  const { precision = 'f32' } = options;
  requirePrecision(engine, precision);
  requirePasses(engine, options.without ?? []);
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
