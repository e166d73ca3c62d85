// Patterns of weights, what a stage trains by them, and which parts learn there.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pattern } from '../../../src/dsl/semantics/model.ts';
import { learningIn, partition, patternMatches } from '../../../src/dsl/semantics/weight-pattern.ts';

const span = { file: 'a.mm', start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
const patterns = (...texts: string[]): readonly Pattern[] => texts.map(text => ({ text, span }));

describe('a pattern', () => {
  test.each([
    ['look', 'look.linear.weight', true],
    ['look', 'looking.weight', false],
    ['look.linear', 'look.linear', true],
    ['look.linear', 'look', false],
    ['look.linear.weight.more', 'look.linear.weight', false],
    ['*', 'look.weight', true],
    ['look.*.weight', 'look.linear.weight', true],
    ['look.*.weight', 'look.a.b.weight', false],
    ['look.**.weight', 'look.a.b.weight', true],
    ['look.**.weight', 'look.weight', true],
    ['**.weight', 'weight', true],
    ['**.bias', 'look.linear.weight', false],
    ['**', 'anything.at.all', true],
    ['**.{query,out}.weight', 'look.attention.out.weight', true],
    ['**.{query,out}.weight', 'look.attention.key.weight', false],
    ['look.norm*', 'look.norm2.scale', true],
    ['look.n*m{1,2}', 'look.norm2.scale', true],
    ['look.n*m{1,2}', 'look.norm3.scale', false],
    ['look.layers.1', 'look.layers.11.weight', false],
    ['a(b', 'a(b.weight', true],
    ['a.{}', 'a.b', false],
    ['a.{b', 'a.b', false],
  ] as const)('%s against %s: %s', (pattern, path, matches) => {
    expect(patternMatches(pattern, path)).toBe(matches);
  });

  test('built to explode answers at once', () => {
    const pattern = Array(60).fill('**').join('.{a,a,a}*{a,a}*.');
    const started = performance.now();
    expect(patternMatches(`${pattern}.b`, Array(60).fill('aaaaaaaa').join('.'))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('without signs matches as a prefix of names does', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'look');
    const path = fc.array(name, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, path, (pattern, found) => {
        const prefix = pattern.every((n, i) => found[i] === n);
        expect(patternMatches(pattern.join('.'), found.join('.'))).toBe(prefix);
      }),
    );
  });
});

const paths = [
  'look.layers.0.bias',
  'look.layers.0.weight',
  'look.layers.1.weight',
  'read.weight',
  'seen.scale',
];

test('train and freeze part the weights', () => {
  const stage = { train: patterns('look', 'rest'), freeze: patterns('look.layers.0', 'read') };
  expect(partition(stage, paths)).toEqual({
    trained: ['look.layers.1.weight', 'seen.scale'],
    frozen: ['read.weight'],
    both: ['look.layers.0.bias', 'look.layers.0.weight'],
    neither: [],
  });
  expect(partition({ train: patterns('look'), freeze: [] }, paths).neither).toEqual([
    'read.weight',
    'seen.scale',
  ]);
});

describe('a part learns where what it owns is trained', () => {
  const learning = (
    train: readonly string[],
    freeze: readonly string[],
    fitted: readonly string[] = [],
  ): readonly string[] => {
    const learns = learningIn({
      train: patterns(...train),
      freeze: patterns(...freeze),
      reached: paths,
      fitted: patterns(...fitted),
    });
    const parts = [
      'look',
      'look.layers.0.dropout',
      'look.layers.1.dropout',
      'look.other',
      'read',
      'read.dropout',
      'else',
    ];
    return parts.filter(learns);
  };

  test.each([
    [
      ['all'],
      [],
      [
        'look',
        'look.layers.0.dropout',
        'look.layers.1.dropout',
        'look.other',
        'read',
        'read.dropout',
        'else',
      ],
    ],
    [['rest'], ['look'], ['read', 'read.dropout', 'else']],
    [
      ['rest'],
      ['look.layers.0'],
      ['look', 'look.layers.1.dropout', 'look.other', 'read', 'read.dropout', 'else'],
    ],
    [['**.bias'], ['rest'], ['look', 'look.layers.0.dropout', 'look.other', 'else']],
    [[], ['all'], []],
  ] as const)('train %j, freeze %j', (train, freeze, expected) => {
    expect(learning(train, freeze)).toEqual(expected);
  });

  test('but not where some stage fits it and it owns nothing that is trained', () => {
    expect(learning(['all'], [], ['look.other', 'else', 'read'])).toEqual([
      'look',
      'look.layers.0.dropout',
      'look.layers.1.dropout',
      'read',
      'read.dropout',
    ]);
    expect(learning(['all'], [], ['**.dropout'])).toEqual(['look', 'look.other', 'read', 'else']);
  });
});
