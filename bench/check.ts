// The command `npm run bench:check`: how long checking takes, of every spec, of specs of 96 layers, and as a curve
// over the size of a spec. Each is the median of several runs in a process that has checked all specs three times, as
// a language server has.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileReader } from '../src/cli/load-spec.ts';
import { check } from '../src/compile.ts';
import type { ReadFile } from '../src/dsl/semantics/library.ts';

export interface Timing {
  readonly name: string;
  readonly lines: number;
  readonly milliseconds: number;
  /** Of the standard library too, which the first check of a process reads; undefined where that isn't measured. */
  readonly first?: number;
}

/** A language model whose layers are written one by one: `blocks` blocks, each called once by the next. */
export function writtenOut(blocks: number): string {
  const layers = Array.from({ length: blocks }, (_, i) => {
    return `/// Layer ${i}.
block layer${i}(x: float[N..., T, D], heads: int) -> float[N..., T, D] {
  let seen = x + attention(layer_norm(x) as before, heads: heads, causal: true) as look
  let wide = linear(layer_norm(seen) as between, out: 4 * D) as widen |> gelu()
  return seen + linear(wide, out: D) as narrow
}
`;
  });
  const calls = Array.from(
    { length: blocks },
    (_, i) => `    let h${i + 1} = layer${i}(h${i}, heads: heads)`,
  );
  return `${layers.join('\n')}
model Written(width: int = 768, heads: int = 12) {
  modality text: Text(tokenizer: bpe(32000), length: 512)
  part words = embedding(width: width)
  encoder next(t: text[N..., T]) -> float[N..., T, text] {
    let h0 = words(t.ids) |> positions(max: 512)
${calls.join('\n')}
    return h${blocks} @ transpose(words.weight)
  }
${learning}}
`;
}

/** The same by repeat. */
export const repeated = (layers: number): string => `model Repeated(width: int = 768, heads: int = 12) {
  modality text: Text(tokenizer: bpe(32000), length: 512)
  part words = embedding(width: width)
  encoder next(t: text[N..., T]) -> float[N..., T, text] {
    let h = words(t.ids) |> positions(max: 512)
        |> transformer(depth: ${layers}, heads: heads, causal: true)
    return h @ transpose(words.weight)
  }
${learning}}
`;

const learning = `  objective predicts(text: text[B, T]) {
    return cross_entropy(next(text)[:, :-1, :], text.ids[:, 1:])
  }
  stage pretrain {
    minimize predicts on books.train batch 16
    train all
    optimizer adamw(rate: 1e-3)
    steps 1000
    measure predicts on books.test every 100
  }
`;

const nothing: ReadFile = () => undefined;

export function timed(name: string, text: string, file: string, read: ReadFile, runs: number): Timing {
  const times = Array.from({ length: runs }, () => {
    const started = process.cpuUsage();
    const { diagnostics } = check(text, file, read);
    const { user, system } = process.cpuUsage(started);
    const errors = diagnostics.filter(d => d.severity === 'error');
    if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`);
    return (user + system) / 1000;
  }).sort((a, b) => a - b);
  return { name, lines: text.split('\n').length, milliseconds: times[Math.floor(runs / 2)] ?? Number.NaN };
}

/** How time grows with size: the slope of log time over log lines, by least squares. */
export function exponentOf(curve: readonly Timing[]): number {
  const points = curve.map(t => [Math.log(t.lines), Math.log(t.milliseconds)] as const);
  const mean = (of: (p: readonly [number, number]) => number): number =>
    points.reduce((sum, p) => sum + of(p), 0) / points.length;
  const [mx, my] = [mean(p => p[0]), mean(p => p[1])];
  return mean(([x, y]) => (x - mx) * (y - my)) / mean(([x]) => (x - mx) ** 2);
}

const usage = `npm run bench:check -- [--json] [--runs N]

  --json    prints {specs, deep, curve, exponent}
  --runs N  of each spec; the median counts (5)
`;

/** `root` is the repository. Returns the exit code. */
export function main(args: readonly string[], root: string): number {
  let options: { json?: boolean; runs?: string };
  try {
    options = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, runs: { type: 'string' } },
    }).values;
  } catch (e) {
    process.stderr.write(`${(e as Error).message}\n${usage}`);
    return 2;
  }
  const runs = Number(options.runs ?? 5);
  const files = ['specs', 'test/specs'].flatMap(folder =>
    readdirSync(join(root, folder))
      .filter(name => name.endsWith('.mm'))
      .sort()
      .map(name => {
        const path = join(root, folder, name);
        return { name: `${folder}/${name}`, path, text: readFileSync(path, 'utf8') };
      }),
  );
  for (let round = 0; round < 3; round++) for (const f of files) check(f.text, f.path, fileReader);
  const specs = files.map(f => timed(f.name, f.text, f.path, fileReader, runs));
  const deep = [
    timed('96 layers, repeated', repeated(96), 'repeated.mm', nothing, runs),
    timed('96 layers, written out', writtenOut(96), 'written.mm', nothing, runs),
  ];
  const curve = [12, 24, 48, 96, 192, 384].map(n =>
    timed(`${n} layers, written out`, writtenOut(n), 'written.mm', nothing, runs),
  );
  const exponent = exponentOf(curve);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ specs, deep, curve, exponent }, undefined, 2)}\n`);
    return 0;
  }
  const row = ({ name, lines, milliseconds }: Timing): string =>
    `${milliseconds.toFixed(1).padStart(8)} ms  ${String(lines).padStart(5)} lines  ${name}\n`;
  for (const t of [...specs, ...deep, ...curve]) process.stdout.write(row(t));
  process.stdout.write(`time grows as lines to the power of ${exponent.toFixed(2)}\n`);
  return 0;
}
