// Blocks written in place, and generation.

import { type Mistake, stamps } from './base.ts';

const writer = (generate: string): string =>
  stamps.replace('0.5 * sort on', '0.5 * sort + 0.1 * tell on').replace(
    '  export name',
    `  encoder sum_up(c: caption[N..., T]) -> float[N..., 12] {
    return embedding(c.ids, width: 12) |> mean(axis: -2)
  }
  encoder write(c: caption[N..., T]) -> float[N..., T, caption] {
    let words = embedding(c.ids, width: 16) |> positions(max: 12)
    return words |> transformer(depth: 1, heads: 4, causal: true) |> linear(out: caption)
  }
  objective tell(caption: caption[B, T]) {
    return cross_entropy(write(caption)[:, :-1], caption.ids[:, 1:]) + mean(square(sum_up(caption)))
  }
  export go_on(c: caption[B, T]) -> caption[B, T + 4] {
    return ${generate}
  }

  export name`,
  );

const right = writer('generate(t => write(t), c, more: 4, by: greedy())');

const recites = (attention: string): string =>
  writer('generate(t => write(t), c, more: 4, by: greedy())').replace(
    'transformer(depth: 1, heads: 4, causal: true)',
    attention,
  );
const foretells = (shift: string, causal: string): string =>
  stamps.replace('0.5 * sort on', '0.5 * sort + foretell on').replace(
    '  export name',
    `  part ahead = linear(out: 1)
  encoder follow(c: caption[N..., T]) -> float[N..., T] {
    let words = embedding(c.ids, width: 16) |> transformer(depth: 1, heads: 4${causal})
    return ahead(words)[:, :, 0]
  }
  objective foretell(caption: caption[B, T]) {
    return mean(abs(${shift}))
  }

  export name`,
  );

const retells = (of: string): string =>
  right.replace(
    '  export go_on',
    `  objective retell(caption: caption[B, T]) {
    let told = generate(t => write(t), caption, more: 4, by: straight_through())
    return mean(${of})
  }
  export go_on`,
  );

export const generation: readonly Mistake[] = [
  {
    name: 'generation from vectors that are no scores',
    code: 'not-scores',
    why: 'Each step chooses from scores over the vocabulary at the last position, so the function must give float[..., T, V] for a text of T tokens. Hidden vectors or one vector for the whole text say nothing of single tokens.',
    says: 'this gives float[B, 12]',
    wrong: writer('generate(«t => sum_up(t)», c, more: 4, by: greedy())'),
    mended: right,
  },
  {
    name: 'a choice that is no entry',
    code: 'not-a-choice',
    why: 'What by gives is put behind the text, so it must be one entry of the vocabulary for each row: index(V). A largest score or a distribution is not yet a decision.',
    says: 'this gives float[B]',
    wrong: writer('generate(t => write(t), c, more: 4, «by: s => max(s, axis: -1)»)'),
    mended: writer('generate(t => write(t), c, more: 4, by: s => argmax(s))'),
  },
  {
    name: 'a parameter of a function that hides a local',
    code: 'shadowed-name',
    says: 'c would hide the c that is already in reach here',
    wrong: writer('generate(«c» => write(c), c, more: 4, by: greedy())'),
    mended: right,
  },
  {
    name: 'more tokens than there are places for',
    code: 'requirement-failed',
    says: 'T is length (up to 15), max is 12',
    wrong: writer('generate(t => write(t), c, more: 8, by: greedy())')
      .replace('T + 4]', 'T + 8]')
      .replace(
        'let words = embedding(c.ids, width: 16) |> positions(max: 12)',
        'let words = embedding(c.ids, width: 16) |> «positions(max: 12)»',
      ),
    mended: right,
  },
  {
    name: 'a setting that sample does not have',
    code: 'unknown-argument',
    says: 'sample has no parameter top',
    wrong: writer('generate(t => write(t), c, more: 4, by: sample(«top»: 8))').replace(
      '«top»: 8',
      '«top: 8»',
    ),
    mended: writer('generate(t => write(t), c, more: 4, by: sample(top_k: 8))'),
  },
  {
    name: 'next tokens over attention to all of them',
    code: 'sees-the-answer',
    why: 'A model that reads the token it is to predict copies it: the loss falls to nothing and nothing is learned, and no line of the training says so. How each position depends on the others is read off the graph, however attention was written.',
    says: 'tell predicts caption.ids one position ahead',
    wrong: recites('transformer(depth: 1, heads: 4)').replace(
      'return cross_entropy(write(caption)[:, :-1], caption.ids[:, 1:])',
      'return «cross_entropy(write(caption)[:, :-1], caption.ids[:, 1:])»',
    ),
    mended: right,
  },
  {
    name: 'next tokens without the shift',
    code: 'sees-the-answer',
    says: 'tell predicts caption.ids where it stands',
    wrong: right.replace(
      'return cross_entropy(write(caption)[:, :-1], caption.ids[:, 1:])',
      'return «cross_entropy(write(caption), caption.ids)»',
    ),
    mended: right,
  },
  {
    name: 'a value two positions ahead, which was read',
    code: 'sees-the-answer',
    says: 'foretell predicts caption.ids 2 positions ahead',
    wrong: foretells('«follow(caption)[:, :-2] - to_float(caption.ids)[:, 2:]»', ''),
    mended: foretells('follow(caption)[:, :-2] - to_float(caption.ids)[:, 2:]', ', causal: true'),
  },
  {
    name: 'arithmetic on the tokens of a soft text',
    code: 'soft-index',
    why: 'A soft text holds weights over the vocabulary where a token would stand, so that gradients reach what wrote it. Looking its tokens up is a mean of rows; comparing them with a token, or pointing at something with them, would have to choose one, and the gradient would end there.',
    says: 'equal needs entries and this holds weights over all of them',
    wrong: retells('to_float(«told.ids == caption.end»)'),
    mended: retells('sum_up(told)'),
  },
];
