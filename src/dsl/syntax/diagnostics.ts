// Every code that reading a file can give, with its wording, and what the grammar hands over of an error: which
// thing it expected, as data (syntax-error.ts makes the sentence).

import type { IParserErrorMessageProvider } from 'chevrotain';
import { type DiagnosticRule, defineDiagnostics } from '../../base/diagnostic.ts';

const error = <P>(rule: Omit<DiagnosticRule<P>, 'severity'>): DiagnosticRule<P> => ({
  severity: 'error',
  ...rule,
});

/** Characters that look like ones of the language. */
const lookalikes: Readonly<Record<string, string>> = {
  '“': '"',
  '”': '"',
  '‘': '"',
  '’': '"',
  '−': '-',
  '–': '-',
  '×': '*',
  '·': '*',
  '→': '->',
  '⇒': '=>',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '…': '...',
  '`': '"',
};

export const syntaxDiagnostic = defineDiagnostics({
  'file-too-large': error<{ what: string }>({
    message: p => `this file is too large for a spec: ${p.what}`,
    help: () => 'a spec has some hundred lines; is this the file that you meant?',
  }),
  'not-text': error<object>({
    message: () => 'this file holds bytes that are not text',
    help: () => 'a spec is UTF-8 text; is this the file that you meant?',
  }),
  'nested-too-deep': error<{ limit: number }>({
    message: p => `this is nested more than ${p.limit} deep`,
    help: () => 'give the inner parts names with `let`, or move them into a block',
  }),
  'chain-too-long': error<{ limit: number }>({
    message: p => `this expression chains more than ${p.limit} operators, calls or branches`,
    help: () => 'give parts of it names with `let`, or use `repeat`',
  }),
  'unknown-character': error<{ found: string }>({
    message: p => `the character ${shown(p.found)} means nothing here`,
    help: p => {
      const ours = lookalikes[p.found];
      return ours === undefined ? undefined : `write ${ours} instead`;
    },
  }),
  semicolon: error<object>({
    message: () => 'statements end by themselves: there are no semicolons',
    help: () => 'delete it',
  }),
  'hash-comment': error<object>({
    message: () => 'a comment starts with `//`',
    help: () => 'write `//` for `#`',
  }),
  'block-comment': error<object>({
    message: () => 'there are no `/* … */` comments',
    help: () => 'start each line of it with `//`',
  }),
  'unclosed-string': error<object>({
    message: () => 'this string is not closed on its line',
    help: () => 'close it with `"`; a line break inside is written `\\n`',
  }),
  'single-quotes': error<object>({
    message: () => 'strings stand in double quotes',
    help: () => 'write "…" for \'…\'',
  }),
  'bad-escape': error<{ found: string }>({
    message: p => `\`${p.found}\` is no escape`,
    help: () => 'the escapes are \\" \\\\ \\n \\t',
  }),
  'bad-number': error<{ found: string }>({
    message: p => `\`${p.found}\` is no number`,
    help: () => 'numbers are written 12, 0.5, 1e-4 or, with a unit, 25ms; without underscores',
  }),
  'foreign-operator': error<{ found: string; ours: string }>({
    message: p => `\`${p.found}\` is written \`${p.ours}\``,
  }),
  'unknown-keyword': error<{ found: string; meant: string }>({
    message: p => `\`${p.found}\` is no keyword`,
    help: p => `did you mean \`${p.meant}\`?`,
  }),
  'borrowed-keyword': error<{ found: string; ours: string }>({
    message: p => `\`${p.found}\` is no keyword`,
    help: p => `it is called \`${p.ours}\` here`,
  }),
  'missing-brace': error<{ what: string; found: string }>({
    message: p => `a \`}\` is missing before ${p.found === '' ? 'the end of the file' : `\`${p.found}\``}`,
    help: () => 'close what was opened before something new begins',
  }),
  'stray-brace': error<object>({
    message: () => 'this `}` closes nothing',
    help: () => 'delete it, or find the `{` or the `}` too many above',
  }),
  'colon-block': error<object>({
    message: () => 'a body stands in braces, not behind a colon',
    help: () => 'write { … } around it',
  }),
  'unclosed-bracket': error<{ expected: string; what: string; at: string }>({
    message: p => `expected ${p.expected} to close the ${p.what} that starts at ${p.at}`,
  }),
  'unexpected-token': error<{ expected: string; found: string }>({
    message: p => `expected ${p.expected}, found ${p.found}`,
  }),
  'colon-for-equals': error<{ what: string }>({
    message: p => `${p.what} takes \`=\`, not \`:\``,
    help: () => 'write `=`',
  }),
  'equals-for-colon': error<{ what: string }>({
    message: p => `${p.what} takes \`:\`, not \`=\``,
    help: () => 'write `:`',
  }),
  'missing-type': error<{ name: string }>({
    message: p => `the parameter ${p.name} has no type`,
    help: p => `write \`${p.name}: TYPE\`, e.g. \`${p.name}: int\` or \`${p.name}: float[N..., D]\``,
  }),
  'size-of-type': error<{ base: string }>({
    message: p => `only index(…) has something in parentheses, not ${p.base}`,
    help: p => `sizes stand in brackets: ${p.base}[N..., 64]`,
  }),
  'pipe-mixed': error<object>({
    message: () => '`|>` binds loosest; next to another operator it needs parentheses',
    help: () => 'put the operation in parentheses, or give it a name with `let`',
  }),
  'pipe-target': error<object>({
    message: () => '`|>` hands its left side to a call',
    help: () => 'write `x |> f(…)`, with the other arguments in the parentheses',
  }),
  'chained-comparison': error<object>({
    message: () => 'comparisons do not chain',
    help: () => 'write `a < b and b < c`',
  }),
  'not-in-operation': error<object>({
    message: () => '`not` binds looser than this operator',
    help: () => 'put `(not …)` in parentheses',
  }),
  'names-and-values': error<{ names: number; values: number }>({
    message: p => `${p.names} names are given ${p.values} values`,
    help: () => 'give as many values as names, or one value with several outputs',
  }),
  'weight-behind': error<object>({
    message: () => 'each term ends with the name of an objective',
    help: () => 'write the weight first: `0.5 * heard`',
  }),
  'given-twice': error<{ what: string }>({ message: p => `${p.what} is given twice` }),
  'more-errors': error<{ count: number }>({
    message: p => `and ${p.count} more syntax ${p.count === 1 ? 'error' : 'errors'}`,
    help: () => 'mend the first ones and check again',
  }),
});

function shown(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `\`${character}\` (U+${code})` : `U+${code}`;
}

/** An expectation on its way through chevrotain's message. */
export interface Expectation {
  readonly kind: 'token' | 'choice';
  readonly what: string;
}

export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: o =>
    JSON.stringify({ kind: 'token', what: o.expected.LABEL ?? o.expected.name } satisfies Expectation),
  buildNoViableAltMessage: o =>
    JSON.stringify({ kind: 'choice', what: o.customUserDescription ?? '' } satisfies Expectation),
  buildNotAllInputParsedMessage: () => JSON.stringify({ kind: 'choice', what: 'item' } satisfies Expectation),
  buildEarlyExitMessage: o =>
    JSON.stringify({ kind: 'choice', what: o.customUserDescription ?? '' } satisfies Expectation),
};
