import { Tokenizer as HuggingFace } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
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
