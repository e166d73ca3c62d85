// Checks a spec in whose text «…» marks where its errors must point.

import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { check } from '../../../src/compile.ts';
import { type Marked, unmark } from '../../../src/dsl/gallery/base.ts';
import { renderDiagnostics } from '../../../src/dsl/render.ts';
import type { CheckedFile } from '../../../src/dsl/semantics/check.ts';
import { stdSources } from '../../../src/dsl/std/sources.ts';

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
