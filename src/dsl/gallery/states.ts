// States, updates and copies.

import { block, inStamps, type Mistake } from './base.ts';

const norm = (
  body: string,
): string => `block centered(x: float[N..., D], momentum: number = 0.1) -> float[N..., D] {
  state center: float[D] = zeros()
${body}
}`;
const mended = norm(`  update center = (1 - momentum) * center + momentum * mean(x, axis: 0)
  return x - center`);

/** In the model of the gallery, with `more` members and `text` in its objective. */
export const sorting = (more: string, text: string): string =>
  inStamps(
    '  objective sort(picture: picture[B], kind: index(Kind)[B]) {\n',
    `${more}  objective sort(picture: picture[B], kind: index(Kind)[B]) {\n${text}`,
  ).wrong;

const mixed = '    update seen_so_far = 0.9 * seen_so_far + 0.1 * mean(look(picture), axis: 0)\n';
const member = '  state seen_so_far: float[shared] = zeros()\n';

export const states: readonly Mistake[] = [
  {
    name: 'an update of a name that is not there',
    code: 'not-a-state',
    why: "Only a state has a value of its own from step to step; a weight is the optimizer's, and a value is made anew in each step.",
    says: "centre can't be updated",
    ...block(
      norm(
        '  let y = x - center\n  update «centre» = mean(x, axis: 0)\n  update center = mean(x, axis: 0)\n  return y',
      ),
      mended,
    ),
  },
  {
    name: 'an update of a weight',
    code: 'not-a-state',
    says: 'a weight, which the optimizer moves',
    ...block(
      'block centered(x: float[N..., D]) -> float[N..., D] {\n  param center: float[D] = zeros()\n  update «center» = mean(x, axis: 0)\n  return x - center\n}',
      mended,
    ),
  },
  {
    name: 'an update of a value',
    code: 'not-a-state',
    says: 'it is float[D]',
    ...block(
      norm(
        '  let y = x - center\n  let m = mean(x, axis: 0)\n  update «m» = 0.9 * center\n  update center = m\n  return y',
      ),
      mended,
    ),
  },
  {
    name: 'a state updated twice in one body',
    code: 'updated-twice',
    why: 'A state is read as it was before the step and gets one value after it, so of two updates one would be lost.',
    says: 'a state gets one new value in a step',
    ...block(
      norm(`  update center = 0.9 * center
  «update center = center + 0.1 * mean(x, axis: 0)»
  return x - center`),
      mended,
    ),
  },
  {
    name: 'a state updated by every layer',
    code: 'updated-twice',
    says: 'once for each round of this repeat',
    ...block(
      norm(`  repeat 3 as layers {
    x = linear(x, out: D)
    «update center = mean(x, axis: 0)»
  }
  return x - center`),
      norm(`  repeat 3 as layers {
    x = linear(x, out: D)
  }
  update center = mean(x, axis: 0)
  return x - center`),
    ),
  },
  {
    name: 'a state updated at every position',
    code: 'updated-twice',
    says: 'carry the value through the scan',
    ...block(
      `block peak(x: float[N..., T, D]) -> float[N..., D] {
  state highest: float[D] = zeros()
  let at = x[:, 0, :]
  scan now in x {
    «update highest = max(highest, max(now, axis: 0))»
    at = max(at, now)
  }
  return at
}`,
      `block peak(x: float[N..., T, D]) -> float[N..., D] {
  state highest: float[D] = zeros()
  let at = x[:, 0, :]
  scan now in x {
    at = max(at, now)
  }
  update highest = max(highest, max(at, axis: 0))
  return at
}`,
    ),
  },
  {
    name: 'an update of another size',
    code: 'state-changes',
    why: 'A state is kept between steps in checkpoints and on engines, so its type stays what it was declared as, promises included.',
    says: 'center is float[D], and becomes float[N]',
    ...block(norm('  update center = «mean(x, axis: -1)»\n  return x - center'), mended),
  },
  {
    name: 'a queue of unit vectors that starts with vectors of any length',
    code: 'state-changes',
    says: 'end it with |> unit()',
    ...block(
      'block held(x: unit float[N..., D]) -> unit float[N..., D] {\n  state rows: unit float[4, D] = «normal(1)»\n  update rows = rows\n  return x\n}',
      'block held(x: unit float[N..., D]) -> unit float[N..., D] {\n  state rows: unit float[4, D] = normal(1) |> unit()\n  update rows = rows\n  return x\n}',
    ),
  },
  {
    name: 'an average that was promised to have length one',
    code: 'state-changes',
    says: 'becomes float[4, D]',
    ...block(
      'block held(x: unit float[N..., D]) -> unit float[N..., D] {\n  state rows: unit float[4, D] = normal(1) |> unit()\n  update rows = «0.5 * rows + 0.1»\n  return x\n}',
      'block held(x: unit float[N..., D]) -> unit float[N..., D] {\n  state rows: unit float[4, D] = normal(1) |> unit()\n  update rows = unit(0.5 * rows + 0.1)\n  return x\n}',
    ),
  },
  {
    name: 'an index that starts behind the end',
    code: 'state-changes',
    says: 'starts as 4, which is outside',
    ...block(
      'block counted(x: float[N...]) -> float[N...] {\n  state at: index(4) = «4»\n  update at = at\n  return x\n}',
      'block counted(x: float[N...]) -> float[N...] {\n  state at: index(4) = 3\n  update at = at\n  return x\n}',
    ),
  },
  {
    name: 'a state that nothing updates',
    code: 'state-never-updated',
    why: 'A state is there to change; one that never does is a constant that looks like something learned.',
    says: 'it stays what it starts as',
    ...block(norm('  return x - center').replace('center:', '«center»:'), mended),
  },
  {
    name: 'a state of the model that nothing updates',
    code: 'state-never-updated',
    says: 'nothing updates the state seen_so_far',
    wrong: sorting(member.replace('seen_so_far', '«seen_so_far»'), ''),
    mended: sorting(member, mixed),
  },
  {
    name: 'an update in an export',
    code: 'export-updates',
    why: 'States change where their part learns, in a stage; a caller of an export gets an answer and leaves the model as it was.',
    says: 'an export never learns',
    wrong: sorting(member, mixed).replace(
      '    return nearest(',
      '    «update seen_so_far = mean(look(p), axis: 0)»\n    return nearest(',
    ),
    mended: sorting(member, mixed),
  },
  {
    name: 'a state trained',
    code: 'names-a-state',
    why: 'Training moves weights by their gradients and freezing holds them; no gradient reaches a state, so neither word means anything for it.',
    says: 'a state is updated where its part is trained',
    wrong: sorting(member, mixed).replace('    train all', '    train «seen_so_far», look, read, sort, seen'),
    mended: sorting(member, mixed).replace('    train all', '    train look, read, sort, seen'),
  },
  {
    name: 'a copy frozen',
    code: 'names-a-state',
    says: 'a copy follows what it copies',
    wrong: sorting('  part slow = copy look by ema(0.99)\n', '    let h = slow(picture)\n').replace(
      '    train all',
      '    train rest\n    freeze «slow»',
    ),
    mended: sorting('  part slow = copy look by ema(0.99)\n', '    let h = slow(picture)\n'),
  },
  {
    name: 'a copy that holds two parts of one name',
    code: 'copy-collides',
    why: 'All that a copy holds stands under one path, so that two things of one name would share one state by accident.',
    says: 'slow would hold two parts named trunk',
    wrong: sorting(
      `  part trunk = linear(out: 12)
  encoder wide(p: picture[N...]) -> float[N..., 12] {
    return mean(p.pixels, axis: [-3, -2]) |> trunk() |> linear(out: 12) as «trunk»
  }
  part slow = copy wide by ema(0.99)
`,
      '    let h = wide(picture) + slow(picture)\n',
    ).replace(
      'cross_entropy(linear(look(picture), out: Kind), kind)',
      'cross_entropy(linear(h, out: Kind), kind)',
    ),
    mended: sorting(
      `  part trunk = linear(out: 12)
  encoder wide(p: picture[N...]) -> float[N..., 12] {
    return mean(p.pixels, axis: [-3, -2]) |> trunk() |> linear(out: 12) as last
  }
  part slow = copy wide by ema(0.99)
`,
      '    let h = wide(picture) + slow(picture)\n',
    ).replace(
      'cross_entropy(linear(look(picture), out: Kind), kind)',
      'cross_entropy(linear(h, out: Kind), kind)',
    ),
  },
  {
    name: 'a copy that follows in a way that there is not',
    code: 'unknown-name',
    says: 'write: copy PART by ema(0.995)',
    wrong: sorting('  part slow = copy look by «average»(0.99)\n', '    let h = slow(picture)\n'),
    mended: sorting('  part slow = copy look by ema(0.99)\n', '    let h = slow(picture)\n'),
  },
];
