// Checks a spec in whose text «…» marks where its errors must point.

import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { check } from '../../../src/compile.ts';
import { renderDiagnostics } from '../../../src/dsl/render.ts';
import type { CheckedFile } from '../../../src/dsl/semantics/check.ts';
import { stdSources } from '../../../src/dsl/std/sources.ts';

/** A marked piece of a text, as offsets and by its characters. */
export interface Marked {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface CheckedSpec extends CheckedFile {
  /** The spec without its marks. */
  readonly text: string;
  readonly marks: readonly Marked[];
  /** What the primary spans of the diagnostics cover, in order. */
  readonly places: readonly Marked[];
  readonly codes: readonly string[];
  /** As `mm check` shows them. */
  readonly rendered: string;
}

/** The text without « and », and what stood between them; marks may nest. */
export function unmark(marked: string): { readonly text: string; readonly marks: readonly Marked[] } {
  let text = '';
  const open: number[] = [];
  const found: { start: number; end: number }[] = [];
  for (const c of marked) {
    if (c === '«') open.push(text.length);
    else if (c === '»') found.push({ start: open.pop() ?? 0, end: text.length });
    else text += c;
  }
  const marks = found.map(m => ({ ...m, text: text.slice(m.start, m.end) }));
  return { text, marks: marks.sort((a, b) => a.start - b.start || a.end - b.end) };
}

/** Checks `marked` as spec.mm beside `others`, files by their paths. */
export function checkSpec(marked: string, others: Readonly<Record<string, string>> = {}): CheckedSpec {
  const { text, marks } = unmark(marked);
  const sources = new Map([['spec.mm', text], ...stdSources.map(s => [s.file, s.text] as const)]);
  const checked = check(text, 'spec.mm', path => {
    const other = path === 'spec.mm' ? text : others[path];
    if (other === undefined) return undefined;
    sources.set(path, other);
    return { file: path, text: other };
  });
  const place = ({ span }: Diagnostic): Marked => ({
    start: span?.start ?? -1,
    end: span?.end ?? -1,
    text: span?.file === 'spec.mm' ? text.slice(span.start, span.end) : `in ${span?.file}`,
  });
  return {
    ...checked,
    text,
    marks,
    places: checked.diagnostics.map(place),
    codes: checked.diagnostics.map(d => d.code),
    rendered: renderDiagnostics(checked.diagnostics, sources, { color: false }),
  };
}
