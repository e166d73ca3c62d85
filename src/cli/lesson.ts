// A lesson of `mm explain CODE`: a wrong spec of the gallery as mm check shows it, and what mends it.

import type { Diagnostic } from '../base/diagnostic.ts';
import { check } from '../compile.ts';
import { type Lesson, lessons } from '../dsl/gallery/all.ts';
import { unmark } from '../dsl/gallery/base.ts';
import { stdSources } from '../dsl/std/sources.ts';

/** What its spec is called in messages. */
const file = 'spec.mm';

export interface ShownLesson {
  readonly name: string;
  readonly why: string;
  readonly wrong: string;
  readonly mended: string;
  /** Other files that the spec uses, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

export function lessonOf(code: string): ShownLesson | undefined {
  const lesson: Lesson | undefined = lessons.find(l => l.code === code);
  if (lesson === undefined) return undefined;
  const { name, why, mended, files = {} } = lesson;
  const wrong = unmark(lesson.wrong).text;
  const sources = new Map([
    [file, wrong],
    ...Object.entries(files),
    ...stdSources.map(s => [s.file, s.text] as const),
  ]);
  const { diagnostics } = check(wrong, file, path => {
    const text = path === file ? wrong : files[path];
    return text === undefined ? undefined : { file: path, text };
  });
  return { name, why, wrong, mended, files, diagnostics, sources };
}

/** A line of either spec: of the wrong one, of the mended one, or of both. */
export interface ChangedLine {
  readonly side: 'wrong' | 'mended' | 'both';
  readonly number: number;
  readonly text: string;
}

/** What mending changes, with a few lines around it. Lines of both are counted as in the mended spec. */
export function changeOf(wrong: string, mended: string, around = 2): readonly ChangedLine[] {
  const [a, b] = [wrong.trimEnd().split('\n'), mended.trimEnd().split('\n')];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const line =
    (side: ChangedLine['side'], from: number) =>
    (text: string, i: number): ChangedLine => ({ side, number: from + i + 1, text });
  const before = Math.max(0, start - around);
  const after = b.length - end;
  return [
    ...b.slice(before, start).map(line('both', before)),
    ...a.slice(start, a.length - end).map(line('wrong', start)),
    ...b.slice(start, after).map(line('mended', start)),
    ...b.slice(after, after + around).map(line('both', after)),
  ];
}
