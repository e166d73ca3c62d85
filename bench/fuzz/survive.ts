// What must hold of any text: reading, checking, formatting and lowering answer with a value or with diagnostics, in
// bounded time; what is printed reads back as the same tree, and formatting again changes nothing.

import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { check, compile } from '../../src/compile.ts';
import { LoweringError } from '../../src/compiler/lower.ts';
import { trainingEntries } from '../../src/compiler/program.ts';
import { renderDiagnostics } from '../../src/dsl/render.ts';
import type { ReadFile } from '../../src/dsl/semantics/library.ts';
import { format, printFile } from '../../src/dsl/syntax/format.ts';
import { parse } from '../../src/dsl/syntax/parse.ts';
import { sameTree } from '../../src/dsl/syntax/same-tree.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';

export interface Survived {
  /** How far the text came: it was read, it was right, its first stage was lowered. */
  readonly reached: 'refused' | 'read' | 'right' | 'lowered';
  /** What went wrong with us. */
  readonly fault?: string;
  /** Of the processor. */
  readonly milliseconds: number;
}

const file = 'spec.mm';
const target = { engine: 'none', composites: new Set<string>(), alternates: false };

/** Lowering costs most: with `lower` the first stage of a model that is right is taken to its train step or fits. */
export function survive(text: string, read: ReadFile, lower: boolean): Survived {
  const started = process.cpuUsage();
  const done = (reached: Survived['reached'], fault?: string): Survived => {
    const { user, system } = process.cpuUsage(started);
    return { reached, ...(fault === undefined ? {} : { fault }), milliseconds: (user + system) / 1000 };
  };
  let reached: Survived['reached'] = 'refused';
  try {
    const parsed = parse(text, file);
    if (parsed.value !== undefined && parsed.diagnostics.length === 0) {
      reached = 'read';
      const fault = formFault(text);
      if (fault !== undefined) return done(reached, fault);
    } else if (parsed.diagnostics.length === 0) return done(reached, 'neither read nor refused');
    const { library, models, diagnostics } = check(text, file, read);
    const words = wordFault(diagnostics, text);
    if (words !== undefined) return done(reached, words);
    if (diagnostics.some(d => d.severity === 'error')) return done(reached);
    reached = 'right';
    const [model] = models;
    const [stage] = model?.stages.keys() ?? [];
    if (!lower || library === undefined || model === undefined || stage === undefined) return done(reached);
    try {
      const program = compile(library, model).stage(stage, target, { batch: 2, measures: false });
      const faults = trainingEntries(program).flatMap(e => verify(e.plan.graph, ops));
      if (faults.length > 0) return done(reached, `an unsound graph: ${JSON.stringify(faults[0])}`);
      return done('lowered');
    } catch (e) {
      if (!(e instanceof LoweringError)) throw e;
      return done(reached, wordFault(e.diagnostics, text));
    }
  } catch (e) {
    return done(reached, (e as Error).stack ?? String(e));
  }
}

function formFault(text: string): string | undefined {
  const tree = parse(text, file).value!;
  const printed = printFile(tree);
  const again = parse(printed, file);
  // A file near its bounds may pass them by its own indentation.
  if (again.diagnostics.some(d => limits.has(d.code))) return undefined;
  if (again.value === undefined || again.diagnostics.length > 0)
    return `printed, it is refused: ${again.diagnostics[0]?.message}\n${printed}`;
  if (!sameTree(tree, again.value)) return `printed, it has another tree\n${printed}`;
  const form = format(text, file).value;
  if (form === undefined) return 'formatting refuses what was read';
  if (format(form, file).value !== form) return 'formatting again changes it';
  return undefined;
}

const limits = new Set(['nested-too-deep', 'chain-too-long', 'file-too-large']);

function wordFault(diagnostics: readonly Diagnostic[], text: string): string | undefined {
  for (const d of diagnostics) {
    const words = [d.message, d.label ?? '', d.help ?? '', ...d.notes, ...d.related.map(r => r.message)].join(
      '\n',
    );
    // Only words of ours: what a text itself says may be anything.
    const odd = /\bundefined\b|\bNaN\b|\[object |=> /.exec(words);
    if (odd !== null && !text.includes(odd[0].trim())) return `a diagnostic says "${odd[0]}": ${words}`;
    if (d.span !== undefined && (d.span.start < 0 || d.span.end < d.span.start))
      return `a span turned round: ${d.code}`;
  }
  renderDiagnostics(diagnostics, new Map([[file, text]]), { color: false });
  return undefined;
}
