// A file's text to its typed tree, with every syntax error of the file at once. Never throws, whatever it reads.

import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import type { SourceFile } from './ast.ts';
import { attachDocs, type Context } from './cst.ts';
import { maxTreeDepth, tooDeep } from './depth.ts';
import { syntaxDiagnostic } from './diagnostics.ts';
import { Grammar } from './grammar.ts';
import { lex } from './lex.ts';
import { syntaxError } from './syntax-error.ts';
import { toFile } from './to-ast.ts';

/** More errors than this of one file aren't told apart. */
export const maxReported = 30;

let grammar: Grammar | undefined;

/**
 * Parses a `.mm` file. With errors the tree holds whatever could be read; it is missing only where nothing
 * could: a file too large, too deeply nested, or not text. An empty file is an empty tree.
 */
export function parse(text: string, file: string): Result<SourceFile> {
  const lexed = lex(text, file);
  if (lexed.value === undefined) return { value: undefined, diagnostics: lexed.diagnostics };
  const { tokens, docs } = lexed.value;
  const found: Diagnostic[] = [...lexed.diagnostics];
  const ctx: Context = { file, report: d => found.push(d), docs: attachDocs(docs, tokens) };

  grammar ??= new Grammar();
  grammar.begin(tokens, file);
  const tree = grammar.wholeFile();
  // A character that was passed over already explains what can't be read behind it.
  const passed = new Set(
    lexed.diagnostics.filter(d => d.code === 'unknown-character').map(d => d.span?.line),
  );
  const errors = grammar.errors.map(e => syntaxError(e, tokens, file));
  found.push(...grammar.found, ...errors.filter(d => !passed.has(d.span?.line)));
  const value = toFile(ctx, tree, wholeFile(text, file));

  const deep = tooDeep(value);
  if (deep !== undefined) {
    found.push(syntaxDiagnostic('chain-too-long', { limit: maxTreeDepth }, { span: deep }));
    return { value: undefined, diagnostics: report(found) };
  }
  return { value, diagnostics: report(found) };
}

/** In the order of the file, up to a bound. */
function report(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const sorted = [...found].sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  if (sorted.length <= maxReported) return sorted;
  const rest = sorted.slice(maxReported);
  return [
    ...sorted.slice(0, maxReported),
    syntaxDiagnostic('more-errors', { count: rest.length }, { span: rest[0]?.span }),
  ];
}

function wholeFile(text: string, file: string): Span {
  const lines = text.split(/\r\n|\n|\r/);
  return {
    file,
    start: 0,
    end: text.length,
    line: 1,
    column: 1,
    endLine: lines.length,
    endColumn: (lines.at(-1) ?? '').length + 1,
  };
}
