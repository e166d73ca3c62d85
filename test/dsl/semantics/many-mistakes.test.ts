// A spec with many mistakes gets all of them in one run, each at its place and none twice.

import { expect, test } from 'vitest';
import { checkSpec } from './check-spec.ts';

const spec = `block widen(x: float[N..., D], by: int) -> float[N..., D] {
  return «linear(x, out: by * D)»
}

model Stamps version "1.0.0" {
  modality picture: Image(height: 16, width: «0»)
  modality caption: Text(tokenizer: bpe(300), length: 8)
  labels Kind { flower, bird, «bird» }
  space shared(12)

  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 4) |> linear(out: 16) |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    let words = «embeding»(c.ids, width: 16)
    return words |> mean(axis: -2) |> into(shared)
  }
  encoder skim(c: caption[N..., T]) -> shared[N...] {
    return «embedding(c.ids, width: 16) |> linear(out: 12) |> mean(axis: -2)»
  }
  encoder scan(c: caption[N..., T]) -> shared[N...] {
    let words = embedding(c.ids, width: 10) |> «transformer(depth: 1, heads: 4)»
    return words |> mean(axis: -2) |> into(shared)
  }
  encoder glance(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 16) |> mean(axis: -2) |> into(shared)
  }

  align seen: look(picture) <-> read(caption) by infonce(scale: learned(10))
  objective gist(caption: caption[B], weight: float[B]) {
    return mean(«glance(caption) * weight»)
  }
  objective row(caption: caption[B]) {
    return mean(square(glance(caption)), axis: -1) |> sum(«axes: all»)
  }

  stage «align» {
    minimize seen + «sean» on stamps.train batch «0»
    train all
    optimizer adamw(rate: cosine(peak: «-1», «warm»: 10))
    measure «recal(seen)» on stamps.validation
  }

  export «name»(p: picture[B]) {
    return look(p)
  }
}

variant Big = «Stamp»()
`;

test('all of them at once, each once, in the order of the source', () => {
  const checked = checkSpec(spec);
  expect(checked.places, checked.rendered).toEqual(checked.marks);
  expect(checked.codes).toEqual([
    'broken-promise',
    'bad-setting',
    'defined-twice',
    'unknown-name',
    'broken-promise',
    'requirement-failed',
    'dims-differ',
    'unknown-argument',
    'stage-lacks',
    'unknown-name',
    'bad-setting',
    'bad-setting',
    'unknown-argument',
    'unknown-metric',
    'export-type-missing',
    'variant-of-nothing',
  ]);
  expect(checked.models).toEqual([]);
});

test('as text', async () => {
  await expect(checkSpec(spec).rendered).toMatchFileSnapshot('gallery/many.txt');
});

test('a mistake in an encoder hides none of what calls it, where its promise says enough', () => {
  const { codes } = checkSpec(`model M {
  modality picture: Image(height: 16, width: 16)
  labels Kind { red, green }
  labels Other { a, b }
  space shared(16)
  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 8) |> linear(out: 8) |> mean(axis: -2) |> into(sharde)
  }
  objective kinds(picture: picture[B], kind: index(Kind)[B]) {
    return cross_entropy(linear(look(picture), out: Other), kind)
  }
  stage align {
    minimize kinds on shapes.train batch 16
    train look, kinds
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`);
  expect(codes).toEqual(['unknown-name', 'two-vocabularies']);
});

test('what a wrong argument would have said of the others is not asked of them', () => {
  const { diagnostics } =
    checkSpec(`block aligned(scores: float[N..., T, V + 1], labels: index(V)[N..., U]) -> float {
  return mean(scores) + mean(to_float(labels))
}
block tried(x: float[N..., T, D], width: int = 2 * D, drop: float[D, width]) -> float {
  return mean(x) + mean(drop)
}
model M {
  modality words: Text(tokenizer: characters(64), length: 16)
  encoder read(w: words[N..., U]) -> float[N..., U, words + 1] {
    return embedding(w.ids, width: words + 1)
  }
  objective said(words: words[B, U]) { return aligned(read(words), words) }
  objective told(words: words[B, U]) { return tried(words, drop: read(words)[0]) }
}
`);
  expect(diagnostics.filter(d => d.severity === 'error').map(d => d.code)).toEqual([
    'argument-type',
    'argument-type',
  ]);
});
