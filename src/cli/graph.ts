// What `mm graph` does.

import { diagram } from '../compiler/diagram.ts';
import { drawMermaid } from '../compiler/draw-mermaid.ts';
import { drawSvg } from '../compiler/draw-svg.ts';
import { ops } from '../ops/registry.ts';
import { writeWhole } from '../train/atomic-file.ts';
import type { GraphOptions } from './command-graph.ts';
import { type Context, present, report } from './context.ts';
import { commandDiagnostic } from './diagnostics.ts';
import { type ExitCode, exit } from './exit.ts';
import { openSpecFile } from './open-spec.ts';

/** More boxes than this are no picture. */
const mostBoxes = 1000;

export function runGraph(file: string, options: GraphOptions, context: Context): ExitCode {
  const { out } = options;
  const format = options.format ?? formatOf(out);
  if (format === undefined)
    return report(context, [commandDiagnostic('unknown-picture', { path: out ?? '' }, { span: undefined })]);
  const found = openSpecFile(file, options.variant, context);
  if ('diagnostics' in found) return report(context, found.diagnostics);
  const { compilation, model } = found.opened;
  const made = diagram({ library: compilation.library, model, registry: ops }, { depth: options.depth });
  const boxes = made.nodes.length + made.groups.length;
  if (boxes > mostBoxes)
    return report(context, [
      commandDiagnostic('picture-too-large', { boxes, most: mostBoxes }, { span: undefined }),
    ]);
  const picture = format === 'svg' ? drawSvg(made) : drawMermaid(made);
  if (out !== undefined) writeWhole(out, [picture]);
  present(context, { ...made, version: made.version ?? null }, () =>
    out === undefined ? picture.trimEnd() : `picture: ${out}`,
  );
  return exit.ok;
}

function formatOf(out: string | undefined): 'svg' | 'mermaid' | undefined {
  if (out === undefined || /\.(?:mmd|mermaid)$/i.test(out)) return 'mermaid';
  return /\.svg$/i.test(out) ? 'svg' : undefined;
}
