// A small spec that can be trained whole: texts of two kinds, with dropout and augmentation, and its data in a folder.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder } from './toy.ts';

export const wordsSpec = (steps: number, every: number): string => `model Words version "1.0.0" {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Kind { even, odd }
  encoder scores(t: text[N..., T]) -> float[N..., Kind] {
    return embedding(t.ids, width: 16) |> dropout(rate: 0.2) |> mean(axis: -2) |> linear(out: Kind)
  }
  objective kinds(text: text[B, T], kind: index(Kind)[B]) {
    return cross_entropy(scores(text), kind)
  }
  stage tune {
    minimize kinds on words.train with text: [drop(0.2)] batch 8
    train all
    optimizer adamw(rate: cosine(peak: 1e-2, warmup: 10), clip: 1)
    steps ${steps}
    measure accuracy(argmax(scores(text)), kind) on words.train every ${every}
  }
  export kind(text: text[B, T]) -> index(Kind)[B] {
    return argmax(scores(text))
  }
}
`;

/** A new folder with words.mm and forty texts. */
export function wordsFolder(spec: string): string {
  const dir = freshFolder();
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'words.mm'), spec);
  const rows = Array.from({ length: 40 }, (_, i) => `number ${i},${i % 2 === 0 ? 'even' : 'odd'}`);
  writeFileSync(join(dir, 'data', 'words.csv'), `text,kind\n${rows.join('\n')}\n`);
  writeFileSync(
    join(dir, 'data', 'words.yaml'),
    'source: { table: words.csv }\nfields:\n  text: { column: text, as: text }\n  kind: { column: kind, as: label }\nsplits:\n  train: {}\n',
  );
  return dir;
}
