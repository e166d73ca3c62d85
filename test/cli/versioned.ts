// What tests of versions need: mm run in a folder of their own, which may be a git repository.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export { mm } from './mm.ts';

export const spec = `/// Kinds of texts.
model Kinds(depth: int = 2, width: int = 8) version "1.0.0" {
  modality words: Text(tokenizer: bpe(300), length: 6)
  labels Kind { good, bad, ugly }

  encoder read(t: words[N..., T]) -> float[N..., width] {
    return embedding(t.ids, width: width)
        |> transformer(depth: depth, heads: 2, drop: 0.1)
        |> mean(axis: -2)
  }

  encoder scores(t: words[N..., T]) -> float[N..., Kind] { return linear(read(t), out: Kind) as out }

  objective kinds(words: words[B, T], kind: index(Kind)[B]) { return cross_entropy(scores(words), kind) }

  stage tune {
    minimize kinds on texts.train batch 8
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 100
  }

  export kind(words: words[B, T]) -> index(Kind)[B] { return argmax(scores(words)) }
}
`;

export interface Folder {
  readonly path: string;
  /** Writes a file and gives its path. */
  readonly write: (name: string, text: string) => string;
  readonly git: (...args: readonly string[]) => string;
  readonly remove: () => void;
}

export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'mm-versions-'));
  const identity = [
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@example.com',
    '-c',
    'commit.gpgsign=false',
  ];
  return {
    path,
    write: (name, text) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    git: (...args) =>
      execFileSync('git', [...identity, ...args], { cwd: path, encoding: 'utf8', stdio: 'pipe' }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
