// A run to export from: pictures of two shapes with captions, trained for a few steps, with exports of many kinds.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { train } from '../../src/train/train.ts';
import { freshFolder } from '../train/toy.ts';

const spec = `model Shapes version "1.2.0" {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(280), length: 8)
  labels Shape { square, disc }
  space shared(16)
  encoder look(p: picture[N...]) -> shared[N...] {
    return conv(p.pixels, out: 8, stride: 2, pad: 1) |> silu() |> mean(axis: -2) |> mean(axis: -2)
      |> linear(out: 24) |> rms_norm() |> gelu() |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 16) |> transformer(depth: 1, heads: 2) |> mean(axis: -2) |> into(shared)
  }
  encoder tell(p: picture[N...]) -> float[N..., Shape] { return look(p) |> linear(out: Shape) }
  encoder next(p: picture[N...], c: caption[N..., T]) -> float[N..., T, caption] {
    let x = embedding(c.ids, width: 16) + (look(p) |> linear(out: 16) as seen)[..., new, :]
    return transformer(x, depth: 1, heads: 2, causal: true) |> linear(out: caption) as logits
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  objective told(picture: picture[B], shape: index(Shape)[B]) { return cross_entropy(tell(picture), shape) }
  objective says(picture: picture[B], caption: caption[B, T]) {
    let s = next(picture, concat(begin(caption, [B]), caption))
    return cross_entropy(s[:, :-1, :], caption.ids)
  }
  stage learn {
    minimize seen + told + says on shapes.train batch 4
    train all
    optimizer adamw(rate: 1e-2)
    steps 3
  }
  /// Which caption is nearest to each picture.
  export name(picture: picture[B], among: caption[K]) -> { best: index(K)[B], score: float[B, K] } {
    let score = similarity(look(picture), read(among))
    return { best: nearest(look(picture), read(among)), score: score }
  }
  export shape(p: picture[B], heat: number = 1) -> { shape: index(Shape)[B], sure: simplex float[B, Shape] } {
    let s = tell(p)
    return { shape: argmax(s), sure: softmax(s / heat) }
  }
  export scores(p: picture[B], c: caption[B, T]) -> float[B, T, caption] { return next(p, c) }
  export alike(p: picture[B]) -> float[B, B] { return similarity(look(p), look(p)) }
  export describe(p: picture[B]) -> caption[B, 7] {
    return generate(c => next(p, c), begin(caption, [B]), more: 6, by: greedy())
  }
  export vary(p: picture[B], heat: number = 1, seed: int = 3) -> caption[B, 7] {
    return generate(c => next(p, c), begin(caption, [B]), more: 6, by: sample(temperature: heat))
  }
  export beside_mean(p: picture[B]) -> float[B, shared] {
    return look(p) - mean(look(p), axis: 0)[new, :]
  }
  export first_two(p: picture[B], among: caption[K]) -> float[B, 2] {
    return top_k(similarity(look(p), read(among)), 2).value
  }
}
`;

const manifest = `source: { table: shapes.csv }
fields:
  picture: { column: file, as: image }
  caption: { column: caption, as: text, lowercase: true }
  shape: { column: shape, as: label }
splits:
  train: { }
`;

const colours = { red: '#d22', green: '#2a2', blue: '#22d', black: '#111' } as const;

/** Trains it and gives its run folder. */
export async function shapesRun(engine: string): Promise<string> {
  const home = freshFolder();
  const data = join(home, 'data');
  mkdirSync(data);
  const rows = ['file,caption,shape'];
  for (const [colour, fill] of Object.entries(colours))
    for (const shape of ['square', 'disc'] as const) {
      const drawn =
        shape === 'disc'
          ? `<circle cx="4" cy="4" r="3" fill="${fill}"/>`
          : `<rect x="1" y="1" width="6" height="6" fill="${fill}"/>`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">${drawn}</svg>`;
      await sharp(Buffer.from(svg))
        .png()
        .toFile(join(data, `${colour}-${shape}.png`));
      rows.push(`${colour}-${shape}.png,A ${colour} ${shape},${shape}`);
    }
  writeFileSync(join(data, 'shapes.csv'), `${rows.join('\n')}\n`);
  writeFileSync(join(data, 'shapes.yaml'), manifest);
  const file = join(home, 'shapes.mm');
  writeFileSync(file, spec);
  const { run } = await train({
    spec: { file, text: readFileSync(file, 'utf8') },
    root: join(home, 'runs'),
    engine,
    threads: 1,
    mmlang: '0.1.0',
  });
  return run;
}
