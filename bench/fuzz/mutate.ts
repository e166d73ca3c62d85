// Texts near right ones: bytes, words and subtrees of specs deleted, doubled, swapped, and put into others.

import { parse } from '../../src/dsl/syntax/parse.ts';
import type { Draw } from './draw.ts';
import { madeUp } from './generate.ts';

/** A piece of a text that is a node of its tree. */
interface Subtree {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

export interface Seed {
  readonly text: string;
  readonly words: readonly string[];
  readonly subtrees: readonly Subtree[];
}

export interface Corpus {
  readonly seeds: readonly Seed[];
  /** Words of all seeds, each once. */
  readonly words: readonly string[];
  /** Texts of subtrees by the kind of their nodes. */
  readonly pieces: ReadonlyMap<string, readonly string[]>;
}

export function corpusOf(texts: readonly string[]): Corpus {
  const seeds = texts.map(text => ({
    text,
    words: text.match(/\w+|\s+|[^\w\s]/g) ?? [],
    subtrees: subtreesOf(text),
  }));
  const pieces = new Map<string, Set<string>>();
  for (const { text, subtrees } of seeds) {
    for (const { kind, start, end } of subtrees) {
      const known = pieces.get(kind) ?? new Set();
      pieces.set(kind, known.add(text.slice(start, end)));
    }
  }
  return {
    seeds,
    words: [...new Set(seeds.flatMap(s => s.words))],
    pieces: new Map([...pieces].map(([kind, set]) => [kind, [...set]])),
  };
}

function subtreesOf(text: string): readonly Subtree[] {
  const found: Subtree[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { kind, span } = node as { kind?: unknown; span?: { start: number; end: number } };
    if (typeof kind === 'string' && span !== undefined)
      found.push({ kind, start: span.start, end: span.end });
    for (const [key, value] of Object.entries(node)) if (key !== 'span') visit(value);
  };
  visit(parse(text, 'seed.mm').value);
  return found;
}

/** Characters that texts seldom hold, beside those that they do. */
const odd = [
  '\0',
  '\r',
  '\u2028',
  '\ufeff',
  '\ud800',
  '💥',
  'é',
  '“',
  '×',
  '\t',
  '"',
  '\\',
  '/*',
  '//',
  '///',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '...',
  '|>',
  '=>',
  '->',
  '<->',
];
const numbers = [
  '0',
  '-1',
  '1',
  '2',
  '3',
  '0.5',
  '1e9',
  '10000',
  '1000000000',
  '99999999999999999999',
  '1e-30',
];

export type Kind = 'bytes' | 'words' | 'trees' | 'grammar';

export function inputOf(corpus: Corpus, d: Draw): { readonly kind: Kind; readonly text: string } {
  const kind = d.from<Kind>(['bytes', 'words', 'words', 'trees', 'trees', 'trees', 'grammar']);
  if (kind === 'grammar') return { kind, text: madeUp(d) };
  const seed = d.from(kind === 'trees' ? corpus.seeds.filter(s => s.subtrees.length > 0) : corpus.seeds);
  const times = 1 + (d.chance(0.5) ? 0 : d.below(d.chance(0.9) ? 4 : 20));
  switch (kind) {
    case 'bytes':
      return { kind, text: repeated(times, seed.text, text => bytes(d, corpus, text)) };
    case 'words':
      return { kind, text: words(d, corpus, seed.words, times) };
    case 'trees':
      return { kind, text: trees(d, corpus, seed, times) };
  }
}

function repeated<T>(times: number, start: T, step: (value: T) => T): T {
  let value = start;
  for (let i = 0; i < times; i++) value = step(value);
  return value;
}

function bytes(d: Draw, corpus: Corpus, text: string): string {
  const at = d.below(text.length + 1);
  const length = d.chance(0.7) ? 1 + d.below(3) : d.below(200);
  switch (d.below(5)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + d.from(odd) + text.slice(at);
    case 2:
      return (
        text.slice(0, at) +
        String.fromCharCode(d.chance(0.8) ? 32 + d.below(95) : d.below(65536)) +
        text.slice(at + 1)
      );
    case 3: {
      const other = d.from(corpus.seeds).text;
      const from = d.below(other.length);
      return text.slice(0, at) + other.slice(from, from + length) + text.slice(at);
    }
    default:
      return text.slice(0, at);
  }
}

function words(d: Draw, corpus: Corpus, tokens: readonly string[], times: number): string {
  const out = [...tokens];
  for (let i = 0; i < times; i++) {
    const at = d.below(out.length);
    const other = d.below(out.length);
    switch (d.below(5)) {
      case 0:
        out.splice(at, 1);
        break;
      case 1:
        out.splice(at, 0, out[at] ?? '', ' ');
        break;
      case 2: {
        const figures = out.flatMap((t, place) => (/^\d+$/.test(t) ? [place] : []));
        if (figures.length > 0) out[d.from(figures)] = d.from(numbers);
        break;
      }
      case 3:
        out[at] = d.from(corpus.words);
        break;
      default:
        [out[at], out[other]] = [out[other] ?? '', out[at] ?? ''];
    }
  }
  return out.join('');
}

/** Subtrees that don't overlap are replaced from the end, so that places stay. */
function trees(d: Draw, corpus: Corpus, { text, subtrees }: Seed, times: number): string {
  const chosen = Array.from({ length: times }, () => d.from(subtrees)).sort((a, b) => b.start - a.start);
  let out = text;
  let before = Number.POSITIVE_INFINITY;
  for (const { kind, start, end } of chosen) {
    if (end > before) continue;
    before = start;
    out = out.slice(0, start) + replacement(d, corpus, kind, text.slice(start, end)) + out.slice(end);
  }
  return out;
}

function replacement(d: Draw, corpus: Corpus, kind: string, own: string): string {
  switch (d.below(8)) {
    case 0:
      return '';
    case 1:
      return `${own} ${own}`;
    case 2:
      return `(${own})`;
    case 3:
      return d.from(corpus.pieces.get(d.from([...corpus.pieces.keys()])) ?? [own]);
    default:
      return d.from(corpus.pieces.get(kind) ?? [own]);
  }
}
