// Tokens of the printed form of a graph.

export type GraphTokenKind = 'value' | 'number' | 'string' | 'word' | 'span' | 'sign' | 'end';

export interface GraphToken {
  readonly kind: GraphTokenKind;
  readonly text: string;
  readonly start: number;
}

const string = String.raw`"(?:[^"\\\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const patterns: readonly (readonly [GraphTokenKind, RegExp])[] = [
  ['span', new RegExp(String.raw`[@<] (?:${string}|[\w./-]+):\d+:\d+-\d+:\d+ \[\d+-\d+\]`, 'y')],
  ['value', /%\d{1,9}/y],
  ['number', /-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity|NaN)(?!\w)/y],
  ['string', new RegExp(string, 'y')],
  ['word', /[A-Za-z_][\w./-]*/y],
  ['sign', /\/\/|./suy],
];

/** The last token is an end; whatever is no part of the form comes as a sign that no rule takes. */
export function tokenize(text: string): readonly GraphToken[] {
  const tokens: GraphToken[] = [];
  const space = /\s*/y;
  let at = 0;
  for (;;) {
    space.lastIndex = at;
    at += space.exec(text)?.[0].length ?? 0;
    if (at >= text.length) break;
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0];
      if (found === undefined) continue;
      tokens.push({ kind, text: found, start: at });
      at += found.length;
      break;
    }
  }
  tokens.push({ kind: 'end', text: '', start: text.length });
  return tokens;
}
