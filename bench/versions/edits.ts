// Random edits of specs, of the kinds that people make: numbers, functions, settings, names, the order of things.

import type { Draw } from '../fuzz/draw.ts';

export interface Edited {
  readonly kind: string;
  readonly text: string;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

type Edit = (text: string, draw: Draw) => string | undefined;

const alike: readonly (readonly string[])[] = [
  ['gelu', 'relu', 'silu', 'tanh', 'sigmoid', 'quick_gelu'],
  ['layer_norm', 'rms_norm'],
  ['first', 'last'],
  ['true', 'false'],
  ['argmax', 'softmax', 'log_softmax'],
  ['max', 'min', 'mean', 'sum'],
  ['cosine', 'constant', 'linear'],
  ['adamw', 'sgd'],
  ['bpe', 'wordpiece', 'characters'],
  ['exp', 'log', 'sqrt', 'square', 'abs'],
  ['nearest', 'similarity'],
  ['slaney', 'htk'],
];

const replaced = (text: string, { start, end }: Place, by: string): string =>
  `${text.slice(0, start)}${by}${text.slice(end)}`;

/** Where a pattern stands outside comments and strings. */
function places(text: string, pattern: RegExp): readonly Place[] {
  const hidden = [...text.matchAll(/\/\/[^\n]*|"[^"\n]*"/g)].map(
    m => [m.index, m.index + m[0].length] as const,
  );
  return [...text.matchAll(pattern)]
    .map(m => ({ start: m.index, end: m.index + m[0].length }))
    .filter(({ start }) => !hidden.some(([a, b]) => a <= start && start < b));
}

function one(
  text: string,
  draw: Draw,
  pattern: RegExp,
  by: (found: string) => string | undefined,
): string | undefined {
  const found = places(text, pattern);
  if (found.length === 0) return undefined;
  const place = draw.from(found);
  const next = by(text.slice(place.start, place.end));
  return next === undefined ? undefined : replaced(text, place, next);
}

/** Steps of a pipeline: `|> f(…)` with what is in its brackets, and a name. */
function steps(text: string): readonly Place[] {
  return places(text, /\|>\s*[A-Za-z_.]+/g).map(({ start, end }) => {
    let at = end;
    if (text[at] === '(') {
      let depth = 0;
      do {
        if (text[at] === '(') depth += 1;
        if (text[at] === ')') depth -= 1;
        at += 1;
      } while (depth > 0 && at < text.length);
    }
    const name = /^\s+as\s+\w+/.exec(text.slice(at));
    return { start, end: at + (name?.[0].length ?? 0) };
  });
}

function lines(text: string, pattern: RegExp): readonly Place[] {
  return places(text, pattern);
}

function swapped(text: string, a: Place, b: Place): string {
  return (
    text.slice(0, a.start) +
    text.slice(b.start, b.end) +
    text.slice(a.end, b.start) +
    text.slice(a.start, a.end) +
    text.slice(b.end)
  );
}

export const edits: Readonly<Record<string, Edit>> = {
  number: (text, draw) =>
    one(text, draw, /(?<![\w.])\d+(\.\d+)?(e-?\d+)?/g, found => {
      const n = Number(found);
      const next = draw.from([2 * n, n / 2, n + 1, n - 1, n * 1.5, -n, n * 1.0000001]);
      return Number.isInteger(n) && !draw.chance(0.1) ? String(Math.round(next)) : String(next);
    }),
  function: (text, draw) => {
    const group = draw.from(alike.filter(names => names.some(n => new RegExp(`\\b${n}\\b`).test(text))));
    return group === undefined
      ? undefined
      : one(text, draw, new RegExp(`\\b(${group.join('|')})\\b`, 'g'), found =>
          draw.from(group.filter(n => n !== found)),
        );
  },
  operator: (text, draw) => one(text, draw, / [-+*/] /g, () => draw.from([' + ', ' - ', ' * ', ' / '])),
  sign: (text, draw) => one(text, draw, /(?<=[(=]\s*)[a-z]\w*(?=[(),.])/g, found => `-${found}`),
  'step dropped': (text, draw) => {
    const all = steps(text);
    return all.length === 0 ? undefined : replaced(text, draw.from(all), '');
  },
  'step doubled': (text, draw) => {
    const all = steps(text);
    if (all.length === 0) return undefined;
    const place = draw.from(all);
    return replaced(text, { start: place.end, end: place.end }, ` ${text.slice(place.start, place.end)}`);
  },
  'step put in': (text, draw) => {
    const all = steps(text);
    if (all.length === 0) return undefined;
    const step = draw.from([
      '|> gelu()',
      '|> dropout(rate: 0.2)',
      '|> layer_norm() as extra',
      '|> stop()',
      '|> relu()',
    ]);
    const { end } = draw.from(all);
    return replaced(text, { start: end, end }, ` ${step}`);
  },
  'steps swapped': (text, draw) => {
    const all = steps(text);
    const pairs = all
      .slice(1)
      .flatMap((b, i) =>
        all[i]!.end <= b.start && b.start - all[i]!.end < 40 ? [[all[i]!, b] as const] : [],
      );
    if (pairs.length === 0) return undefined;
    const [a, b] = draw.from(pairs);
    return swapped(text, a, b);
  },
  setting: (text, draw) =>
    one(
      text,
      draw,
      /\b(linear|transformer|attention|decoder|layer_norm|conv|dropout|embedding)\(/g,
      found =>
        `${found}${draw.from(['bias: false, ', 'causal: true, ', 'epsilon: 1e-4, ', 'activation: relu, ', 'expansion: 2, ', 'rate: 0.3, ', 'heads: 1, ', 'drop: 0.2, ', 'stride: 1, '])}`,
    ),
  name: (text, draw) => one(text, draw, /\bas \w+/g, found => `${found}_2`),
  'names swapped': (text, draw) => {
    const all = places(text, /(?<=\bas )\w+/g);
    if (all.length < 2) return undefined;
    const at = draw.below(all.length - 1);
    return swapped(text, all[at]!, all[at + 1]!);
  },
  'labels swapped': (text, draw) =>
    one(text, draw, /(?<=labels \w+ \{)[^}]*/g, found => {
      const names = found.split(',').map(n => n.trim());
      return names.length < 2 ? undefined : ` ${[names[1], names[0], ...names.slice(2)].join(', ')} `;
    }),
  'arguments swapped': (text, draw) =>
    one(text, draw, /\((\w+(\([^()]*\))?), (\w+(\([^()]*\))?)\)/g, found => {
      const [a, b] = found.slice(1, -1).split(/, (?![^(]*\))/);
      return b === undefined ? undefined : `(${b}, ${a})`;
    }),
  comment: (text, draw) => one(text, draw, /\n(?= {2}\S)/g, () => '\n  // a word\n'),
  local: (text, draw) => {
    const all = [...new Set(text.match(/(?<=\blet )\w+/g) ?? [])];
    if (all.length === 0) return undefined;
    const local = draw.from(all);
    return text.replace(new RegExp(`(?<![\\w."])${local}(?![\\w":(])`, 'g'), `${local}_x`);
  },
  axis: (text, draw) =>
    one(text, draw, /(?<=axis: )-?\d/g, found => draw.from(['-1', '-2', '0', '1'].filter(a => a !== found))),
  'member moved': (text, draw) => {
    const all = lines(text, /\n {2}(part|space|labels|modality) [^\n{]*(?=\n)/g);
    if (all.length < 2) return undefined;
    const at = draw.below(all.length - 1);
    return swapped(text, all[at]!, all[at + 1]!);
  },
  'to the power of one': (text, draw) =>
    one(text, draw, /(?<=return )\w+\([^()]*\)(?=\n)/g, found => `${found} * 1`),
};

/** One edit; undefined where the kind that was drawn finds nothing to change. */
export function editOf(text: string, draw: Draw): Edited | undefined {
  const kind = draw.from(Object.keys(edits));
  const next = edits[kind]?.(text, draw);
  return next === undefined || next === text ? undefined : { kind, text: next };
}
