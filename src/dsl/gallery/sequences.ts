// Fields that go along another one: tags of words, positions in a text, sequences of numbers.

import { inStamps, type Mistake } from './base.ts';

const objective = (params: string, body: string): string =>
  `  objective words(${params}) {\n    return ${body}\n  }\n  stage align {`;
const tags = 'mean(square(sum(embedding(caption.ids, width: 4), axis: -1) - to_float(tags)))';

export const sequences: readonly Mistake[] = [
  {
    name: 'tags along an axis that no field has',
    code: 'field-axis',
    why: 'Tags and sequences of numbers have one value for each word of a text or each frame of a recording, so they say which: their second dim is the axis of that field, by the name that it has there.',
    says: 'tags goes along S, and no field beside it has an axis of that name',
    ...inStamps(
      '  stage align {',
      objective('caption: caption[B, T], tags: index(Kind)[B, «S»]', tags),
      objective('caption: caption[B, T], tags: index(Kind)[B, T]', tags),
    ),
  },
  {
    name: 'a sequence of numbers without its text',
    code: 'field-axis',
    says: 'name the axis at the text, recording or video that tags belongs to: text[B, T]',
    ...inStamps(
      '  stage align {',
      objective('caption: caption[B], tags: float[B, «T»]', 'sum(look(picture))').replace(
        'sum(look(picture))',
        'mean(square(tags - 1)) * learned(1)',
      ),
      objective(
        'caption: caption[B, T], tags: float[B, T]',
        'mean(square(sum(embedding(caption.ids, width: 4), axis: -1) - tags))',
      ),
    ),
  },
  {
    name: 'a position in a text that is not there',
    code: 'field-type',
    says: 'and positions on one (index(T)[B])',
    ...inStamps(
      '  stage align {',
      objective(
        'caption: caption[B, T], place: «index(S)[B]»',
        'cross_entropy(sum(embedding(caption.ids, width: 4), axis: -1), place)',
      ),
      objective(
        'caption: caption[B, T], place: index(T)[B]',
        'cross_entropy(sum(embedding(caption.ids, width: 4), axis: -1), place)',
      ),
    ),
  },
  {
    name: 'tags asked of who calls an export',
    code: 'export-parameter',
    says: "tags can't be given by who calls an export: index(Kind)[B, T]",
    ...inStamps(
      '  export name(p: picture[B],',
      '  export tagged(c: caption[B, T], tags: «index(Kind)[B, T]») -> float[B, T] {\n    return to_float(tags)\n  }\n  export name(p: picture[B],',
      '  export tagged(c: caption[B, T]) -> float[B, T] {\n    return to_float(c.ids)\n  }\n  export name(p: picture[B],',
    ),
  },
];
