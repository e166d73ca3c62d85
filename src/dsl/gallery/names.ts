// Names: unknown ones, taken ones, hidden ones, files.

import { inStamps, type Mistake, stamps } from './base.ts';

export const names: readonly Mistake[] = [
  {
    name: 'a value misspelled',
    code: 'unknown-name',
    why: 'A name is looked for in the body, among the members of the model, the blocks of the file and the standard library. Nothing is guessed: a name that means nothing is refused, with the nearest one that would do.',
    says: 'did you mean words?',
    ...inStamps('return words |>', 'return «wrods» |>'),
  },
  {
    name: 'a block misspelled',
    code: 'unknown-name',
    says: 'did you mean embedding?',
    ...inStamps('embedding(', '«embeding»('),
  },
  {
    name: 'two encoders of one name',
    code: 'defined-twice',
    why: "One name stands for one thing, so that a reader never asks which of two is meant and a weight's path is never taken twice.",
    says: 'look is defined twice',
    ...inStamps(
      '  align seen',
      '  encoder «look»(p: picture[N...]) -> shared[N...] {\n    return mean(p.pixels, axis: [-3, -2]) |> into(shared)\n  }\n  align seen',
    ),
  },
  {
    name: 'an objective named like an encoder',
    code: 'defined-twice',
    says: 'look is defined twice',
    ...inStamps(
      '  stage align',
      '  objective «look»(kind: index(Kind)[B]) {\n    return mean(to_float(kind))\n  }\n  stage align',
    ),
  },
  {
    name: 'a label twice',
    code: 'defined-twice',
    says: 'bird is defined twice',
    ...inStamps('{ flower, bird, ship }', '{ flower, bird, «bird» }'),
  },
  {
    name: 'a parameter twice',
    code: 'defined-twice',
    says: 'x is defined twice',
    wrong: 'block add(x: float[N..., D], «x»: float[N..., D]) {\n  return x + x\n}\n',
    mended: 'block add(x: float[N..., D], y: float[N..., D]) {\n  return x + y\n}\n',
  },
  {
    name: 'a field of a record twice',
    code: 'defined-twice',
    says: 'low is defined twice',
    wrong:
      'block ends(x: float[N..., D]) {\n  return { low: min(x, axis: -1), «low»: max(x, axis: -1) }\n}\n',
    mended:
      'block ends(x: float[N..., D]) {\n  return { low: min(x, axis: -1), high: max(x, axis: -1) }\n}\n',
  },
  {
    name: 'a block that takes the place of one of std',
    code: 'shadows-std',
    why: "A block of your own may have the name of one of the standard library; from then on the file means yours, also where the other was meant. Your other blocks and the library's own calls keep theirs.",
    says: "this file's linear takes the place of the standard library's",
    wrong: 'block «linear»(x: float[N...]) {\n  return x\n}\n',
    mended: 'block same(x: float[N...]) {\n  return x\n}\n',
  },
  {
    name: 'a let that hides a parameter',
    code: 'shadowed-name',
    why: 'A second definition of a name in reach would hide the first from the lines below. What changes from layer to layer is written x = …, without let, and only inside of repeat.',
    says: 'x would hide the x that is already in reach',
    wrong: 'block scaled(x: float[N..., D]) {\n  let «x» = 2 * x\n  return x\n}\n',
    mended: 'block scaled(x: float[N..., D]) {\n  let doubled = 2 * x\n  return doubled\n}\n',
  },
  {
    name: 'a let in repeat where a new value was meant',
    code: 'shadowed-name',
    says: 'inside repeat or scan, x = … (without let)',
    wrong:
      'block deep(x: float[N..., D]) {\n  repeat 3 as layers {\n    let «x» = x + feed_forward(x)\n  }\n  return x\n}\n',
    mended:
      'block deep(x: float[N..., D]) {\n  repeat 3 as layers {\n    x = x + feed_forward(x)\n  }\n  return x\n}\n',
  },
  {
    name: 'a new value outside of repeat',
    code: 'not-carried',
    why: "Values don't change: let gives a name once. Only what a repeat carries from one round to the next is written x = …, inside of its body.",
    says: 'a value is defined once, with let',
    wrong: 'block scaled(x: float[N..., D]) {\n  «x» = 2 * x\n  return x\n}\n',
    mended: 'block scaled(x: float[N..., D]) {\n  return 2 * x\n}\n',
  },
  {
    name: 'a let forgotten',
    code: 'not-carried',
    says: 'write: let h = …',
    wrong: 'block scaled(x: float[N..., D]) {\n  «h» = 2 * x\n  return h\n}\n',
    mended: 'block scaled(x: float[N..., D]) {\n  let h = 2 * x\n  return h\n}\n',
  },
  {
    name: 'a field of a modality misspelled',
    code: 'unknown-field',
    why: 'Fields stand behind a dot: those of a modality (pixels, ids), of a record that a block returns, a weight of a part, or a block of a used file.',
    says: 'did you mean pixels?',
    ...inStamps('p.pixels', 'p.«pixel»'),
  },
  {
    name: 'a field that a record has not',
    code: 'unknown-field',
    says: 'it has low, high',
    wrong:
      'block ends(x: float[N..., D]) {\n  return { low: min(x, axis: -1), high: max(x, axis: -1) }\n}\n\nblock width_of(x: float[N..., D]) {\n  let e = ends(x)\n  return e.«top» - e.low\n}\n',
    mended:
      'block ends(x: float[N..., D]) {\n  return { low: min(x, axis: -1), high: max(x, axis: -1) }\n}\n\nblock width_of(x: float[N..., D]) {\n  let e = ends(x)\n  return e.high - e.low\n}\n',
  },
  {
    name: 'a setting of a modality as a field of the wrong one',
    code: 'unknown-field',
    says: 'the modality picture has no field max',
    ...inStamps('positions(max: 8)', 'positions(max: picture.«max»)', 'positions(max: caption.max)'),
  },
  {
    name: 'a used file that is not there',
    code: 'file-not-found',
    why: 'use reads another file of blocks. Its path starts from the folder of the file in which the use stands, not from where the command runs.',
    says: 'there is no file blocks.mm',
    wrong: `use «"blocks.mm"» as Blocks\n\n${stamps}`,
    mended: `use "blocks.mm" as Blocks\n\n${stamps}`.replace('blocks.mm', 'parts.mm'),
    files: { 'parts.mm': 'block half(x: float[N...]) {\n  return x / 2\n}\n' },
  },
  {
    name: 'files that use each other',
    code: 'use-cycle',
    why: 'Files are read before they are checked, and one that needs itself would never be done.',
    says: 'move what both need into a third file',
    wrong: 'use «"spec.mm"» as Self\n\nblock same(x: float[N...]) {\n  return x\n}\n',
    mended: 'use "parts.mm" as Parts\n\nblock same(x: float[N...]) {\n  return x\n}\n',
    files: { 'parts.mm': 'block half(x: float[N...]) {\n  return x / 2\n}\n' },
  },
  {
    name: 'an empty file',
    code: 'no-model',
    why: 'A spec to be checked holds a model, or at least a block. This file holds neither.',
    says: 'write: model Name { … }',
    wrong: '«»// nothing yet\n',
    mended: stamps,
  },
];
