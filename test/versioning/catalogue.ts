// Pairs of specs, each an edit of one of a few small ones, with the verdict and the version that it must get.

import type { Verdict } from '../../src/versioning/verdict.ts';
import type { Call } from '../../src/versioning/version-call.ts';

const texts = `model Texts(depth: int = 2, width: int = 16) version "1.0.0" {
  modality words: Text(tokenizer: bpe(300), length: 6)
  labels Kind { good, bad, ugly }
  encoder read(t: words[N..., T]) -> float[N..., width] {
    return embedding(t.ids, width: width) |> positions(max: 6)
        |> transformer(depth: depth, heads: 2, drop: 0.1) |> mean(axis: -2)
  }
  encoder scores(t: words[N..., T]) -> float[N..., Kind] { return linear(read(t), out: Kind) as out }
  objective kinds(words: words[B, T], kind: index(Kind)[B]) { return cross_entropy(scores(words), kind) }
  stage tune {
    minimize kinds on texts.train with words: [drop(0.2)] batch 8
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 100
    measure accuracy(argmax(scores(words)), kind) on texts.train every 50
  }
  export kind(words: words[B, T]) -> index(Kind)[B] { return argmax(scores(words)) }
  export likely(words: words[B, T]) -> simplex float[B, Kind] { return softmax(scores(words)) }
}
`;

const pairs = `block lift(x: float[N..., D], out: int) -> float[N..., out] {
  return linear(x, out: out) as up |> gelu() |> linear(out: out) as down
}
model Pairs version "2.1.0" {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(300), length: 6)
  space shared(8)
  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 4) |> lift(out: 16) |> layer_norm() |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 16) |> mean(axis: -2) |> lift(out: 16) |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  stage align_them {
    minimize seen on shades.train batch 8
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 100
  }
  export look_at(picture: picture[B]) -> shared[B] { return look(picture) }
  export near(picture: picture[B], among: caption[K]) -> index(K)[B] {
    return nearest(look(picture), read(among))
  }
}
`;

const gpt = `model Gpt version "1.2.3" {
  modality text: Text(tokenizer: characters(), length: 8)
  part words = embedding(width: 16)
  encoder write(t: text[N..., T]) -> float[N..., T, text] {
    let h = words(t.ids) |> positions(max: 8) |> transformer(depth: 2, heads: 2, causal: true)
    return h @ transpose(words.weight)
  }
  objective next(text: text[B, T]) { return cross_entropy(write(text)[:, :-1], text.ids[:, 1:]) }
  stage pretrain {
    minimize next on books.train batch 8
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 100
  }
  export scores(text: text[B, T]) -> float[B, T, text] { return write(text) }
}
`.replace('characters()', 'bpe(300)');

const speech = `model Speech version "0.3.0" {
  modality speech: Audio(
    rate: 8kHz, length: 400ms, features: log_mel(bands: 8, window: 25ms, hop: 10ms)
  )
  labels Word { yes, no }
  encoder hear(s: speech[N..., T]) -> float[N..., 8] {
    return linear(s.features, out: 8) as lift |> mean(axis: -2)
  }
  part choose = linear(out: Word)
  encoder scores(s: speech[N..., T]) -> float[N..., Word] { return choose(hear(s)) }
  objective words(speech: speech[B, T], word: index(Word)[B]) { return cross_entropy(scores(speech), word) }
  stage tune {
    minimize words on said.train batch 8
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 100
  }
  export word(speech: speech[B, T]) -> index(Word)[B] { return argmax(scores(speech)) }
}
`;

const net = `model Net version "1.0.0" {
  modality picture: Image(height: 8, width: 8)
  labels Kind { cat, dog }
  encoder look(p: picture[N...]) -> float[N..., 8] {
    return conv(p.pixels, out: 8, pad: 1, bias: false) as conv1 |> batch_norm() as norm1 |> relu()
        |> conv(out: 8, pad: 1, bias: false) as conv2 |> batch_norm() as norm2 |> relu()
        |> tokens() |> mean(axis: -2)
  }
  encoder scores(p: picture[N...]) -> float[N..., Kind] { return linear(look(p), out: Kind) as head }
  objective kinds(picture: picture[B], kind: index(Kind)[B]) { return cross_entropy(scores(picture), kind) }
  stage tune {
    minimize kinds on pets.train batch 8
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 100
  }
  export kind(picture: picture[B]) -> index(Kind)[B] { return argmax(scores(picture)) }
}
`;

export interface Pair {
  readonly name: string;
  readonly old: string;
  readonly now: string;
  readonly verdict: Verdict;
  readonly call: Call;
}

type Edit = readonly [string, string] | ((spec: string) => string);
type Line = readonly [name: string, edits: readonly Edit[], verdict: Verdict, call: Call];

/** Every edit must find what it changes. */
function edited(spec: string, edits: readonly Edit[]): string {
  return edits.reduce((text, edit) => {
    const next = typeof edit === 'function' ? edit(text) : text.replace(edit[0], edit[1]);
    if (next === text) throw new Error(`an edit changes nothing: ${String(edit)}`);
    return next;
  }, spec);
}

const of = (base: string, old: string, lines: readonly Line[]): readonly Pair[] =>
  lines.map(([name, edits, verdict, call]) => ({
    name: `${base}: ${name}`,
    old,
    now: edits.length === 0 ? old : edited(old, edits),
    verdict,
    call,
  }));

const swapLines = (a: string, b: string) => (spec: string) =>
  spec.replace(a, '\u0000').replace(b, a).replace('\u0000', b);

export const catalogue: readonly Pair[] = [
  ...of('texts', texts, [
    ['nothing', [], 'identical', 'none'],
    [
      'comments and doc',
      [
        ['model Texts', '/// Kinds of texts.\nmodel Texts'],
        ['  labels', '  // three\n  labels'],
      ],
      'identical',
      'none',
    ],
    [
      'a local named',
      [
        [
          'return linear(read(t), out: Kind) as out',
          'let h = read(t)\n    return linear(h, out: Kind) as out',
        ],
      ],
      'identical',
      'none',
    ],
    [
      'order of exports',
      [
        swapLines(
          '  export kind(words: words[B, T]) -> index(Kind)[B] { return argmax(scores(words)) }\n',
          '  export likely(words: words[B, T]) -> simplex float[B, Kind] { return softmax(scores(words)) }\n',
        ),
      ],
      'identical',
      'none',
    ],
    [
      'names of dims',
      [
        [
          'export kind(words: words[B, T]) -> index(Kind)[B]',
          'export kind(words: words[N, S]) -> index(Kind)[N]',
        ],
      ],
      'identical',
      'none',
    ],
    ['the version alone', [['1.0.0', '1.0.1']], 'identical', 'none'],
    ['a default written out', [['heads: 2,', 'heads: 2, activation: gelu,']], 'identical', 'none'],
    ['steps', [['steps 100', 'steps 200']], 'loads', 'patch'],
    ['batch', [['batch 8', 'batch 16']], 'loads', 'patch'],
    ['optimizer', [['constant(1e-3)', 'constant(3e-3)']], 'loads', 'patch'],
    ['augmentation', [['drop(0.2)', 'drop(0.5)']], 'loads', 'patch'],
    ['another data set', [['on texts.train with', 'on more.train with']], 'loads', 'patch'],
    ['a measure', [['every 50', 'every 25']], 'loads', 'patch'],
    [
      'a measure dropped',
      [['    measure accuracy(argmax(scores(words)), kind) on texts.train every 50\n', '']],
      'loads',
      'patch',
    ],
    ['a rate of dropout', [['drop: 0.1', 'drop: 0.3']], 'loads', 'patch'],
    ['dropout dropped', [[', drop: 0.1', '']], 'loads', 'patch'],
    ['what learns', [['train all', 'freeze read\n    train rest']], 'loads', 'patch'],
    [
      'a second stage',
      [
        [
          '  export kind',
          '  stage more from tune {\n    minimize kinds on texts.train batch 8\n    train all\n    optimizer adamw(rate: 1e-4)\n    steps 10\n  }\n  export kind',
        ],
      ],
      'loads',
      'patch',
    ],
    [
      'label smoothing',
      [['return cross_entropy(scores(words), kind)', 'return cross_entropy(scores(words), kind) * 2']],
      'loads',
      'patch',
    ],
    [
      'an export more',
      [
        [
          '  export kind',
          '  export vector(words: words[B, T]) -> float[B, width] { return read(words) }\n  export kind',
        ],
      ],
      'loads',
      'minor',
    ],
    [
      'an export dropped',
      [
        [
          '  export likely(words: words[B, T]) -> simplex float[B, Kind] { return softmax(scores(words)) }\n',
          '',
        ],
      ],
      'loads',
      'major',
    ],
    ['an export renamed', [['export kind', 'export klass']], 'loads', 'major'],
    [
      'a parameter of an export renamed',
      [
        [
          'export likely(words: words[B, T]) -> simplex float[B, Kind] { return softmax(scores(words)) }',
          'export likely(text: words[B, T]) -> simplex float[B, Kind] { return softmax(scores(text)) }',
        ],
      ],
      'changes meaning',
      'major',
    ],
    [
      'softmax dropped',
      [
        [
          'simplex float[B, Kind] { return softmax(scores(words)) }',
          'float[B, Kind] { return scores(words) }',
        ],
      ],
      'changes meaning',
      'major',
    ],
    ['a promise dropped', [['-> simplex float[B, Kind] {', '-> float[B, Kind] {']], 'loads', 'major'],
    ['gelu to relu', [['heads: 2,', 'heads: 2, activation: relu,']], 'changes meaning', 'major'],
    ['causal', [['heads: 2,', 'heads: 2, causal: true,']], 'changes meaning', 'major'],
    ['heads', [['heads: 2,', 'heads: 4,']], 'changes meaning', 'major'],
    ['mean to first', [['mean(axis: -2)', 'first()']], 'changes meaning', 'major'],
    ['mean to last', [['mean(axis: -2)', 'last()']], 'changes meaning', 'major'],
    ['labels reordered', [['good, bad, ugly', 'bad, good, ugly']], 'changes meaning', 'major'],
    ['a label renamed', [['ugly', 'plain']], 'changes meaning', 'major'],
    ['a label more', [['ugly }', 'ugly, odd }']], 'incompatible', 'major'],
    ['another tokenizer of the same size', [['bpe(300)', 'wordpiece(300)']], 'changes meaning', 'major'],
    [
      'a special token',
      [['bpe(300), length: 6', 'bpe(300), length: 6, special: [mask]']],
      'changes meaning',
      'major',
    ],
    ['a larger vocabulary', [['bpe(300)', 'bpe(400)']], 'incompatible', 'major'],
    [
      'longer texts, the positions too',
      [
        ['length: 6', 'length: 8'],
        ['max: 6', 'max: 8'],
      ],
      'incompatible',
      'major',
    ],
    ['deeper', [['depth: int = 2', 'depth: int = 3']], 'partial', 'major'],
    ['shallower', [['depth: int = 2', 'depth: int = 1']], 'partial', 'major'],
    ['wider', [['width: int = 16', 'width: int = 32']], 'incompatible', 'major'],
    ['wider inside', [['heads: 2,', 'heads: 2, expansion: 2,']], 'incompatible', 'major'],
    ['a bias dropped', [['out: Kind) as out', 'out: Kind, bias: false) as out']], 'partial', 'major'],
    ['a part renamed', [['as out', 'as last']], 'partial', 'major'],
    [
      'a head of its own',
      [
        [
          '  objective',
          '  encoder mood(t: words[N..., T]) -> float[N..., 2] { return linear(read(t), out: 2) as out }\n  objective',
        ],
        [
          '  export kind',
          '  export mood_of(words: words[B, T]) -> float[B, 2] { return mood(words) }\n  export kind',
        ],
      ],
      'partial',
      'minor',
    ],
    ['positions dropped', [[' |> positions(max: 6)', '']], 'partial', 'major'],
    [
      'scaled',
      [['linear(read(t), out: Kind) as out', '2 * linear(read(t), out: Kind) as out']],
      'changes meaning',
      'major',
    ],
    [
      'the smallest',
      [['{ return argmax(scores(words)) }', '{ return argmax(-scores(words)) }']],
      'changes meaning',
      'major',
    ],
    [
      'an initializer',
      [
        ['embedding(t.ids, width: width)', 'scaled(t.ids, width: width)'],
        [
          'model Texts',
          'block scaled(ids: index(V)[N...], width: int) -> float[N..., width] {\n  param weight: float[V, width] = normal(0.5)\n  return gather(weight, ids)\n}\nmodel Texts',
        ],
      ],
      'partial',
      'major',
    ],
  ]),
  ...of('pairs', pairs, [
    [
      'a block unrolled',
      [
        [
          '|> lift(out: 16) |> layer_norm()',
          '|> linear(out: 16) as a |> gelu() |> linear(out: 16) as b |> layer_norm()',
        ],
      ],
      'partial',
      'major',
    ],
    ['the temperature', [['1 / 0.07', '1 / 0.05']], 'loads', 'patch'],
    [
      'another loss',
      [['infonce(scale: learned(1 / 0.07, max: 100))', 'infonce(scale: 14)']],
      'partial',
      'major',
    ],
    ['an epsilon', [['layer_norm()', 'layer_norm(epsilon: 1e-6)']], 'changes meaning', 'major'],
    [
      'norm before',
      [
        ['|> lift(out: 16) |> layer_norm() |> mean', '|> lift(out: 16) |> mean'],
        [
          'mean(axis: -2) |> into(shared)\n  }\n  encoder read',
          'mean(axis: -2) |> layer_norm() |> into(shared)\n  }\n  encoder read',
        ],
      ],
      'changes meaning',
      'major',
    ],
    ['size of patches', [['size: 4', 'size: 2']], 'incompatible', 'major'],
    [
      'pictures of another size',
      [['height: 8, width: 8', 'height: 16, width: 16']],
      'changes meaning',
      'major',
    ],
    ['a wider space', [['shared(8)', 'shared(12)']], 'incompatible', 'major'],
    ['the space renamed', [(s: string) => s.replaceAll('shared', 'joint')], 'loads', 'major'],
    [
      'a part moved into a block',
      [
        ['patches(p.pixels, size: 4) |> lift(out: 16)', 'patches(p.pixels, size: 4) |> inner(out: 16)'],
        [
          'block lift',
          'block inner(x: float[N..., D], out: int) -> float[N..., out] { return lift(x, out: out) }\nblock lift',
        ],
      ],
      'partial',
      'major',
    ],
    [
      'the farthest',
      [['nearest(look(picture), read(among))', 'argmax(-similarity(look(picture), read(among)))']],
      'changes meaning',
      'major',
    ],
    ['activations swapped in the block', [['gelu()', 'silu()']], 'changes meaning', 'major'],
    ['gelu by tanh', [['gelu()', 'gelu(approximate: true)']], 'changes meaning', 'major'],
    ['rms for layer norm', [['layer_norm()', 'rms_norm() as layer_norm']], 'partial', 'major'],
    [
      'two parts exchanged',
      [['as up |> gelu() |> linear(out: out) as down', 'as down |> gelu() |> linear(out: out) as up']],
      'incompatible',
      'major',
    ],
    [
      'a modality that nothing reads',
      [['  space', '  modality sketch: Image(height: 8, width: 8)\n  space']],
      'loads',
      'patch',
    ],
  ]),
  ...of('gpt', gpt, [
    [
      'tied weights untied',
      [['return h @ transpose(words.weight)', 'return linear(h, out: text, bias: false) as out']],
      'partial',
      'major',
    ],
    [
      'causal dropped, the loss on what was read',
      [
        ['causal: true', 'causal: false'],
        ['write(text)[:, :-1], text.ids[:, 1:]', 'write(text), text.ids'],
      ],
      'changes meaning',
      'major',
    ],
    [
      'scale of scores',
      [['return h @ transpose(words.weight)', 'return h @ transpose(words.weight) / 4']],
      'changes meaning',
      'major',
    ],
    [
      'two layers exchanged by name',
      [
        ['part words', 'part tokens'],
        ['= words(t.ids)', '= tokens(t.ids)'],
        ['words.weight', 'tokens.weight'],
      ],
      'partial',
      'major',
    ],
    ['another step length', [['steps 100', 'steps 10']], 'loads', 'patch'],
    [
      'detached in learning only',
      [
        [
          'return cross_entropy(write(text)[:, :-1], text.ids[:, 1:])',
          'return cross_entropy(write(text)[:, :-1], stop(text.ids[:, 1:]))',
        ],
      ],
      'loads',
      'patch',
    ],
    ['twice the positions', [['positions(max: 8)', 'positions(max: 16)']], 'incompatible', 'major'],
    ['a window less', [['length: 8', 'length: 6']], 'changes meaning', 'major'],
  ]),
  ...of('speech', speech, [
    ['rate of samples', [['rate: 8kHz', 'rate: 16kHz']], 'changes meaning', 'major'],
    ['a window of another length', [['window: 25ms', 'window: 20ms']], 'changes meaning', 'major'],
    ['the same hop in seconds', [['hop: 10ms', 'hop: 0.01s']], 'identical', 'none'],
    ['bands', [['bands: 8', 'bands: 12']], 'incompatible', 'major'],
    [
      'mfcc for log-mel',
      [['log_mel(bands: 8,', 'mfcc(coefficients: 8, bands: 12,']],
      'changes meaning',
      'major',
    ],
    ['words exchanged', [['yes, no', 'no, yes']], 'changes meaning', 'major'],
    ['longer recordings', [['length: 400ms', 'length: 500ms']], 'changes meaning', 'major'],
    [
      'a part made an encoder’s own',
      [
        ['  part choose = linear(out: Word)\n', ''],
        ['return choose(hear(s))', 'return linear(hear(s), out: Word) as choose'],
      ],
      'partial',
      'major',
    ],
  ]),
  ...of('net', net, [
    [
      'momentum of running statistics',
      [['batch_norm() as norm1', 'batch_norm(momentum: 0.2) as norm1']],
      'loads',
      'patch',
    ],
    [
      'epsilon of a batch norm',
      [['batch_norm() as norm1', 'batch_norm(epsilon: 1e-3) as norm1']],
      'changes meaning',
      'major',
    ],
    ['norms exchanged', [swapLines('as norm1', 'as norm2')], 'changes meaning', 'major'],
    ['convolutions exchanged', [swapLines('as conv1', 'as conv2')], 'incompatible', 'major'],
    ['a norm dropped', [[' |> batch_norm() as norm2', '']], 'partial', 'major'],
    [
      'stride',
      [['out: 8, pad: 1, bias: false) as conv2', 'out: 8, stride: 2, pad: 1, bias: false) as conv2']],
      'changes meaning',
      'major',
    ],
    [
      'padding of a convolution',
      [['out: 8, pad: 1, bias: false) as conv2', 'out: 8, pad: 0, bias: false) as conv2']],
      'changes meaning',
      'major',
    ],
    ['relu to leaky', [['as norm2 |> relu()', 'as norm2 |> silu()']], 'changes meaning', 'major'],
    ['a bias more', [['pad: 1, bias: false) as conv2', 'pad: 1) as conv2']], 'partial', 'major'],
    ['layer norm for batch norm', [['batch_norm() as norm2', 'layer_norm() as norm2']], 'partial', 'major'],
    [
      'pooled by the largest',
      [['tokens() |> mean(axis: -2)', 'tokens() |> max(axis: -2)']],
      'changes meaning',
      'major',
    ],
  ]),
];
