// What `mm explain` does.

import { isStd } from '../base/span.ts';
import {
  dearest,
  type Explanation,
  explain as explainModel,
  type PartExplanation,
  type StageExplanation,
  type TokenizerExplanation,
} from '../compiler/explain.ts';
import { ops } from '../ops/registry.ts';
import { engineNamed, requirePasses, requirePrecision } from '../train/engines.ts';
import { version } from '../train/version.ts';
import type { ExplainOptions } from './command-explain.ts';
import { type Context, present, report } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { memoryText } from './memory-option.ts';
import { openSpecFile } from './open-spec.ts';
import { table } from './table.ts';
import { bytes, count } from './units.ts';

export async function runExplain(file: string, options: ExplainOptions, context: Context): Promise<ExitCode> {
  const found = openSpecFile(file, options.variant, context, options.without);
  if ('diagnostics' in found) return report(context, found.diagnostics);
  const { compilation, model } = found.opened;
  const engine = await engineNamed(options.engine, version);
  const { precision = 'f32' } = options;
  requirePrecision(engine, precision);
  requirePasses(engine, options.without ?? []);
  const explanation = explainModel(
    {
      library: compilation.library,
      model,
      target: engine.target,
      registry: ops,
      without: new Set(options.without),
    },
    {
      precision,
      ...(options.batch === undefined ? {} : { batch: options.batch }),
      ...(options.memory === undefined ? {} : { memory: options.memory }),
    },
  );
  present(context, explanationJson(explanation), () =>
    explanationText(explanation, file, options.depth, context),
  );
  return exit.ok;
}

function explanationJson(e: Explanation): object {
  return {
    model: e.model,
    version: e.version ?? null,
    engine: e.engine,
    precision: e.precision,
    parameters: e.parameters,
    states: e.states,
    parts: e.parts,
    most: {
      flops: dearest(e.parts, 'flopsPerSample') ?? null,
      weights: dearest(e.parts, 'weightBytes') ?? null,
      activations: dearest(e.parts, 'activationBytesPerSample') ?? null,
    },
    stages: e.stages.map(({ batches, ...stage }) => ({ ...stage, from: stage.from ?? null, batches })),
    fusions: e.fusions,
    tokenizers: e.tokenizers,
    generations: e.generations,
  };
}

/** `file`: that is explained; lines of others go with their name. */
function explanationText(e: Explanation, file: string, depth: number, context: Context): string {
  const { paint } = context.output.out;
  const shown = e.parts.filter(p => p.path.split('.').length <= depth);
  const states = e.states === 0 ? '' : `, ${count(e.states)} numbers of state`;
  const title = `${paint.bold(e.model)}${e.version === undefined ? '' : ` ${e.version}`}: ${count(e.parameters)} parameters${states}`;
  const parts = table(
    ['part', 'block', 'input', 'output', 'parameters', 'weights', 'FLOPs', 'activations'],
    shown.map(p => [
      labelOf(p.path, e.parts),
      p.block,
      p.input,
      p.output,
      count(p.parameters),
      bytes(p.weightBytes),
      count(p.flopsPerSample),
      bytes(p.activationBytesPerSample),
    ]),
    [4, 5, 6, 7],
  );
  const hidden = e.parts.length - shown.length;
  const lines = [
    title,
    '',
    parts,
    paint.dim('FLOPs and activations are those of the forward pass of one sample'),
    ...(hidden > 0 ? [paint.dim(`${hidden} deeper parts: --depth ${depth + 1}`)] : []),
    '',
    ...dearestText(e.parts),
    ...e.tokenizers.flatMap(t => ['', tokenizerText(t)]),
    ...e.stages.flatMap(s => [
      '',
      stageText(s, e.precision === 'f32' ? e.engine : `${e.engine}, ${e.precision}`, context),
      ...fusionText(e, s.name, file),
    ]),
    ...(e.generations.length === 0 ? [] : ['', ...e.generations.map(g => generationText(g, context))]),
  ];
  return lines.join('\n');
}

/** What a generation keeps from step to step, or why it keeps nothing, and the line where that shows. */
function generationText(g: Explanation['generations'][number], context: Context): string {
  const title = `${context.output.out.paint.bold(`export ${g.export}`)}: ${g.steps} steps of ${g.path}`;
  if (g.why === undefined) return `${title}, each of one position: ${g.kept} values are kept between them`;
  const place = g.place === undefined ? '' : ` (${g.place.file}:${g.place.line})`;
  return `${title}, each of all positions so far: ${g.why}${place}`;
}

/** Which part costs most of each, beside its own parts. FLOPs and activations are of one example's forward pass. */
function dearestText(parts: readonly PartExplanation[]): readonly string[] {
  const rows = [
    ['FLOPs', dearest(parts, 'flopsPerSample'), count],
    ['weights', dearest(parts, 'weightBytes'), bytes],
    ['activations', dearest(parts, 'activationBytesPerSample'), bytes],
  ] as const;
  return rows.flatMap(([what, most, show]) =>
    most === undefined
      ? []
      : [`most ${what}: ${most.path}, ${show(most.amount)} (${Math.round(100 * most.share)} %)`],
  );
}

function tokenizerText(t: TokenizerExplanation): string {
  const name = `tokenizer of ${t.modality}, at most ${count(t.vocabulary)} entries`;
  if (t.stage === undefined) return `${name}: no stage reads any`;
  const why = t.isFit ? `as stage ${t.stage} says` : `the first that a stage reads, ${t.stage}`;
  return `${name}: fitted on ${t.data}, ${why}`;
}

function stageText(s: StageExplanation, engine: string, context: Context): string {
  const { paint } = context.output.out;
  const data = s.batches.map(b => {
    const distinct =
      b.distinct.length === 0 ? '' : `; no two rows of a batch share ${b.distinct.join(' or ')}`;
    return `  reads ${b.data} (${b.fields.join(', ')}), ${b.size} rows a batch${distinct}`;
  });
  const title = `${paint.bold(`stage ${s.name}`)}${s.from === undefined ? '' : ` from ${s.from}`}`;
  const cost = `  a step: ${count(s.flopsPerStep)} FLOPs in ${count(s.kernelsPerStep)} kernels, at most ${bytes(s.peakBytes)} of tensors at once`;
  if (s.steps === 0)
    return [
      `${title}: fits on ${s.fits.length === 0 ? 'the host' : engine}`,
      ...data,
      ...s.fits.map(
        f => `  fits ${f.part}, ${count(f.numbers)} numbers, for ${f.length.count} ${f.length.kind}`,
      ),
      ...(s.fits.length === 0 ? [] : [cost]),
    ].join('\n');
  return [
    `${title}: ${s.steps} steps on ${engine}`,
    ...data,
    `  trains ${count(s.trained)} parameters${s.frozen > 0 ? `, leaves ${count(s.frozen)} as they are` : ''}${s.renewed > 0 ? `, renews ${count(s.renewed)} numbers of state` : ''}`,
    cost,
    ...(s.memory === undefined ? [] : [`  ${memoryText(s.memory)}`]),
  ].join('\n');
}

function fusionText(e: Explanation, stage: string, file: string): readonly string[] {
  const fusions = e.fusions.filter(f => f.stage === stage);
  if (fusions.length === 0) return [];
  const rows = fusions.map(f => {
    return [
      `  ${f.kind}`,
      String(f.count),
      count(f.operations),
      count(f.kernelsSaved),
      bytes(f.bytesSaved),
      linesText(f.from, file),
    ];
  });
  return [
    table(['  fused', 'times', 'operations', 'kernels saved', 'traffic saved', 'from'], rows, [1, 2, 3, 4]),
  ];
}

/** The lines of the spec, then those of each file that it uses: `line 3, 7; layers.mm:4`. */
function linesText(from: Explanation['fusions'][number]['from'], file: string): string {
  const own = from.filter(l => l.file === file).map(l => l.line);
  const others = from.filter(l => l.file !== file && !isStd(l.file)).map(l => `${l.file}:${l.line}`);
  return [...(own.length === 0 ? [] : [`line ${own.join(', ')}`]), ...others].join('; ');
}

/** The last name of a path under its parent's row; the whole path where the parent has no row. */
function labelOf(path: string, parts: readonly PartExplanation[]): string {
  const names = path.split('.');
  const parent = names.slice(0, -1).join('.');
  if (!parts.some(p => p.path === parent)) return path;
  return `${'  '.repeat(names.length - 1)}${names[names.length - 1] ?? ''}`;
}
