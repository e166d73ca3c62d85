// What `mm print` does.

import { defineDiagnostics } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { Graph } from '../ir/graph.ts';
import { print } from '../ir/print.ts';
import { openEngine } from '../train/engines.ts';
import { version } from '../train/version.ts';
import type { PrintOptions } from './command-print.ts';
import { type Context, present, report } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { openSpecFile } from './open-spec.ts';

const printDiagnostic = defineDiagnostics({
  'unknown-stage': {
    severity: 'error',
    message: (p: { name: string; known: readonly string[] }) => `there is no stage ${p.name}`,
    help: (p: { name: string; known: readonly string[] }) => {
      const near = nearestName(p.name, p.known);
      return near === undefined
        ? p.known.length === 0
          ? 'the model has none'
          : `there are ${p.known.join(', ')}`
        : `did you mean ${near}?`;
    },
  },
  'unknown-pass': {
    severity: 'error',
    message: (p: { name: string; known: readonly string[] }) => `there is no pass ${p.name}`,
    help: (p: { known: readonly string[] }) => `there are ${p.known.join(', ')}`,
  },
});

export async function runPrint(file: string, options: PrintOptions, context: Context): Promise<ExitCode> {
  const found = openSpecFile(file, options.variant, context);
  if ('diagnostics' in found) return report(context, found.diagnostics);
  const { compilation, model } = found.opened;
  const known = [...model.stages.keys()];
  const stage = options.stage ?? known[0];
  if (stage === undefined || !model.stages.has(stage))
    return report(context, [
      printDiagnostic('unknown-stage', { name: stage ?? '', known }, { span: undefined }),
    ]);
  const { engine } = await openEngine(options.engine, version);
  // A pass that runs twice is shown as it leaves the graph the last time.
  const graphs = new Map<string, Graph>();
  const program = compilation.stage(stage, engine.target, {
    measures: false,
    afterEach: (pass, graph) => graphs.set(pass, graph),
  });
  const graph = options.after === undefined ? program.train.plan.graph : graphs.get(options.after);
  if (graph === undefined)
    return report(context, [
      printDiagnostic(
        'unknown-pass',
        { name: options.after ?? '', known: [...graphs.keys()] },
        { span: undefined },
      ),
    ]);
  const text = print(graph);
  present(context, { stage, after: options.after ?? null, graph: text }, () => text);
  return exit.ok;
}
