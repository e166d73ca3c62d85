// What inputs are made from: every spec of the repository, the standard library and the gallery of mistakes.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gallery } from '../../src/dsl/gallery/all.ts';
import { unmark } from '../../src/dsl/gallery/base.ts';
import type { ReadFile } from '../../src/dsl/semantics/library.ts';
import { stdSources } from '../../src/dsl/std/sources.ts';
import { type Corpus, corpusOf } from './mutate.ts';

export interface Inputs {
  readonly corpus: Corpus;
  /** Used files are found by their names, wherever they are said to be. */
  readonly read: ReadFile;
}

/** `root` is the repository. */
export function openInputs(root: string): Inputs {
  const files = ['specs', 'test/specs', 'test/specs/lib', 'examples/style'].flatMap(folder =>
    readdirSync(join(root, folder))
      .filter(name => name.endsWith('.mm'))
      .sort()
      .map(name => ({ name, text: readFileSync(join(root, folder, name), 'utf8') })),
  );
  const mistakes = Object.values(gallery).flat();
  const byName = new Map(files.map(f => [f.name, f.text]));
  for (const { files: others } of mistakes)
    for (const [path, text] of Object.entries(others ?? {})) byName.set(basename(path), text);
  const texts = new Set([
    ...files.map(f => f.text),
    ...stdSources.map(s => s.text),
    ...mistakes.flatMap(m => [unmark(m.wrong).text, m.mended]),
  ]);
  return {
    corpus: corpusOf([...texts]),
    read: path => {
      const text = byName.get(basename(path));
      return text === undefined ? undefined : { file: path, text };
    },
  };
}
