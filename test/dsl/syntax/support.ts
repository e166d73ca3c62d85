// What the syntax tests share: source with a marker where the error must point, trees without their spans.
import { expect } from 'vitest';
import type { SourceFile } from '../../../src/dsl/syntax/ast.ts';
import { parse } from '../../../src/dsl/syntax/parse.ts';

/** Parses text that must be free of errors. */
export function parsed(text: string): SourceFile {
  const { value, diagnostics } = parse(text, 'test.mm');
  expect(diagnostics.map(d => `${d.span?.line}:${d.span?.column} ${d.message}`)).toEqual([]);
  if (value === undefined) throw new Error('no tree');
  return value;
}

/** The tree as plain data, without spans. */
export function bare(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, v) => (key === 'span' || key === 'pathSpan' ? undefined : v)));
}

/** Wraps statements in the least file that may hold them. */
export const inBody = (statements: string): string => `block f(x: float[N]) {\n${statements}\n}`;
export const inModel = (members: string): string => `model M {\n${members}\n}`;
export const inStage = (clauses: string): string => inModel(`stage s {\n${clauses}\n}`);

/** Each `‸` in the source marks where an error must start; `codes` are their codes in order. */
export function expectErrors(marked: string, ...codes: readonly string[]): void {
  const text = marked.replaceAll('‸', '');
  const wanted: number[] = [];
  for (let i = 0, seen = 0; i < marked.length; i++) {
    if (marked[i] === '‸') {
      wanted.push(i - seen);
      seen += 1;
    }
  }
  const { diagnostics } = parse(text, 'test.mm');
  const show = (at: number, code: string) => `${code} at ${JSON.stringify(text.slice(at, at + 12))}`;
  expect(diagnostics.map(d => show(d.span?.start ?? -1, d.code))).toEqual(
    wanted.map((at, i) => show(at, codes[i] ?? 'none')),
  );
}

export function helpOf(text: string): readonly (string | undefined)[] {
  return parse(text, 'test.mm').diagnostics.map(d => d.help);
}
