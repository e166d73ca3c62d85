// What `mm bench` does.

import { total } from '../compiler/line-profile.ts';
import { writeWhole } from '../train/atomic-file.ts';
import { type Benched, bench } from '../train/bench.ts';
import { profilePage } from '../train/profile-page.ts';
import { version } from '../train/version.ts';
import type { BenchCommandOptions } from './command-bench.ts';
import { type Context, present, report } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { loadSpec } from './load-spec.ts';
import type { Colors } from './output.ts';
import { table } from './table.ts';
import { bytes, count, seconds } from './units.ts';

export async function runBench(
  file: string,
  options: BenchCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const loaded = loadSpec(file);
  if (loaded.diagnostics !== undefined) return report(context, loaded.diagnostics);
  const { err, out } = context.output;
  const benched = await bench({
    ...options,
    spec: { file, text: loaded.text },
    mmlang: version,
    onRead: (name, text) => context.sources.set(name, text),
    onPhase: what => {
      if (err.terminal) err.write(`\r${what}…\u001b[K`);
    },
  });
  if (err.terminal) err.write('\r\u001b[K');
  const { page } = options;
  if (page !== undefined) writeWhole(page, [profilePage(benched, context.sources)]);
  present(context, benchJson(benched, page), () => benchText(benched, file, page, context, out.paint));
  return exit.ok;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function benchJson(b: Benched, page: string | undefined): object {
  const { what, compile, variant, ...rest } = b;
  const { engine, ...ours } = compile;
  return {
    ...rest,
    variant: variant ?? null,
    [what.kind]: what.name,
    compile: { ...ours, all: sum(Object.values(ours)), engine },
    page: page ?? null,
  };
}

function benchText(
  b: Benched,
  file: string,
  page: string | undefined,
  context: Context,
  paint: Colors,
): string {
  const { step, compile, memory, profile, what } = b;
  const { engine, ...ours } = compile;
  const model = b.variant === undefined ? b.model : `${b.model} (${b.variant})`;
  const title = `${paint.bold(model)}, ${what.kind} ${what.name}, on ${b.engine} ${b.engineVersion}, ${b.threads} threads`;
  const stages = Object.entries(ours).filter(([, took]) => took > 0);
  const lines = [
    title,
    '',
    `a step    ${seconds(step.median)} (${seconds(Math.min(...step.times))} to ${seconds(Math.max(...step.times))} over ${step.times.length} steps; the very first ${seconds(step.first)})`,
    `speed     ${count(b.samplesPerSecond)} samples/s, ${b.samples} a step; ${count(b.flops)} FLOPs a step, ${count(b.flops / step.median)} a second`,
    `memory    ${bytes(memory.measured)} measured, ${bytes(memory.planned)} by the plan`,
    `kernels   ${count(b.kernels)}, ${bytes(b.bytes)} read and written`,
    `compiling ${seconds(sum(Object.values(ours)))} (${stages.map(([name, took]) => `${name} ${seconds(took)}`).join(', ')}), then the engine ${seconds(engine)}`,
    '',
    ...profileText(b, file, context.sources, paint),
  ];
  if (profile.how === 'estimated')
    lines.push(
      '',
      `${paint.yellow('estimated')}: ${b.engine} doesn't tell what its kernels take; shares are reckoned from operations and bytes`,
    );
  return [...lines, ...(page === undefined ? [] : ['', `page: ${page}`])].join('\n');
}

/** Lines below this share of a step are told together. */
const leastShare = 0.001;
const barWidth = 16;
const codeWidth = 72;

/** The spec's lines in their order, each with what it takes; those of other files below. */
function profileText(
  { profile }: Benched,
  file: string,
  sources: ReadonlyMap<string, string>,
  paint: Colors,
): readonly string[] {
  const shown = profile.lines
    .filter(l => l.share >= leastShare)
    .sort((a, b) => order(a, file) - order(b, file) || compare(a.file, b.file) || a.line - b.line);
  const most = Math.max(...shown.map(l => l.share), 0);
  const isTrained = profile.seconds.backward > 0;
  const times = (s: Readonly<{ forward: number; backward: number; optimizer: number }>): readonly string[] =>
    isTrained ? [seconds(s.forward), seconds(s.backward), seconds(s.optimizer)] : [seconds(total(s))];
  const head = isTrained ? ['forward', 'backward', 'optimizer'] : ['time'];
  const rows = shown.map(l => {
    const code = sources.get(l.file)?.split(/\r?\n/)[l.line - 1] ?? '';
    const place = l.file === file ? String(l.line) : `${l.file}:${l.line}`;
    return [
      percent(l.share),
      bar(l.share / most).padEnd(barWidth),
      ...times(l.seconds),
      place,
      cut(l.file === file ? code : code.trim()),
    ];
  });
  const small = profile.lines.filter(l => l.share < leastShare);
  const rest = sum(small.map(l => total(l.seconds))) + profile.elsewhere;
  const right = Array.from({ length: head.length + 1 }, (_, i) => (i === 0 ? 0 : i + 1));
  const all = table(['', '', ...head, 'line', ''], rows, [...right, head.length + 2]);
  const [top = '', ...body] = all.split('\n');
  return [
    paint.dim(top),
    ...body,
    paint.dim(
      [
        isTrained
          ? `in all ${times(profile.seconds)
              .map((t, i) => `${head[i]} ${t}`)
              .join(', ')}`
          : '',
        rest > 0 ? `other lines ${seconds(rest)}` : '',
        profile.between > 0 ? `between kernels ${seconds(profile.between)}` : '',
      ]
        .filter(t => t !== '')
        .join('; '),
    ),
  ];
}

const order = (line: { readonly file: string }, file: string): number => (line.file === file ? 0 : 1);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const cut = (code: string): string =>
  code.length > codeWidth ? `${code.slice(0, codeWidth - 1)}…` : code.trimEnd();

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `share` of the width of a bar, to an eighth of a column. */
export function bar(share: number): string {
  const parts = Math.round(share * barWidth * 8);
  return '█'.repeat(parts >> 3) + (eighths[parts & 7] ?? '');
}
