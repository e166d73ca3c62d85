// The parts of README.md, docs/language.md, docs/precision.md, docs/engines.md, docs/versions.md and specs/README.md that are made from the compiler's own tables, and their examples. A part
// stands between `<!-- generated:NAME -->` and `<!-- /generated -->`; `npm run docs` writes them, a test holds them.

import { readdirSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import emojiSpec from '../specs/emoji.mm';
import { differences } from '../src/backends/differences.ts';
import { createOnnxEngine } from '../src/backends/onnx/engine.ts';
import { createTensorflowEngine } from '../src/backends/tensorflow/engine.ts';
import { createTfjsEngine } from '../src/backends/tfjs/engine.ts';
import { nodeSource } from '../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../src/backends/webgpu/engine.ts';
import type { Registry } from '../src/base/diagnostic.ts';
import {
  audioTransforms,
  imageTransforms,
  type TransformRule,
  textTransforms,
} from '../src/base/transform.ts';
import { commands } from '../src/cli/commands.ts';
import type { Context } from '../src/cli/context.ts';
import { commandDiagnostic } from '../src/cli/diagnostics.ts';
import { installDiagnostic } from '../src/cli/install/diagnostics.ts';
import { specDiagnostic } from '../src/cli/load-spec.ts';
import { formOf } from '../src/cli/message-form.ts';
import { check } from '../src/compile.ts';
import { diagram } from '../src/compiler/diagram.ts';
import { drawSvg } from '../src/compiler/draw-svg.ts';
import { movingOps, narrowOps, productComposites } from '../src/compiler/passes/precision.ts';
import { dataDiagnostic } from '../src/data/diagnostics.ts';
import type { MetricParam } from '../src/dsl/metrics/metric.ts';
import { metrics, showCall } from '../src/dsl/metrics/table.ts';
import { renderDiagnostics } from '../src/dsl/render.ts';
import { semanticRules } from '../src/dsl/semantics/diagnostics.ts';
import { initializerNames } from '../src/dsl/semantics/initializer.ts';
import type { Intrinsic } from '../src/dsl/semantics/intrinsic.ts';
import { intrinsics } from '../src/dsl/semantics/intrinsics/table.ts';
import type { ReadFile } from '../src/dsl/semantics/library.ts';
import { modalitySettings } from '../src/dsl/semantics/modality-settings.ts';
import { commonSettings, optimizerForms, scheduleSettings } from '../src/dsl/semantics/optimizer.ts';
import type { NumberSetting, Setting } from '../src/dsl/semantics/settings.ts';
import { type StaticBase, staticBases } from '../src/dsl/semantics/type-names.ts';
import { stdSources } from '../src/dsl/std/sources.ts';
import type { BinaryOp, BlockItem } from '../src/dsl/syntax/ast.ts';
import { syntaxDiagnostic } from '../src/dsl/syntax/diagnostics.ts';
import { parse } from '../src/dsl/syntax/parse.ts';
import { notLevel, precedence, signLevel } from '../src/dsl/syntax/precedence.ts';
import { printExpr, printType } from '../src/dsl/syntax/print-expr.ts';
import { keywords } from '../src/dsl/syntax/tokens.ts';
import { ops } from '../src/ops/registry.ts';
import { trainDiagnostic } from '../src/train/diagnostics.ts';
import { versioningDiagnostic } from '../src/versioning/diagnostics.ts';

/** A fenced block of the language: `file` for "```mm parts.mm", `wrong` where it is an example of mistakes. */
export interface Example {
  readonly kind: 'right' | 'wrong' | 'fragment';
  readonly file: string;
  readonly text: string;
  /** Of its first line in the document. */
  readonly line: number;
}

export function examplesOf(markdown: string): readonly Example[] {
  return [...markdown.matchAll(/^```mm(?: ([^\n]*))?\n([\s\S]*?)^```$/gm)].map(m => {
    const [, info = '', text = ''] = m;
    const words = info.split(' ');
    const kind = words.includes('wrong') ? 'wrong' : words.includes('fragment') ? 'fragment' : 'right';
    const file = words.find(w => w.endsWith('.mm')) ?? 'example.mm';
    return { kind, file, text, line: markdown.slice(0, m.index).split('\n').length + 1 };
  });
}

/** Finds the files that an example uses among the document's other examples. */
export const readerOf =
  (examples: readonly Example[]): ReadFile =>
  path => {
    const found = examples.find(e => e.file === path);
    return found === undefined ? undefined : { file: path, text: found.text };
  };

/** The document with every generated part made anew; throws where a marker names none. */
export function generate(markdown: string): string {
  const examples = examplesOf(markdown);
  return markdown.replace(
    /^<!-- generated:(\S+) -->\n[\s\S]*?^<!-- \/generated -->$/gm,
    (_, name: string, at: number) => {
      const made = name === 'output' ? outputOf(examples, markdown, at) : parts[name]?.();
      if (made === undefined) throw new Error(`there is no generated part ${name}`);
      return `<!-- generated:${name} -->\n${made}\n<!-- /generated -->`;
    },
  );
}

/** What `mm check` prints for the nearest example above. */
function outputOf(examples: readonly Example[], markdown: string, at: number): string {
  const line = markdown.slice(0, at).split('\n').length;
  const example = examples.findLast(e => e.line < line);
  if (example === undefined) throw new Error(`there is no example above line ${line}`);
  const { diagnostics } = check(example.text, example.file, readerOf(examples));
  const sources = new Map([[example.file, example.text], ...stdSources.map(s => [s.file, s.text] as const)]);
  return `\`\`\`text\n${renderDiagnostics(diagnostics, sources, { color: false })}\n\`\`\``;
}

/** Which ops `--precision` makes narrow. */
function precisionOps(): string {
  const rest = [...ops.keys()].filter(op => ![...narrowOps, ...movingOps, ...productComposites].includes(op));
  const list = (names: readonly string[]): string => names.map(code).join(' ');
  return table(
    ['precision', 'ops'],
    [
      ['read and give narrow floats', list(narrowOps)],
      ['move narrow floats on their way into or out of those, and f32 elsewhere', list(movingOps)],
      ['stay f32', list(rest)],
    ],
  );
}

/** What `mm graph` draws of specs/emoji.mm: docs/emoji-graph.svg. */
export function emojiGraph(): string {
  const { library, models } = check(emojiSpec, 'specs/emoji.mm', () => undefined);
  const model = models.find(m => m.variant === undefined);
  if (library === undefined || model === undefined) throw new Error('specs/emoji.mm has mistakes');
  return drawSvg(diagram({ library, model, registry: ops }, { depth: 1 }));
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1);

function paramOf(p: MetricParam): string {
  switch (p.kind) {
    case 'objective':
      return `${code(p.name)}, an objective`;
    case 'align':
      return `${code(p.name)}, an align`;
    case 'ranks':
      return `${code(p.name)}, ranks from 1`;
    case 'value':
      return `${code(p.name)}, ${p.wants}`;
    default:
      return p satisfies never;
  }
}

/** What each spec of specs/ says of its model, and its stages with what they start from. */
function programs(): string {
  const files = readdirSync('specs').filter(f => f.endsWith('.mm'));
  const rows = files.sort(byName).map(file => {
    const { value } = parse(readFileSync(`specs/${file}`, 'utf8'), file);
    const model = value?.items.find(i => i.kind === 'model');
    if (model === undefined) throw new Error(`specs/${file} has no model`);
    const stages = model.members.flatMap(m => (m.kind === 'stage' ? [m] : []));
    const shown = stages.map(({ name, from }) =>
      from.length === 0 ? name.text : `${name.text} ← ${from.map(e => printExpr(e)).join(', ')}`,
    );
    const said = (model.doc ?? '').replaceAll('\n', ' ');
    const sentence = /^.*?(?:\.(?= [A-Z]|$)|:(?= ))/.exec(said)?.[0].replace(/:$/, '.') ?? said;
    return [`[${file}](${file})`, sentence, shown.map(code).join(', ')];
  });
  return table(['spec', 'what it is', 'stages'], rows);
}

const parts: Readonly<Record<string, () => string>> = {
  programs,
  keywords: () => [...keywords.keys()].sort(byName).map(code).join(' '),
  operators,
  'static-kinds': () =>
    table(
      ['kind', 'a value of it'],
      staticBases.map(k => [code(k), staticMeaning[k]]),
    ),
  modalities: () =>
    table(
      ['call', 'setting', 'range'],
      Object.entries(modalitySettings).flatMap(([name, settings]) =>
        (settings as readonly Setting[]).map(s => [code(name), code(s.name), meaningOf(s)]),
      ),
    ),
  'precision-ops': precisionOps,
  initializers: () =>
    Object.entries(initializerNames)
      .map(([name, params]) => code(`${name}(${params.join(', ')})`))
      .join(', '),
  optimizer: () =>
    table(
      ['optimizer', 'setting', 'default', 'range'],
      Object.entries(optimizerForms).flatMap(([name, { numbers, flags }]) => [
        ...[...numbers, ...commonSettings[name as keyof typeof optimizerForms]].map(s => [
          code(name),
          code(s.name),
          defaultOf(s),
          rangeOf(s),
        ]),
        ...flags.map(flag => [code(name), code(flag), 'false', 'true or false']),
      ]),
    ),
  schedules: () =>
    table(
      ['schedule', 'setting', 'default', 'range'],
      Object.entries(scheduleSettings).flatMap(([name, settings]) =>
        settings.map(s => [code(name), code(s.name), defaultOf(s), rangeOf(s)]),
      ),
    ),
  metrics: () =>
    table(
      ['metric', 'value', 'better'],
      [...metrics.values()].map(m => [
        code(showCall(m)),
        `${m.doc} Arguments: ${m.params.map(paramOf).join('; ')}.`,
        m.better,
      ]),
    ),
  'image-transforms': () => transformTable(imageTransforms),
  'audio-transforms': () => transformTable(audioTransforms),
  'text-transforms': () => transformTable(textTransforms),
  intrinsics: () =>
    table(
      ['function', 'what it gives'],
      [...intrinsics].sort((a, b) => byName(a.name, b.name)).map(i => [code(signatureOf(i)), i.doc]),
    ),
  std: () => stdSources.map(stdTable).join('\n\n'),
  'syntax-diagnostics': () => diagnosticTable(syntaxDiagnostic.rules),
  'model-diagnostics': () => diagnosticTable(semanticRules as unknown as Registry),
  'file-diagnostics': () => diagnosticTable(specDiagnostic.rules),
  'data-diagnostics': () => diagnosticTable(dataDiagnostic.rules),
  'run-diagnostics': () => diagnosticTable(trainDiagnostic.rules),
  'install-diagnostics': () => diagnosticTable(installDiagnostic.rules),
  'command-diagnostics': () => diagnosticTable(commandDiagnostic.rules),
  'version-diagnostics': () => diagnosticTable(versioningDiagnostic.rules),
  'emoji-spec': () => `\`\`\`mm\n${emojiSpec}\`\`\``,
  commands: commandTable,
  'engine-refusals': () =>
    table(
      ['engine', 'what it refuses', 'because', 'instead'],
      [
        createTensorflowEngine(),
        createOnnxEngine(),
        createTfjsEngine(),
        createWebgpuEngine(nodeSource),
      ].flatMap(({ name, refusals = [] }) => refusals.map(r => [code(name), r.what, r.because, r.instead])),
    ),
  'engine-differences': () =>
    table(
      ['where', 'engines', 'what they may give', 'because'],
      Object.values(differences).map(d => [
        `${d.where} (${d.ops.map(code).join(', ')})`,
        d.engines.join(', '),
        d.gives,
        d.because,
      ]),
    ),
};

function commandRow(command: Command, name: string): readonly string[] {
  const usage = command.usage().replace('[options]', '').trim();
  const options = command.options.map(o => code(o.flags)).join(' ');
  return [code(`mm ${name} ${usage}`.trim()), command.description(), options];
}

/** Every command as it declares itself. */
function commandTable(): string {
  const program = new Command();
  // Registering a command runs nothing of it.
  for (const { register } of commands) register(program, {} as Context);
  const rows = program.commands.flatMap(c =>
    c.commands.length === 0
      ? [commandRow(c, c.name())]
      : // Parts of a command, as `mm engines add`.
        c.commands.map(part => commandRow(part, `${c.name()} ${part.name()}`)),
  );
  return table(['command', 'what it does', 'options'], rows);
}

const staticMeaning: Readonly<Record<StaticBase, string>> = {
  int: 'a whole number, or a dim',
  dim: 'a whole number from 1, a space, a vocabulary, labels, or a text modality (its vocabulary)',
  number: 'a real number',
  time: 'a time, as in `25ms`',
  frequency: 'a frequency, as in `16kHz`',
  bool: '`true` or `false`',
  string: 'a text',
  block:
    'something to call: a block, part or function by its name (`activation: relu`), a block with settings (`by: sample(top_k: 40)`), or `x => …`',
  axes: 'an axis, a list of axes, or `all`',
  list: 'a list, as in `[1, 5, 10]`',
  model: 'a model of a used file, as in `base: Bert` or `base: Bert.tiny`; only a model takes one',
};

const operatorMeaning: Readonly<Record<BinaryOp, string>> = {
  '+': 'sum',
  '-': 'difference',
  '*': 'product, position by position',
  '/': 'quotient; of dims exact',
  '//': 'quotient of static numbers, rounded down',
  '%': 'remainder with the sign of the divisor',
  '^': 'power',
  '@': 'matrix product',
  '==': 'equal',
  '!=': 'not equal',
  '<': 'less',
  '<=': 'at most',
  '>': 'more',
  '>=': 'at least',
  and: 'both',
  or: 'either',
  '..': 'a range, in settings of augmentations only',
};

/** Tightest first. */
function operators(): string {
  const levels = new Map<number, string[]>();
  const add = (level: number, text: string): void =>
    void levels.set(level, [...(levels.get(level) ?? []), text]);
  for (const [op, level] of Object.entries(precedence))
    add(level, `${code(op)} ${operatorMeaning[op as BinaryOp]}`);
  add(signLevel, '`-x` negative');
  add(notLevel, '`not x`');
  const binding = [...levels].sort(([a], [b]) => b - a).map(([, texts]) => texts.join(' · '));
  const rows = [
    '`f(x)` call · `x[…]` index · `x.name` field · `f(x) as name` · `r with { a: x }`',
    ...binding,
  ];
  rows.push('`x when condition else y`', '`x |> f(…)`: x becomes the first argument of f');
  return rows.map((row, i) => `${i + 1}. ${row}`).join('\n');
}

const defaultOf = (s: NumberSetting): string =>
  s.fallback === undefined ? 'must be given' : Number.isFinite(s.fallback) ? String(s.fallback) : 'none';

/** Of a modality's setting: what it is, and what it is where it isn't given. */
function meaningOf(s: Setting): string {
  const fallback = s.fallback === undefined ? '' : `; ${s.fallback} unless given`;
  const what = !('kind' in s)
    ? rangeOf(s)
    : s.kind === 'word' || s.kind === 'call'
      ? s.words.map(w => code(s.kind === 'call' ? `${w}(…)` : w)).join(', ')
      : `a ${s.kind}`;
  return `${what}${fallback}`;
}

function rangeOf(s: NumberSetting): string {
  const bounds = [
    ...(s.above === undefined ? [] : [`more than ${s.above}`]),
    ...(s.least === undefined ? [] : [`at least ${s.least}`]),
    ...(s.most === undefined ? [] : [`at most ${s.most}`]),
  ];
  return [...(s.whole === true ? ['whole'] : []), ...bounds].join(', ');
}

const transformTable = (rules: Readonly<Record<string, TransformRule>>): string =>
  table(
    ['name', 'settings', 'what it does'],
    Object.entries(rules).map(([name, { settings, doc }]) => [
      code(name),
      Object.entries(settings)
        .map(([key, s]) => `${code(key)}${s.default === undefined ? '' : ` = ${s.default}`}: ${s.doc}`)
        .join('; '),
      doc,
    ]),
  );

function signatureOf({ name, params, more }: Intrinsic): string {
  const own = params.map(p => (p.optional === true ? `${p.name}?` : p.name));
  const rest = more === undefined ? [] : [more === 'positional' ? 'values…' : 'sizes…'];
  return `${name}(${(more === 'positional' && params[0]?.optional === true ? [...rest, ...own] : [...own, ...rest]).join(', ')})`;
}

function stdTable({ file, text }: { readonly file: string; readonly text: string }): string {
  const blocks = (parse(text, file).value?.items ?? []).filter((i): i is BlockItem => i.kind === 'block');
  const rows = blocks.map(b => [code(blockSignature(b)), b.doc ?? '']);
  return `${code(file)}\n\n${table(['block', 'what it is'], rows)}`;
}

function blockSignature(b: BlockItem): string {
  const params = b.params.map(p => {
    const fallback = p.fallback === undefined ? '' : ` = ${printExpr(p.fallback)}`;
    return `${p.name.text}: ${printType(p.type)}${fallback}`;
  });
  return `${b.name.text}(${params.join(', ')})${b.result === undefined ? '' : ` -> ${printType(b.result)}`}`;
}

/** Messages with their parameters' names in capitals; of help, also what is said where no name is near. */
function diagnosticTable(rules: Registry): string {
  const rows = Object.entries(rules).map(([name, rule]) => {
    const { message, helps } = formOf(rule);
    const mark = rule.severity === 'error' ? '' : ` (${rule.severity})`;
    return [`${code(name)}${mark}`, message, helps.join(' — or: ')];
  });
  return table(['code', 'message', 'help'], rows);
}
