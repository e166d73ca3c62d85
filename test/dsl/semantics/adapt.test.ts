// Functions on weights, and models that add to others: what is adapted and where it is seen, which weights move.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../../src/backends/onnx/engine.ts';
import { type Compilation, compile } from '../../../src/compile.ts';
import type { MinimizeProgram } from '../../../src/compiler/program.ts';
import { initialTensors } from '../../../src/train/initialize.ts';
import { minimizing } from '../../minimizing.ts';
import { checkSpec } from './check-spec.ts';
import { bitsOf, reference, takeSteps } from './toy-run.ts';

const reader = `model Reader(width: int = 8) version "1.0.0" {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Topic { sport, science, art }
  part table = embedding(width: width)
  encoder read(c: text[N..., T]) -> float[N..., T, width] {
    let h = table(c.ids) |> transformer(depth: 3, heads: 2)
    return h @ transpose(table.weight) @ table.weight
  }
  objective next(text: text[B, T]) {
    return cross_entropy(read(text) @ transpose(table.weight), text.ids)
  }
  stage pretrain {
    minimize next on books.train batch 4
    train all
    optimizer adamw(rate: 0.003, decay: 0.1)
    steps 5
  }
  export pooled(t: text[B, T]) -> float[B, width] { return mean(read(t), axis: -2) }
}
`;

const accent = (
  members: string,
  stage = 'minimize next on other.train batch 4  train rest',
): string => `use "reader.mm" as Reader

model Accent extends Reader version "1.0.0" {
${members}
  stage tune from pretrain {
    ${stage}
    optimizer adamw(rate: 0.003, decay: 0.1)
    steps 5
  }
}
`;

const files = { 'reader.mm': reader };

function compiled(spec: string): Compilation {
  const { library, models, rendered } = checkSpec(spec, files);
  const [model] = models;
  if (library === undefined || model === undefined) throw new Error(rendered);
  return compile(library, model);
}
const stageOf = (spec: string, stage = 'tune'): MinimizeProgram =>
  minimizing(compiled(spec).stage(stage, reference().target));

const lora = (on: string, more = ''): string => `  adapt read by lora(rank: 2, alpha: 4) on ${on}${more}`;
const frozen = 'minimize next on other.train batch 4  train **.lora  freeze rest';

describe('low rank', () => {
  const spec = accent(lora('**.attention.{query,value}.weight'), frozen);
  const program = stageOf(spec);

  test('its weights stand below those that it adapts, in every layer', () => {
    const layer = (i: number, name: string, of: string): string =>
      `read.transformer.layers.${i}.attention.${name}.weight.lora.${of}`;
    const expected = [0, 1, 2].flatMap(i =>
      ['query', 'value'].flatMap(n => ['a', 'b'].map(of => layer(i, n, of))),
    );
    expect([...program.trained].sort()).toEqual(expected.sort());
    const checked = checkSpec(spec, files).models[0]?.stages.get('tune');
    expect(checked?.reached.filter(p => p.includes('.lora.'))).toEqual(expected.sort());
  });

  test('starts as the model that it adapts, and leaves its weights bit for bit', async () => {
    const before = await takeSteps(stageOf(accent('')), reference());
    for (const engine of [reference(), createOnnxEngine()]) {
      const steps = await takeSteps(program, engine, { steps: 3 });
      expect(steps.losses[0]).toBeCloseTo(before.losses[0] ?? 0, 5);
      expect(steps.losses[2]).toBeLessThan(steps.losses[0] ?? 0);
      for (const path of program.frozen)
        expect(bitsOf(steps.weights.get(path)), path).toEqual(bitsOf(steps.before.get(path)));
      for (const path of program.trained)
        if (path.endsWith('.b'))
          expect(bitsOf(steps.weights.get(path)), path).not.toEqual(bitsOf(steps.before.get(path)));
    }
  });

  test('is a weight of the sum in every body: objectives, exports and reads by name', () => {
    const exported = compiled(spec).export('pooled', reference().target, new Map());
    expect(exported.weights.filter(w => w.path.includes('.lora.'))).toHaveLength(12);
    const table = stageOf(
      accent(
        '  adapt table by lora(rank: 2, alpha: 4) on weight',
        'minimize next on other.train batch 4  train table.weight.lora  freeze rest',
      ),
    );
    // One evaluation for the four places that read it.
    expect(table.trained).toEqual(['table.weight.lora.a', 'table.weight.lora.b']);
  });

  test('of some layers, of one', () => {
    const of = (on: string) => {
      const { trained } = stageOf(accent(lora(on), frozen));
      return trained.map(p => p.replace('read.transformer.layers.', '')).filter(p => p.endsWith('.a'));
    };
    expect(of('**.layers.2.attention.key.weight')).toEqual(['2.attention.key.weight.lora.a']);
    expect(of('transformer.layers.{0,2}.feed_forward.*.weight')).toHaveLength(4);
    const checked = checkSpec(accent(lora('**.layers.2.attention.key.weight'), frozen), files);
    expect(checked.rendered).toBe('');
    expect(checked.models[0]?.stages.get('tune')?.reached.filter(p => p.includes('.lora.'))).toEqual([
      'read.transformer.layers.2.attention.key.weight.lora.a',
      'read.transformer.layers.2.attention.key.weight.lora.b',
    ]);
  });

  test('a start of its own for each weight, by its path', () => {
    const weights = initialTensors(program.weights, 3);
    const values = program.trained.filter(p => p.endsWith('.a')).map(p => bitsOf(weights.get(p)).join());
    expect(new Set(values).size).toBe(6);
    for (const path of program.trained.filter(p => p.endsWith('.b')))
      expect([...(weights.get(path)?.data ?? [])].every(v => v === 0)).toBe(true);
  });
});

describe('other functions on weights', () => {
  test('several on one weight, in order', () => {
    const both = accent(
      `${lora('**.query.weight')}\n  adapt read by fake_quantize(bits: 4) on **.{query,key}.weight`,
      frozen,
    );
    expect(stageOf(both).trained.filter(p => p.endsWith('.a'))).toHaveLength(3);
    const twice = accent(`${lora('**.query.weight')}\n${lora('**.query.weight')}`, frozen);
    expect(checkSpec(twice, files).codes).toContain('twin-parts');
    const named = accent(
      '  adapt read by lora(rank: 2, alpha: 4) as first on **.query.weight\n  adapt read by lora(rank: 1, alpha: 4) as second on **.query.weight',
      'minimize next on other.train batch 4  train **.{first,second}  freeze rest',
    );
    expect(stageOf(named).trained.filter(p => p.endsWith('.a'))).toHaveLength(6);
  });

  test('weight normalization and rounding learn', async () => {
    for (const members of [
      '  adapt read by weight_norm() on **.attention.*.weight',
      '  adapt read by fake_quantize(bits: 6) on **.weight',
    ]) {
      const { losses } = await takeSteps(stageOf(accent(members)), reference(), { steps: 10 });
      expect(losses[9]).toBeLessThan(losses[0] ?? 0);
    }
  });

  test('a block of the own file, with blocks in it that the adapted layer calls too', async () => {
    const spec = accent(
      '  adapt read by side(width: 2) on **.attention.out.weight',
      'minimize next on other.train batch 4  train **.side  freeze rest',
    );
    const block = `
/// A small layer on the rows of a weight.
block side(w: float[In, Out], width: dim) -> float[In, Out] {
  return w + linear(linear(w, out: width) as down, out: Out) as up
}
`;
    const program = stageOf(`${spec}${block}`);
    expect(program.trained).toContain('read.transformer.layers.1.attention.out.weight.side.down.weight');
    const { losses } = await takeSteps(program, reference(), { steps: 10 });
    expect(losses[9]).toBeLessThan(losses[0] ?? 0);
  });

  test('a copy follows what is adapted', () => {
    const spec = accent(
      `${lora('**.query.weight')}
  part slow = copy read by ema(0.9)
  objective near(text: text[B, T]) { return mean(square(read(text) - stop(slow(text)))) }`,
      'minimize near on other.train batch 4  train **.lora  freeze rest',
    );
    const states = stageOf(spec).weights.filter(w => w.follows !== undefined);
    expect(states.find(w => w.path.endsWith('layers.0.attention.query.weight.lora.a'))?.follows?.path).toBe(
      'read.transformer.layers.0.attention.query.weight.lora.a',
    );
  });

  test('a part of a used model, without extending it', () => {
    const spec = `use "reader.mm" as Reader
model Sorts {
  modality text = Reader.text
  part read = Reader.read
  adapt read by lora(rank: 2, alpha: 4) on **.value.weight
  objective sorts(text: text[B, T], topic: index(Reader.Topic)[B]) {
    return cross_entropy(linear(mean(read(text), axis: -2), out: Reader.Topic), topic)
  }
  stage tune from Reader.pretrain(read) {
    minimize sorts on news.train batch 4  train sorts, read.**.lora  freeze rest
    optimizer adamw(rate: 0.003)  steps 5
  }
}
`
      .replaceAll('index(Reader.Topic)', 'index(Topic)')
      .replace('  part read', '  labels Topic = Reader.Topic\n  part read');
    expect(stageOf(spec).trained).toContain('Reader.read.transformer.layers.2.attention.value.weight.lora.b');
  });
});

describe('a model that extends another', () => {
  test('has its members and its exports, stages of its own, and more', () => {
    const spec = accent(
      `  part names = linear(out: Topic)
  objective sorts(text: text[B, T], topic: index(Topic)[B]) {
    return cross_entropy(names(mean(read(text), axis: -2)), topic)
  }
  export topic(t: text[B, T]) -> index(Topic)[B] { return argmax(names(mean(Reader.read(t), axis: -2))) }`,
      'minimize sorts + 0.1 * next on other.train batch 4  train all',
    );
    const [model] = checkSpec(spec, files).models;
    expect([...(model?.stages.keys() ?? [])]).toEqual(['tune']);
    expect([...(model?.exports.keys() ?? [])]).toEqual(['pooled', 'topic']);
    const [start] = model?.stages.get('tune')?.imports ?? [];
    expect([start?.name, start?.root, start?.stage]).toEqual(['Reader', '', 'pretrain']);
    // What is new isn't looked for in the other model's run.
    expect(start?.members).not.toContain('names');
    // Reader.read is the same part as read.
    const weights = compiled(spec)
      .export('topic', reference().target, new Map())
      .weights.map(w => w.path);
    expect(weights.filter(p => p.startsWith('Reader.'))).toEqual([]);
  });

  test('sees its own file, and the other sees its own', () => {
    const own = `${reader}\nblock twice(x: float[N...]) -> float[N...] { return 2 * x }\n`.replace(
      'heads: 2)',
      'heads: 2) |> twice()',
    );
    const spec = `${accent('  objective far(text: text[B, T]) { return mean(square(twice(read(text)))) }', 'minimize far on other.train batch 4  train all')}
block twice(x: float[N...]) -> float[N...] { return 3 * x }
`;
    const { rendered, models } = checkSpec(spec, { 'reader.mm': own });
    expect(rendered).toBe('');
    expect(models).toHaveLength(1);
  });

  test('may be extended and used itself', () => {
    const more = `use "accent.mm" as Accent
model More extends Accent {
  objective small(text: text[B, T]) { return mean(square(read(text))) }
  stage again from tune { minimize small on more.train batch 4  train **.lora  freeze rest  optimizer adamw(rate: 0.003)  steps 5 }
  stage first from pretrain { minimize next on more.train batch 4  train all  optimizer adamw(rate: 0.003)  steps 5 }
}
`;
    const all = { ...files, 'accent.mm': accent(lora('**.value.weight'), frozen) };
    const found = checkSpec(more, all);
    expect(found.rendered).toBe('');
    const stages = found.models[0]?.stages;
    expect(stages?.get('again')?.imports[0]?.name).toBe('Accent');
    expect(stages?.get('first')?.imports[0]?.name).toBe('Reader');
    expect(stages?.get('again')?.reached.filter(p => p.endsWith('lora.a'))).toHaveLength(3);
    const used = `use "accent.mm" as Accent
model Uses {
  modality text = Accent.text
  part read = Accent.read
  objective small(text: text[B, T]) { return mean(square(read(text))) }
  stage tune from Accent.tune(read) { minimize small on more.train batch 4  train read.**.lora  freeze rest  optimizer adamw(rate: 0.003)  steps 5 }
}
`;
    const using = checkSpec(used, all);
    expect(using.rendered).toBe('');
    expect(using.models[0]?.stages.get('tune')?.reached).toContain(
      'Accent.read.transformer.layers.1.attention.value.weight.lora.b',
    );
  });

  test('a base with a mistake is told once', () => {
    const wrong = { 'reader.mm': reader.replace('mean(read(t)', 'maen(read(t)') };
    const { diagnostics } = checkSpec(accent(lora('**.value.weight'), frozen), wrong);
    expect(diagnostics.map(d => [d.code, d.span?.file])).toEqual([['unknown-name', 'reader.mm']]);
  });

  test('of several patterns, each that matches nothing is told', () => {
    const spec = accent(lora('**.value.weight, **.valeu.weight, **.gate.weight'), frozen);
    const { diagnostics } = checkSpec(spec, files);
    expect(diagnostics.map(d => [d.code, d.message.split(' ')[0]])).toEqual([
      ['adapts-nothing', '**.valeu.weight'],
      ['adapts-nothing', '**.gate.weight'],
    ]);
  });
});
