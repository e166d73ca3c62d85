import { Tokenizer as HuggingFace } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import type { TokenizerKind } from '../../src/base/special-tokens.ts';
import { fitTokenizer, loadTokenizer } from '../../src/data/index.ts';
import { fitBpe } from '../../src/data/text/bpe.ts';
import { fitText } from '../../src/data/text/tokenizer.ts';

const texts = [
  'grinning face: face, grin, smile, happy',
  'face with tears of joy: face, joy, laugh, tear',
  "don't stop: 100 points, naïve café, 笑顔 😀",
  '  two  spaces and a tab\t.',
];

const fitted = (vocabulary = 300) => {
  const { value } = fitTokenizer(texts, { kind: 'bpe', vocabulary, special: [] });
  if (value === undefined) throw new Error('no tokenizer');
  return value;
};

describe('byte-level BPE', () => {
  it('merges the most frequent pair; of equal ones the lowest', () => {
    const { tokens, merges } = fitBpe(['abab cdcd'], 258);
    expect(merges.map(m => m.map(i => tokens[i]))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('stops where no pair is found twice, and never passes the vocabulary', () => {
    expect(fitBpe(['abc'], 400).tokens.length).toBe(256);
    expect(fitted(270).size).toBe(270);
    expect(fitted(5000).size).toBeLessThan(5000);
  });

  it('gives the same bytes for the same texts', () => {
    expect(fitted().json).toBe(fitted().json);
  });

  it('refuses a vocabulary without room for the bytes', () => {
    const { diagnostics } = fitTokenizer(texts, { kind: 'bpe', vocabulary: 100, special: [] });
    expect(diagnostics[0]?.code).toBe('vocabulary-too-small');
  });
});

describe('the tokenizer', () => {
  it('gives back every text', () => {
    const tokenizer = fitted();
    for (const text of [...texts.map(t => t.trim()), '', '🏴‍☠️', 'a\u0000b', 'x'.repeat(10_000)])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('encodes as Hugging Face’s library does from its tokenizer.json, end token and all', () => {
    const tokenizer = fitted();
    const library = new HuggingFace(JSON.parse(tokenizer.json), {});
    for (const text of texts) expect([...tokenizer.encode(text), 2]).toEqual(library.encode(text).ids);
    const again = loadTokenizer(tokenizer.json, { file: 't.json', vocabulary: 300 }).value;
    expect(again?.encode(texts[0] as string)).toEqual(tokenizer.encode(texts[0] as string));
  });

  it('puts the end last also where a text is cut off', () => {
    const frame = { before: [], after: 2 };
    expect(fitText([5, 6], 4, frame)).toEqual({ ids: Int32Array.of(5, 6, 2, 0), kept: 3, cut: 0 });
    expect(fitText([5, 6, 7, 8, 9], 4, frame)).toEqual({ ids: Int32Array.of(5, 6, 7, 2), kept: 4, cut: 2 });
    expect(fitText([], 2, frame)).toEqual({ ids: Int32Array.of(2, 0), kept: 1, cut: 0 });
  });

  it('gives special tokens the first ids, in order, and puts cls and sep around every text', () => {
    const spec = { kind: 'bpe', vocabulary: 300, special: ['cls', 'sep', 'mask'] } as const;
    const { value: tokenizer } = fitTokenizer(texts, spec);
    if (tokenizer === undefined) throw new Error('no tokenizer');
    expect([0, 1, 2, 3, 4, 5].map(tokenizer.show)).toEqual([
      '<pad>',
      '<begin>',
      '<end>',
      '<cls>',
      '<sep>',
      '<mask>',
    ]);
    expect(tokenizer.frame).toEqual({ before: [3], after: 4 });
    expect(Math.min(...texts.flatMap(tokenizer.encode))).toBeGreaterThan(5);
    const library = new HuggingFace(JSON.parse(tokenizer.json), {});
    for (const text of texts) {
      const { ids } = library.encode(text);
      expect([...fitText(tokenizer.encode(text), ids.length, tokenizer.frame).ids]).toEqual(ids);
    }
    expect(loadTokenizer(tokenizer.json, { file: 't.json', vocabulary: 300 }).value?.frame.before).toEqual([
      3,
    ]);
    expect([...fitText([9, 8, 7], 3, tokenizer.frame).ids]).toEqual([3, 9, 4]);
    expect([...fitText([9, 8, 7], 1, tokenizer.frame).ids]).toEqual([4]);
  });

  const other = (kind: TokenizerKind, vocabulary: number, of: readonly string[] = texts) => {
    const { value } = fitTokenizer(of, { kind, vocabulary, special: ['mask'] });
    if (value === undefined) throw new Error('no tokenizer');
    const again = loadTokenizer(value.json, { file: 't.json', vocabulary }).value;
    for (const text of of) expect(again?.encode(text)).toEqual(value.encode(text));
    expect(fitTokenizer(of, { kind, vocabulary, special: ['mask'] }).value?.json).toBe(value.json);
    return value;
  };

  it('fits pieces of words: lower case, without accents, pieces within a word marked', () => {
    const words = other('wordpiece', 60, ['Hugs hug HUGGING café', 'hugging, hugs!']);
    const shown = (text: string): readonly string[] => words.encode(text).map(words.show);
    expect(shown('Hugging hugs')).toEqual(['hugging', 'hugs']);
    expect(shown('xyz gs')).toEqual(['<unknown>', 'g', '##s']);
    expect(words.decode(words.encode('Hugging, café!'))).toBe('hugging , cafe !');
    expect(words.show(4)).toBe('<unknown>');
    expect(words.show(3)).toBe('<mask>');
    expect(Math.min(...words.encode('hug'))).toBeGreaterThan(4);
  });

  it('leaves rare characters out where there is no room', () => {
    const few = other('wordpiece', 11, ['aaa aab', 'zq']);
    expect(few.size).toBeLessThanOrEqual(11);
    expect(few.encode('zq').map(few.show)).toEqual(['<unknown>']);
    expect(other('wordpiece', 6, ['a']).encode('a')).toEqual([4]);
  });

  it('fits single characters', () => {
    const letters = other('characters', 9, ['abca  b', 'zzzab']);
    expect(letters.size).toBe(9);
    expect(letters.encode('ab z').map(letters.show)).toEqual(['a', 'b', ' ', 'z']);
    expect(letters.encode('acb')).toEqual([letters.encode('a')[0], 4, letters.encode('b')[0]]);
    expect(letters.decode(letters.encode(' ab z'))).toBe(' ab z');
    expect(other('characters', 300, ['__proto__ 123', '😀', 'x'.repeat(5000)]).encode('😀').length).toBe(1);
  });

  it('spells bytes one by one', () => {
    const bytes = other('bytes', 260);
    expect(bytes.size).toBe(260);
    expect(bytes.encode('é').length).toBe(3);
    expect(bytes.decode(bytes.encode('naïve 笑'))).toBe('naïve 笑');
  });

  const broken = (change: (json: ReturnType<typeof JSON.parse>) => void): string => {
    const json = JSON.parse(fitted().json);
    change(json);
    return JSON.stringify(json);
  };

  it.each([
    ['nothing', ''],
    ['no object', '[]'],
    ['a truncated file', fitted().json.slice(0, 500)],
    [
      'another model',
      broken(j => {
        j.model.type = 'Unigram';
      }),
    ],
    [
      'an id twice',
      broken(j => {
        j.model.vocab['!'] = 4;
      }),
    ],
    [
      'an id past the end',
      broken(j => {
        j.model.vocab['!'] = 1e9;
      }),
    ],
    [
      'a merge of unknown tokens',
      broken(j => {
        j.model.merges.push(['zz', 'yy']);
      }),
    ],
    [
      'merges that are no list',
      broken(j => {
        j.model.merges = { length: 1e9 };
      }),
    ],
    [
      'another splitting',
      broken(j => {
        j.pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+$' } };
      }),
    ],
    [
      'an unknown token that its bytes have no need of',
      broken(j => {
        j.added_tokens.push({ ...j.added_tokens[2], id: 3, content: '<unknown>' });
      }),
    ],
    [
      'a special token twice',
      broken(j => {
        j.added_tokens.push({ ...j.added_tokens[2], id: 3 });
      }),
    ],
    [
      'no end token',
      broken(j => {
        j.added_tokens.pop();
      }),
    ],
  ])('refuses a tokenizer.json with %s', (_, json) => {
    const { value, diagnostics } = loadTokenizer(json, { file: 't.json', vocabulary: 300 });
    expect(value).toBeUndefined();
    expect(diagnostics[0]?.code).toBe('tokenizer-invalid');
  });

  it('refuses one that is larger than the spec’s vocabulary', () => {
    const { diagnostics } = loadTokenizer(fitted(270).json, { file: 't.json', vocabulary: 269 });
    expect(diagnostics[0]?.code).toBe('tokenizer-larger');
  });
});
