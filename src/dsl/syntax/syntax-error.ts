// A parser's error in plain words: what was expected, what stands there, where the open bracket is, what the
// form looks like, and a hint for the commonest slips.

import { EOF, type IRecognitionException, type IToken, type TokenType } from 'chevrotain';
import type { Diagnostic, Related } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import { type Expectation, syntaxDiagnostic } from './diagnostics.ts';
import { mark, tokenSpan } from './lex.ts';
import { nearest } from './mend.ts';
import * as t from './tokens.ts';

/** What a bracket opened, by the rule that reads it; `list` where a comma could come too. */
const bracketed: Readonly<Record<string, { readonly what: string; readonly list: boolean }>> = {
  params: { what: 'parameter list', list: true },
  args: { what: 'call', list: true },
  list: { what: 'list', list: true },
  record: { what: 'record', list: true },
  recordType: { what: 'record type', list: true },
  dims: { what: 'list of dims', list: true },
  index: { what: 'index', list: true },
  labelNames: { what: 'list of names', list: true },
  choices: { what: 'list of names', list: true },
  lambdaHead: { what: 'list of names', list: true },
  paren: { what: 'parenthesis', list: false },
  size: { what: 'parenthesis', list: false },
};

const choices: Readonly<Record<string, string>> = {
  item: '`use`, `model`, `block`, `variant` or `migrate`',
  member: 'a member of the model',
  statement: 'a statement',
  clause: 'a clause of the stage',
  move: 'what becomes of a weight',
  sized: '`(`',
  head: '`(` or `:`',
  labels: '`(size)` or `{ names }`',
  colon: '`:`',
  equals: '`=`',
  type: 'a type',
  dim: 'a dim',
  pattern: 'the name of a part or a pattern, without quotes',
  expression: 'an expression',
  index: 'an index',
};

const forms: Readonly<Record<string, string>> = {
  useItem: 'use "other.mm" as Other',
  modelItem: 'model Name(width: int = 64) version "1.0.0" { … }',
  blockItem: 'block name(x: float[N..., D]) -> float[N..., D] { … }',
  variantItem: 'variant Small = Name(width: 32)',
  param: 'x: float[N..., D]  or  causal: bool = false',
  modality: 'modality picture: Image(height: 64, width: 64)',
  space: 'space shared(256)',
  vocabulary: 'vocabulary unit(500)',
  labels: 'labels Thing(1000)  or  labels Tag { A, B }',
  part: 'part name = linear(width)',
  paramStatement: 'param weight: float[In, Out] = normal(0.02)',
  state: 'state mean: float[D] = zeros()',
  update: 'update mean = …',
  copy: 'part slow = copy look by ema(0.995)',
  bound: 'at least 0 at most 4',
  head: 'head topic(h: float[N..., D]) -> float[N..., Topic] { … }  or  head topics: scores(text) -> topic: index(Topic)[B] by cross_entropy()',
  encoder: 'encoder look(p: picture[N...]) -> shared[N...] { … }',
  objective: 'objective name(picture: picture[B], thing: index(Thing)[B]) { … }',
  export: 'export name(p: picture[B]) -> float[B, 64] { … }',
  align: 'align seen: look(picture) <-> read(caption) by infonce()',
  adapt: 'adapt hear by lora(rank: 8, alpha: 16) on **.attention.{query,value}.weight',
  stage: 'stage tune from pretrain { … }',
  renamed: 'renamed from old  or  renamed from read.old',
  migrate: 'migrate from "1.x" { … }',
  give: 'head.weight = transpose(head.weight)',
  eachLayer: 'each look.layers.* { … }  or  each look.layers.* = vision.blocks.* { … }',
  drop: 'drop old.head',
  fresh: 'fresh new.head',
  minimize: 'minimize seen + 0.5 * heard on stamps.train batch 128',
  term: 'minimize seen + 0.5 * heard on stamps.train batch 128',
  dataUse: 'on stamps.train with picture: [shift(2)] batch 128',
  transform: 'with picture: [shift(2)]',
  train: 'train look, hear.**.lora.*',
  freeze: 'freeze rest',
  fit: 'fit units: label(speech) on libri.train batch 64 passes 20',
  fitLength: 'passes 20  or  steps 500',
  measure: 'measure recall(seen) on stamps.validation every 500',
  let: 'let name = …',
  repeat: 'repeat depth as layers { … }',
  scan: 'scan step in x along 1 { … }',
  along: 'scan step in x along 1 { … }',
  collect: 'collect name = …',
  if: 'if condition { … } else { … }',
  elseIf: 'if condition { … } else if condition { … }',
  choice: 'x when condition else y',
  lambdaHead: 'c => f(c)',
};

const itemHelp = 'a file holds `use`, `model`, `block`, `variant` and `migrate`';
const helpOf: Readonly<Record<string, string>> = {
  item: itemHelp,
  member: `a model holds ${listOf(t.memberKeywords)}`,
  statement: `a body holds ${listOf(t.statementKeywords)} and, in a repeat or scan, NAME = …`,
  clause: `a stage holds ${listOf(t.clauseKeywords)}`,
  move: `a migration holds PATH = …, ${listOf(t.moveKeywords)}`,
};

function listOf(types: readonly TokenType[]): string {
  return types.map(x => `\`${t.keywordText(x)}\``).join(', ');
}

/** The diagnostic for one of the parser's errors. */
export function syntaxError(e: IRecognitionException, tokens: readonly IToken[], file: string): Diagnostic {
  const expectation = JSON.parse(e.message) as Expectation;
  const rules = e.context.ruleStack;
  const rule = rules.at(-1) ?? 'file';
  const actual = e.token;
  const previous = previousOf(actual, tokens);
  const span =
    rule in helpOf && actual.tokenType !== EOF ? tokenSpan(file, actual) : place(actual, previous, file);
  const found = actual.tokenType === EOF ? 'the end of the file' : `\`${clip(actual.image)}\``;

  if (expectation.kind === 'token') {
    const bracket = bracketed[rule];
    const closer = ['`)`', '`]`', '`}`'].includes(expectation.what);
    if (bracket !== undefined && closer)
      return unclosed(expectation.what, bracket, actual, previous, tokens, span);
    const help =
      slipHelp(rules, actual, previous, tokens) ?? misspelt(actual, [expectation.what]) ?? form(rules);
    return syntaxDiagnostic('unexpected-token', { expected: expectation.what, found }, { span, ...help });
  }
  if (expectation.what === 'item' && actual.tokenType === t.RBrace)
    return syntaxDiagnostic('stray-brace', {}, { span });
  const expected = choices[expectation.what] ?? 'something else';
  const help = slipHelp(rules, actual, previous, tokens) ?? elementHelp(rule, actual, tokens) ?? form(rules);
  return syntaxDiagnostic('unexpected-token', { expected, found }, { span, ...help });
}

function previousOf(actual: IToken, tokens: readonly IToken[]): IToken | undefined {
  return actual.tokenType === EOF ? tokens.at(-1) : tokens[mark(actual).index - 1];
}

/** At the token itself, or behind the one before it where something is missing at the end of a line. */
function place(actual: IToken, previous: IToken | undefined, file: string): Span {
  const startsOwn = actual.tokenType !== EOF && (!mark(actual).startsLine || previous === undefined);
  if (startsOwn) return tokenSpan(file, actual);
  if (previous === undefined) return { file, start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const last = tokenSpan(file, previous);
  return { ...last, start: last.end, line: last.endLine, column: last.endColumn };
}

function unclosed(
  closer: string,
  bracket: { readonly what: string; readonly list: boolean },
  actual: IToken,
  previous: IToken | undefined,
  tokens: readonly IToken[],
  span: Span,
): Diagnostic {
  const opener = openerOf(actual, closer, tokens);
  const expected = bracket.list && previous !== opener ? `\`,\` or ${closer}` : closer;
  const related: Related[] = [];
  let at = 'the start';
  if (opener !== undefined) {
    const openSpan = tokenSpan(span.file, opener);
    at = `${openSpan.line}:${openSpan.column}`;
    related.push({ span: openSpan, message: 'opened here' });
  }
  const help = slipHelp([], actual, previous, tokens);
  return syntaxDiagnostic(
    'unclosed-bracket',
    { expected, what: bracket.what, at },
    { span, related, ...help },
  );
}

/** The bracket of this kind that is open at a token. */
function openerOf(actual: IToken, closer: string, tokens: readonly IToken[]): IToken | undefined {
  const type = closer === '`)`' ? t.LParen : closer === '`]`' ? t.LBracket : t.LBrace;
  const closes = closer === '`)`' ? t.RParen : closer === '`]`' ? t.RBracket : t.RBrace;
  let depth = 0;
  const from = actual.tokenType === EOF ? tokens.length - 1 : mark(actual).index - 1;
  for (let i = from; i >= 0; i--) {
    const token = tokens[i] as IToken;
    if (token.tokenType === closes) depth += 1;
    else if (token.tokenType === type) {
      if (depth === 0) return token;
      depth -= 1;
    }
  }
  return undefined;
}

interface Help {
  readonly help?: string;
}

function form(rules: readonly string[]): Help {
  for (const rule of [...rules].reverse()) {
    const text = forms[rule];
    if (text !== undefined) return { help: `the form is: ${text}` };
    if (rule in helpOf) return {};
  }
  return {};
}

/** Hints that depend on what stands there, whatever was expected. */
function slipHelp(
  rules: readonly string[],
  actual: IToken,
  previous: IToken | undefined,
  tokens: readonly IToken[],
): Help | undefined {
  const rule = rules.at(-1);
  if (actual.tokenType === t.Equals && rule !== 'param') {
    return { help: '`==` compares; `=` only gives a name to a value, behind `let`, `part` or a name' };
  }
  if (actual.tokenType === t.Colon && previous !== undefined && t.clauseKeywords.includes(previous.tokenType))
    return { help: `a clause has no colon: \`${previous.image}\` and then what it says` };
  if (actual.tokenType === t.FatArrow)
    return { help: '`->` stands before the type of a result, `=>` makes a function' };
  if (rule === 'has' && rules.includes('recordType') && previous?.tokenType === t.Return) {
    return { help: 'the type of the result stands behind `->`; without one, leave the arrow out' };
  }
  if (actual.tokenType === t.Minus && rule === 'clause') {
    return { help: 'terms are added; give the term a negative weight: + -1 * name' };
  }
  if (previous !== undefined && dividesOnLine(previous, tokens)) {
    return {
      help: '`//` right behind a value is floor division; a comment behind a value takes two spaces or its own line',
    };
  }
  return undefined;
}

const midClause = [t.On, t.With, t.Batch, t.Passes, t.Every].map(t.keywordText);

/** A keyword in the middle of something, with a slip in it. */
function misspelt(actual: IToken, expected: readonly string[]): Help | undefined {
  if (actual.tokenType !== t.Word) return undefined;
  const meant = nearest(
    actual.image,
    expected.map(e => e.replaceAll('`', '')),
  );
  return meant === undefined ? undefined : { help: `did you mean \`${meant}\`?` };
}

function dividesOnLine(token: IToken, tokens: readonly IToken[]): boolean {
  for (let i = mark(token).index; i >= 0; i--) {
    const at = tokens[i] as IToken;
    if (at.startLine !== token.startLine) return false;
    if (at.tokenType === t.FloorDivide) return true;
  }
  return false;
}

/** Where a thing stands in the wrong list, or lacks its keyword. */
function elementHelp(rule: string, actual: IToken, tokens: readonly IToken[]): Help | undefined {
  const fallback = helpOf[rule];
  if (fallback === undefined) return undefined;
  const type = actual.tokenType;
  const next = tokens[mark(actual).index + 1]?.tokenType;
  const name = clip(actual.image);
  if (rule !== 'member' && t.memberKeywords.includes(type)) {
    return { help: `\`${name}\` belongs in a model; is a brace missing or too many above?` };
  }
  if (rule !== 'clause' && t.clauseKeywords.includes(type)) return { help: `\`${name}\` belongs in a stage` };
  if (rule === 'clause' && !mark(actual).startsLine) {
    const slip = misspelt(actual, midClause);
    if (slip !== undefined) return slip;
  }
  if (rule === 'statement' && type === t.Else) return { help: '`else` stands behind the `}` of its `if`' };
  if (rule === 'statement' && type === t.When)
    return { help: 'write `if condition { … }`, or `x when condition else y`' };
  if (rule === 'statement' && (type === t.Word || type === t.LParen || type === t.NumberToken)) {
    return { help: 'a statement that only computes has no effect: begin with `let NAME =` or `return`' };
  }
  if (rule === 'member' && t.statementKeywords.includes(type)) {
    return { help: `\`${name}\` belongs in the body of a block, encoder, objective or export` };
  }
  if (rule === 'member' && type === t.Word && next === t.Equals)
    return { help: `write \`part ${name} = …\`` };
  return { help: fallback };
}

const clip = (image: string): string => (image.length > 24 ? `${image.slice(0, 23)}…` : image);
