// Calls, parts and weights: arguments, names of parts, shared weights, bodies.

import { block, inStamps, type Mistake } from './base.ts';

export const calls: readonly Mistake[] = [
  {
    name: 'a number called',
    code: 'not-callable',
    why: 'Only blocks, parts, encoders, modalities of a schedule and functions can be called. A name that was defined in the body hides those of the library.',
    says: "width can't be called: it is the dim width",
    ...block(
      'block wide(x: float[N..., D], width: int) {\n  return «width(x)»\n}',
      'block wide(x: float[N..., D], width: int) {\n  return linear(x, out: width)\n}',
    ),
  },
  {
    name: 'a value piped into something that is no call',
    code: 'not-callable',
    says: "y can't be called: it is float[N, D]",
    ...block(
      'block wide(x: float[N..., D], y: float[N..., D]) {\n  return x |> «y»\n}',
      'block wide(x: float[N..., D], y: float[N..., D]) {\n  return x |> gelu()\n}',
    ),
  },
  {
    name: 'a field with the name of an encoder',
    code: 'not-callable',
    says: 'it hides the look that can be called',
    ...inStamps(
      '  stage align',
      '  objective still(look: picture[B]) {\n    return mean(square(sum(«look(look)», axis: -1)))\n  }\n  stage align',
      '  objective still(seen: picture[B]) {\n    return mean(square(sum(look(seen), axis: -1)))\n  }\n  stage align',
    ),
  },
  {
    name: 'as behind something that is no call',
    code: 'nothing-to-name',
    why: 'as gives a name to the part that a call makes, and so to the path of its weights. A value without a call owns none.',
    says: 'as names the part that a call makes',
    ...block(
      'block wide(x: float[N..., D]) {\n  return «x as first» + x\n}',
      'block wide(x: float[N..., D]) {\n  return linear(x, out: D) as first + x\n}',
    ),
  },
  {
    name: 'a setting of linear misspelled',
    code: 'unknown-argument',
    why: 'A setting that is spelled wrong is refused: were it dropped, the default would stand in its place and nobody would know.',
    says: 'did you mean heads?',
    ...inStamps('heads: 4)', '«head: 4»)', 'heads: 4)'),
  },
  {
    name: 'an argument misspelled',
    code: 'unknown-argument',
    says: 'did you mean bias?',
    ...inStamps(
      'linear(out: width)',
      'linear(out: width, «biass: false»)',
      'linear(out: width, bias: false)',
    ),
  },
  {
    name: 'more arguments than a block takes',
    code: 'too-many-arguments',
    why: 'Arguments without names go to the parameters in order, and there is none left for this one.',
    says: 'into takes 2 arguments; this is one more',
    ...inStamps(
      'transformer(depth: 1, heads: 4) |> mean(axis: -2) |> into(shared)',
      'transformer(depth: 1, heads: 4) |> mean(axis: -2) |> into(shared, «12»)',
      'transformer(depth: 1, heads: 4) |> mean(axis: -2) |> into(shared)',
    ),
  },
  {
    name: 'more arguments than a function takes',
    code: 'too-many-arguments',
    says: 'exp takes 1 argument',
    ...block(
      'block grown(x: float[N..., D]) {\n  return exp(x, «2»)\n}',
      'block grown(x: float[N..., D]) {\n  return exp(2 * x)\n}',
    ),
  },
  {
    name: 'an argument left out',
    code: 'missing-argument',
    why: 'A parameter without a default must be given in every call. Nothing is filled in silently.',
    says: 'linear needs out: dim',
    ...inStamps('|> linear(out: width)', '|> «linear()»', '|> linear(out: width)'),
  },
  {
    name: 'an argument of a function left out',
    code: 'missing-argument',
    says: 'gather needs index',
    ...block(
      'block rows(table: float[V, D], at: index(V)[N...]) {\n  return «gather(table)»\n}',
      'block rows(table: float[V, D], at: index(V)[N...]) {\n  return gather(table, at)\n}',
    ),
  },
  {
    name: 'an argument given twice',
    code: 'argument-twice',
    why: 'A parameter takes one value. Arguments without names go to the first parameters in order, so a named one may meet a place that is already filled.',
    says: 'out of linear is given twice',
    ...inStamps('linear(out: width)', 'linear(out: width, «out: 8»)', 'linear(out: width)'),
  },
  {
    name: 'an argument of a function given twice',
    code: 'argument-twice',
    says: 'axis of sum is given twice',
    ...block(
      'block total(x: float[T, D]) {\n  return sum(x, axis: 0, «axis: 1»)\n}',
      'block total(x: float[T, D]) {\n  return sum(x, axis: [0, 1])\n}',
    ),
  },
  {
    name: 'two layers without names',
    code: 'twin-parts',
    why: "Weights stand at paths made of names. Two calls that own weights in one body need two names; whether they were meant to share their weights can't be guessed.",
    says: 'name them: linear(…) as first',
    ...block(
      'block two(x: float[N..., D]) {\n  return x |> linear(out: 2 * D) |> gelu() |> «linear(out: D)»\n}',
      'block two(x: float[N..., D]) {\n  return x |> linear(out: 2 * D) as up |> gelu() |> linear(out: D) as down\n}',
    ),
  },
  {
    name: 'two dropouts without names',
    code: 'twin-parts',
    says: 'two calls of dropout',
    ...block(
      'block noisy(x: float[N..., D]) {\n  return «dropout(dropout(x, rate: 0.1), rate: 0.2)»\n}',
      'block noisy(x: float[N..., D]) {\n  return dropout(dropout(x, rate: 0.1) as once, rate: 0.2) as again\n}',
    ),
  },
  {
    name: 'two repeats of layers without names',
    code: 'twin-repeats',
    why: 'The layers of a repeat stand at its name: layers.0, layers.1, … Two repeats of one name would claim the same paths.',
    says: 'two repeats named repeat in one body each own weights',
    ...block(
      'block deep(x: float[N..., D]) {\n  repeat 2 {\n    x = feed_forward(x)\n  }\n  «repeat» 2 {\n    x = feed_forward(x)\n  }\n  return x\n}',
      'block deep(x: float[N..., D]) {\n  repeat 2 as low {\n    x = feed_forward(x)\n  }\n  repeat 2 as high {\n    x = feed_forward(x)\n  }\n  return x\n}',
    ),
  },
  {
    name: 'a weight read before its part is called',
    code: 'part-not-called',
    why: 'A part makes its weights in its first call, whose arguments say how large they are. Before it there is no weight to read.',
    says: 'call table(…) first',
    ...block(
      'block tied(ids: index(V)[N..., T], width: dim) {\n  part table = embedding(width: width)\n  let back = transpose(«table.weight»)\n  return table(ids) @ back\n}',
      'block tied(ids: index(V)[N..., T], width: dim) {\n  part table = embedding(width: width)\n  let h = table(ids)\n  return h @ transpose(table.weight)\n}',
    ),
  },
  {
    name: 'a weight that a part has not',
    code: 'unknown-field',
    says: 'did you mean weight?',
    ...block(
      'block tied(ids: index(V)[N..., T], width: dim) {\n  part table = embedding(width: width)\n  let h = table(ids)\n  return h @ transpose(table.«weigth»)\n}',
      'block tied(ids: index(V)[N..., T], width: dim) {\n  part table = embedding(width: width)\n  let h = table(ids)\n  return h @ transpose(table.weight)\n}',
    ),
  },
  {
    name: 'a shared part that is called at two widths',
    code: 'part-shape-changed',
    why: 'Two calls of a part share its weights, which have one size. Arguments of two widths would need two.',
    says: 'float[D, 8] and float[E, 8]',
    ...block(
      'block both(x: float[N..., D], y: float[N..., E]) {\n  part down = linear(out: 8)\n  return down(x) + «down(y)»\n}',
      'block both(x: float[N..., D], y: float[N..., D]) {\n  part down = linear(out: 8)\n  return down(x) + down(y)\n}',
    ),
  },
  {
    name: 'a part that is no block',
    code: 'wrong-kind',
    says: 'a block with its settings, as in embedding(width: 64)',
    ...block(
      'block half(x: float[N..., D]) {\n  part by = «0.5»\n  return x * by\n}',
      'block half(x: float[N..., D]) {\n  let by = 0.5\n  return x * by\n}',
    ),
  },
  {
    name: 'a block that calls itself',
    code: 'recursive-block',
    why: 'Blocks are unfolded when the model is built, and one that calls itself would be unfolded for ever.',
    says: 'use repeat',
    ...block(
      'block deep(x: float[N..., D]) {\n  return «deep(feed_forward(x))»\n}',
      'block deep(x: float[N..., D]) {\n  repeat 4 as layers {\n    x = feed_forward(x)\n  }\n  return x\n}',
    ),
  },
  {
    name: 'two blocks that call each other',
    code: 'recursive-block',
    says: 'calls itself, directly or through others',
    ...block(
      'block ping(x: float[N..., D]) {\n  return «pong(x)»\n}\n\nblock pong(x: float[N..., D]) {\n  return ping(x)\n}',
      'block ping(x: float[N..., D]) {\n  return pong(x)\n}\n\nblock pong(x: float[N..., D]) {\n  return 2 * x\n}',
    ),
  },
  {
    name: 'a body without return',
    code: 'no-return',
    why: 'A block is a function: its value is what stands behind return, in every branch.',
    says: 'end its body with return …',
    ...block(
      'block half(x: float[N..., D]) {\n  let y = x / 2\n«}»',
      'block half(x: float[N..., D]) {\n  let y = x / 2\n  return y\n}',
    ),
  },
  {
    name: 'a branch without return',
    code: 'no-return',
    says: 'maybe ends without returning anything',
    ...block(
      'block maybe(x: float[N..., D], half: bool) {\n  if half {\n    return x / 2\n  }\n«}»',
      'block maybe(x: float[N..., D], half: bool) {\n  if half {\n    return x / 2\n  }\n  return x\n}',
    ),
  },
  {
    name: 'statements after return',
    code: 'after-return',
    why: 'return ends a body, so these statements would never run. One of them may have been meant to come before it.',
    says: 'nothing after return is ever reached',
    ...block(
      'block half(x: float[N..., D]) {\n  return x / 2\n  «let y = x»\n}',
      'block half(x: float[N..., D]) {\n  let y = x\n  return y / 2\n}',
    ),
  },
  {
    name: 'return in repeat',
    code: 'return-in-loop',
    why: 'A repeat hands the values that it carries to its next round and, at its end, to the lines below. It has no value of its own.',
    says: 'give what it carries a new value',
    ...block(
      'block deep(x: float[N..., D]) {\n  repeat 2 as layers {\n    return «feed_forward(x)»\n  }\n  return x\n}',
      'block deep(x: float[N..., D]) {\n  repeat 2 as layers {\n    x = feed_forward(x)\n  }\n  return x\n}',
    ),
  },
  {
    name: 'a weight as long as the text',
    code: 'weight-of-data-size',
    why: 'A weight is trained once and used with every batch, so its size comes from the spec. An axis of the data, such as the length of a text or the rows of a batch, may change with the next batch.',
    says: 'T comes with each batch',
    ...inStamps(
      'let words = embedding(c.ids, width: width) |> positions(max: 8)',
      'param place: float[«T», width] = normal(0.02)\n    let words = embedding(c.ids, width: width) + place',
      'param place: float[8, width] = normal(0.02)\n    let words = embedding(c.ids, width: width) + gather(place, places(c.ids, axis: -1))',
    ),
  },
  {
    name: 'a layer over the words of a text',
    code: 'weight-of-data-size',
    says: 'T comes with each batch',
    ...inStamps(
      'return words |> transformer(depth: 1, heads: 4) |> mean(axis: -2)',
      'return transpose(words) |> «linear(out: 1)» |> mean(axis: -1)',
      'return words |> linear(out: 8) |> mean(axis: -2)',
    ),
  },
  {
    name: 'a weight without a way to start',
    code: 'not-an-initializer',
    why: 'A weight starts as an initializer says, from the seed of the run and its own path, so that it starts the same on every machine.',
    says: 'did you mean normal?',
    ...block(
      'block biased(x: float[N..., D]) {\n  param b: float[D] = «norml(0.02)»\n  return x + b\n}',
      'block biased(x: float[N..., D]) {\n  param b: float[D] = normal(0.02)\n  return x + b\n}',
    ),
  },
  {
    name: 'a weight that starts from a value',
    code: 'not-an-initializer',
    says: 'initializers are zeros(), ones()',
    ...block(
      'block biased(x: float[N..., D]) {\n  param b: float[D] = «x»\n  return x + b\n}',
      'block biased(x: float[N..., D]) {\n  param b: float[D] = 0\n  return x + b\n}',
    ),
  },
  {
    name: 'an initializer without its spread',
    code: 'missing-argument',
    says: 'normal needs std',
    ...block(
      'block biased(x: float[N..., D]) {\n  param b: float[D] = «normal()»\n  return x + b\n}',
      'block biased(x: float[N..., D]) {\n  param b: float[D] = normal(0.02)\n  return x + b\n}',
    ),
  },
];
