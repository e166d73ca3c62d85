// Words of a text, parted by white space, and the tokens that they become: what is said of words (tags, positions) is
// carried to tokens here.

import type { Tokenizer } from './tokenizer.ts';

export const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter(w => w !== '');

export interface TokenizedWords {
  readonly ids: readonly number[];
  /** For each word, where its tokens start; as many as words and one more, the end. */
  readonly starts: readonly number[];
}

/** The tokens of a text word by word: each with the space before it, so that the whole text has the same tokens. */
export function tokenizeWords(tokenizer: Tokenizer, text: string): TokenizedWords {
  const ids: number[] = [];
  const starts: number[] = [];
  for (const [i, word] of wordsOf(text).entries()) {
    starts.push(ids.length);
    ids.push(...tokenizer.encode(i === 0 ? word : ` ${word}`));
  }
  return { ids, starts: [...starts, ids.length] };
}

/** The token that holds a character of the text, counted in code points; undefined where none does. */
export function tokenAt(tokenizer: Tokenizer, text: string, at: number): number | undefined {
  const { ids, starts } = tokenizeWords(tokenizer, text);
  const points = [...text];
  if (at < 0 || at >= points.length || /\s/.test(points[at] ?? ' ')) return undefined;
  const words = wordsOf(points.slice(0, at + 1).join(''));
  const word = words.length - 1;
  const inWord = [...(words[word] ?? '')].length;
  const [from, to] = [starts[word] ?? 0, starts[word + 1] ?? ids.length];
  for (let token = from; token < to; token++) {
    const read = tokenizer.decode(ids.slice(from, token + 1)).trimStart();
    if ([...read].length >= inWord) return token;
  }
  return to > from ? to - 1 : undefined;
}
