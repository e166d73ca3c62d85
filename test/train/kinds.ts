// A spec small enough to be trained in a test: kinds of texts, whose names only the data knows.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TrainOptions, type TrainResult, train } from '../../src/train/train.ts';
import { freshFolder } from './toy.ts';

export const kindsSpec = `/// Tells what kind of a thing a text names.
model Kinds(width: int = 16) version "1.2.0" {
  /// What people wrote.
  modality words: Text(tokenizer: bpe(270), length: 6)
  labels Kind(3)
  encoder read(t: words[N..., T]) -> float[N..., width] {
    return embedding(t.ids, width: width) |> transformer(depth: 2, heads: 2) |> mean(axis: -2)
  }
  encoder scores(t: words[N..., T]) -> float[N..., Kind] { return linear(read(t), out: Kind) as out }
  /// The kind of each text.
  objective kinds(words: words[B, T], kind: index(Kind)[B]) {
    return cross_entropy(scores(words), kind)
  }
  stage tune {
    minimize kinds on texts.train batch 4
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 4
    measure kinds on texts.test every 2
  }
  /// The likeliest kind.
  export kind(words: words[B, T]) -> index(Kind)[B] {
    return argmax(scores(words))
  }
}
`;

const manifest = `source: { table: texts.csv }
fields:
  words: { column: words, as: text }
  kind: { column: kind, as: label }
splits:
  train: { where: { part: train } }
  test: { where: { part: test } }
`;

const kinds = { fruit: ['apple', 'pear', 'plum'], tool: ['saw', 'drill', 'axe'], pet: ['cat', 'dog', 'hen'] };

export interface KindsHome {
  readonly home: string;
  readonly file: string;
  readonly go: (more?: Partial<TrainOptions>) => Promise<TrainResult>;
}

/** A folder with spec and data, and a training in it on the reference engine. */
export function kindsHome(spec = kindsSpec): KindsHome {
  const home = freshFolder();
  const file = join(home, 'kinds.mm');
  writeFileSync(file, spec);
  mkdirSync(join(home, 'data'));
  const rows = Object.entries(kinds).flatMap(([kind, words]) =>
    words.flatMap((word, i) => [
      `a ${word},${kind},train`,
      `the ${word},${kind},${i === 0 ? 'test' : 'train'}`,
    ]),
  );
  writeFileSync(join(home, 'data', 'texts.csv'), `${['words,kind,part', ...rows].join('\n')}\n`);
  writeFileSync(join(home, 'data', 'texts.yaml'), manifest);
  const go: KindsHome['go'] = (more = {}) =>
    train({
      spec: { file, text: readFileSync(file, 'utf8') },
      root: join(home, 'runs'),
      engine: 'reference',
      mmlang: '0.1.0',
      ...more,
    });
  return { home, file, go };
}
