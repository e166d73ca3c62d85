// `mm data` on a small data set, and descriptions as facts.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { channel } from '../../src/cli/output.ts';
import { describeData, openData } from '../../src/data/index.ts';
import { batchSpec, imageField, labelField, textField, toys, transform } from './specs.ts';

const spec = `model Toys version "1.0.0" {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(270), length: 6)
  space shared(8)
  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 4) |> linear(8) |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 8) |> mean(axis: -2) |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  stage align {
    minimize seen on toys.train with picture: [shift(1), scale(0.9..1.1)] batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 2
    measure recall(seen, at: [1]) on toys.test
  }
}
`;

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const plain = { color: false, terminal: false };
  const code = await main(args, {
    out: channel(text => void out.push(text), plain),
    err: channel(text => void err.push(text), plain),
  });
  return { code, out: out.join(''), err: err.join('') };
}

async function project(change?: Parameters<typeof toys>[0], text = spec): Promise<string> {
  const path = await toys(change);
  writeFileSync(join(path, 'toys.mm'), text);
  return path;
}

describe('mm data', () => {
  it('shows every split that the spec reads', async () => {
    const path = await project();
    const { code, out, err } = await run('data', join(path, 'toys.mm'));
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('toys.train  9 rows = 2 batches of 4 an epoch');
    expect(out).toContain('augmented by shift(pixels: 1), scale(from: 0.9, to: 1.1)');
    expect(out).toContain('toys.test  3 rows');
    expect(out).toContain('a colour 0');
    expect(out).toContain('<end>·2');
  });

  it('writes one page that needs nothing outside it', async () => {
    const path = await project();
    const page = join(path, 'page.html');
    const { code } = await run('data', join(path, 'toys.mm'), '--split', 'train', '--out', page);
    expect(code).toBe(0);
    const html = readFileSync(page, 'utf8');
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html.match(/data:image\/png;base64,/g)?.length).toBe(9 * 4);
    expect(html).not.toContain('toys.test');
  });

  it('prints one JSON value, also when it fails', async () => {
    const path = await project();
    const file = join(path, 'toys.mm');
    const fine = await run('data', file, '--json');
    expect(JSON.parse(fine.out)).toMatchObject([{ set: 'toys', split: 'train', rows: 9 }, { split: 'test' }]);
    const missing = await run('data', file, '--json', '--data', `toys=${join(path, 'none.yaml')}`);
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.out)).toMatchObject({ error: { code: 'manifest-missing' } });
  });

  it('says what is wrong, with what to do', async () => {
    const path = await project();
    const file = join(path, 'toys.mm');
    const split = await run('data', file, '--split', 'trian');
    expect(split.code).toBe(1);
    expect(split.err).toContain('no stage of the spec reads trian');
    expect((await run('data', file, '--data', 'toys')).code).toBe(2);
    const broken = await project(files => {
      files['pictures/0.png'] = 'no picture';
    });
    const stopped = await run('data', join(broken, 'toys.mm'));
    expect(stopped.code).toBe(1);
    expect(stopped.err).toContain("toys.train: 1 row of 9 can't be used");
    expect(stopped.err).toContain('toys.csv row 1');
    const misspelt = await project(undefined, spec.replace('shift(1)', 'shfit(1)'));
    const page = join(misspelt, 'page.html');
    const transforms = await run('data', join(misspelt, 'toys.mm'), '--out', page);
    expect(transforms.code).toBe(1);
    expect(transforms.err).toContain('there is no augmentation of images named shfit');
    expect(existsSync(page)).toBe(false);
  });
});

it('describes exactly what batches hold', async () => {
  const batch = batchSpec('train', 4, [
    imageField(4, [transform('mirror', { share: 1 })]),
    textField(4, [transform('words', { from: 0, to: 0 })], 3),
    labelField(4, 2),
  ]);
  const data = openData({ specFile: `${await toys()}/x.mm`, cacheFolder: false });
  const split = (await data.prepare(batch)).value;
  const tokenizers = (await data.fitTokenizers([batch])).value;
  if (split === undefined || tokenizers === undefined) throw new Error('the toys are broken');
  const { value } = await describeData({
    batch,
    split,
    tokenizers,
    seed: 1,
    training: true,
    samples: 3,
    versions: 2,
  });
  expect(value?.sampled.map(s => s.row)).toEqual([0, 3, 6]);
  const [picture, caption, kind] = value?.fields ?? [];
  expect(picture?.kind === 'image' && picture.samples[0]?.augmented.length).toBe(2);
  expect(kind).toMatchObject({
    kind: 'labels',
    counts: [
      { name: 'even', rows: 5 },
      { name: 'odd', rows: 4 },
    ],
  });
  if (caption?.kind !== 'text') throw new Error('no caption');
  expect(caption.cut.texts).toBe(9);
  expect(caption.lengths.reduce((n, l) => n + l.texts, 0)).toBe(9);
  expect(caption.samples[0]?.tokens.at(-1)).toEqual({ id: 2, text: '<end>' });
  expect(caption.samples[0]?.augmented.every(text => 'a colour 0'.split(' ').includes(text))).toBe(true);
});
