// Mistakes about models that extend others, and about functions on weights.

import type { Mistake } from './base.ts';

const asr = `model Asr {
  modality text: Text(tokenizer: bpe(300), length: 8)
  encoder hear(c: text[N..., T]) -> float[N..., T, 8] {
    return embedding(c.ids, width: 8) |> transformer(depth: 2, heads: 2)
  }
  objective loud(text: text[B, T], score: float[B]) {
    return mean(square(sum(mean(hear(text), axis: -2), axis: -1) - score))
  }
  stage learn {
    minimize loud on speech.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;
const files = { 'asr.mm': asr };

/** A model on Asr with these members, trained in one stage. */
const accent = (members: string, base = 'Asr'): string => `use "asr.mm" as Asr

model Accent extends ${base} {
${members}

  stage tune from learn {
    minimize loud on accents.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;

const lora = '  adapt hear by lora(rank: 2, alpha: 4) on **.attention.query.weight';

export const adaptations: readonly Mistake[] = [
  {
    name: 'an encoder declared anew in a model that extends another',
    code: 'redefined',
    why: 'A model that extends another leaves it as it is, so that its weights and exports mean what they mean there. What is new has a name of its own.',
    says: 'Asr has the encoder hear already',
    wrong: accent(
      '  encoder «hear»(c: text[N..., T]) -> float[N..., 8] {\n    return mean(embedding(c.ids, width: 8), axis: -2)\n  }',
    ),
    mended: accent(
      '  encoder hint(c: text[N..., T]) -> float[N..., 8] {\n    return mean(hear(c), axis: -2)\n  }',
    ),
    files,
  },
  {
    name: 'a stage declared anew in a model that extends another',
    code: 'redefined',
    says: 'Asr has the stage learn already',
    wrong: accent(lora).replace('stage tune from learn', 'stage «learn»'),
    mended: accent(lora),
    files,
  },
  {
    name: 'a pattern that names no weight of the part',
    code: 'adapts-nothing',
    why: 'An adaptation that matches nothing would train nothing, silently. Patterns are paths below the part, as in train and freeze.',
    says: 'its weights are embedding.weight',
    wrong: accent('  adapt hear by lora(rank: 2, alpha: 4) on «**.attention.qkv.weight»'),
    mended: accent('  adapt hear by lora(rank: 2, alpha: 4) on **.attention.{query,key,value}.weight'),
    files,
  },
  {
    name: 'a layer that is not there',
    code: 'adapts-nothing',
    says: 'matches no weight of hear',
    wrong: accent('  adapt hear by lora(rank: 2, alpha: 4) on «**.layers.2.attention.query.weight»'),
    mended: accent('  adapt hear by lora(rank: 2, alpha: 4) on **.layers.1.attention.query.weight'),
    files,
  },
  {
    name: 'a function that changes the size of a weight',
    code: 'adapt-changes',
    why: 'Every body that reads a weight was checked with its type, so what a function makes of it has that type too.',
    says: 'it gets float[8, 8] and makes float[8, 16]',
    wrong: `${accent('  adapt hear by «doubled()» on **.query.weight')}\nblock doubled(w: float[In, Out]) {\n  return concat(w, w, axis: -1)\n}\n`,
    mended: `${accent('  adapt hear by doubled() on **.query.weight')}\nblock doubled(w: float[In, Out]) {\n  return w + w\n}\n`,
    files,
  },
  {
    name: 'a matrix wanted and a vector adapted',
    code: 'argument-type',
    says: 'lora wants w: float[In, Out]',
    wrong: accent('  adapt hear by «lora(rank: 2, alpha: 4)» on **.attention.query'),
    mended: accent('  adapt hear by lora(rank: 2, alpha: 4) on **.attention.query.weight'),
    files,
  },
  {
    name: 'a model that extends itself',
    code: 'model-cycle',
    says: 'Echo stands on itself',
    wrong: 'model Echo extends «Echo» {\n  space sound(8)\n}\n',
    mended: 'model Echo {\n  space sound(8)\n}\n',
  },
];
