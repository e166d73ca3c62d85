// The tokens of a `.mm` file. Keywords are contextual: each belongs to the category Name too, so a field may be
// called `on` or `train`. Words are read by one pattern and given their keyword's type afterwards (lex.ts).
// `//` is floor division where it follows a value on its line by at most one space and has an operand close
// behind; anywhere else (line start, after two spaces, after a bracket that opens) it starts a comment.

import { type CustomPatternMatcherFunc, createToken, type IToken, Lexer, type TokenType } from 'chevrotain';

/** Any word: a category that holds plain names and all keywords. */
export const Name = createToken({ name: 'Name', pattern: Lexer.NA, label: 'a name' });
export const BinaryOp = createToken({ name: 'BinaryOp', pattern: Lexer.NA, label: 'an operator' });
/** The operators that bind as tight as `*` or tighter. */
export const ProductOp = createToken({
  name: 'ProductOp',
  pattern: Lexer.NA,
  categories: BinaryOp,
  label: 'an operator',
});
export const PrefixOp = createToken({ name: 'PrefixOp', pattern: Lexer.NA, label: '`-` or `not`' });

export const Word = createToken({ name: 'Word', pattern: /[A-Za-z_][A-Za-z0-9_]*/, categories: Name });

const keyword = (text: string, ...categories: TokenType[]): TokenType =>
  createToken({
    name: `kw_${text}`,
    pattern: Lexer.NA,
    categories: [Name, ...categories],
    label: `\`${text}\``,
  });

export const Use = keyword('use');
export const As = keyword('as');
export const Model = keyword('model');
export const Extends = keyword('extends');
export const Version = keyword('version');
export const Block = keyword('block');
export const Variant = keyword('variant');
export const Modality = keyword('modality');
export const Space = keyword('space');
export const Vocabulary = keyword('vocabulary');
export const Labels = keyword('labels');
export const Part = keyword('part');
export const ParamWord = keyword('param');
export const State = keyword('state');
export const Update = keyword('update');
export const Copy = keyword('copy');
export const Encoder = keyword('encoder');
export const Head = keyword('head');
export const Objective = keyword('objective');
export const Export = keyword('export');
export const Align = keyword('align');
export const Adapt = keyword('adapt');
export const By = keyword('by');
export const Stage = keyword('stage');
export const From = keyword('from');
export const Renamed = keyword('renamed');
export const Migrate = keyword('migrate');
export const Each = keyword('each');
export const Drop = keyword('drop');
export const Fresh = keyword('fresh');
export const Minimize = keyword('minimize');
export const On = keyword('on');
export const With = keyword('with');
export const Batch = keyword('batch');
export const Train = keyword('train');
export const Freeze = keyword('freeze');
export const Optimizer = keyword('optimizer');
export const Steps = keyword('steps');
export const Measure = keyword('measure');
export const Fit = keyword('fit');
export const Passes = keyword('passes');
export const Every = keyword('every');
export const Let = keyword('let');
export const Return = keyword('return');
export const Require = keyword('require');
export const At = keyword('at');
export const Least = keyword('least');
export const Most = keyword('most');
export const Repeat = keyword('repeat');
export const Scan = keyword('scan');
export const In = keyword('in');
export const Along = keyword('along');
export const Reverse = keyword('reverse');
export const Collect = keyword('collect');
export const If = keyword('if');
export const Else = keyword('else');
export const When = keyword('when');
export const Or = keyword('or', BinaryOp);
export const And = keyword('and', BinaryOp);
export const Not = keyword('not', PrefixOp);
export const New = keyword('new');
export const True = keyword('true');
export const False = keyword('false');
export const Unit = keyword('unit');
export const Simplex = keyword('simplex');

const keywordTypes: readonly TokenType[] = [
  Use,
  As,
  Model,
  Extends,
  Version,
  Block,
  Variant,
  Modality,
  Space,
  Vocabulary,
  Labels,
  Part,
  ParamWord,
  State,
  Update,
  Copy,
  Encoder,
  Head,
  Objective,
  Export,
  Align,
  Adapt,
  By,
  Stage,
  From,
  Renamed,
  Migrate,
  Each,
  Drop,
  Fresh,
  Minimize,
  On,
  With,
  Batch,
  Train,
  Freeze,
  Optimizer,
  Steps,
  Measure,
  Fit,
  Passes,
  Every,
  Let,
  Return,
  Require,
  At,
  Least,
  Most,
  Repeat,
  Scan,
  In,
  Along,
  Reverse,
  Collect,
  If,
  Else,
  When,
  Or,
  And,
  Not,
  New,
  True,
  False,
  Unit,
  Simplex,
];

/** The text of every keyword with its token type. */
export const keywords: ReadonlyMap<string, TokenType> = new Map(keywordTypes.map(t => [keywordText(t), t]));

/** How a keyword is written. */
export function keywordText(type: TokenType): string {
  return type.name.slice('kw_'.length);
}

/** What starts an item, a member, a statement, a clause. */
export const itemKeywords: readonly TokenType[] = [Use, Model, Block, Variant, Migrate];
export const memberKeywords: readonly TokenType[] = [
  Modality,
  Space,
  Vocabulary,
  Labels,
  Part,
  ParamWord,
  State,
  Block,
  Encoder,
  Head,
  Objective,
  Export,
  Align,
  Adapt,
  Stage,
  Migrate,
];
export const statementKeywords: readonly TokenType[] = [
  Let,
  Return,
  Require,
  ParamWord,
  State,
  Update,
  Part,
  Repeat,
  Scan,
  Collect,
  If,
];
/** What a migration does with a weight. */
export const moveKeywords: readonly TokenType[] = [Each, Drop, Fresh];
export const clauseKeywords: readonly TokenType[] = [Minimize, Train, Freeze, Optimizer, Steps, Fit, Measure];

/** `25ms`: digits and, directly behind, letters; what the letters mean is judged later. */
export const NumberToken = createToken({
  name: 'Number',
  pattern: /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[A-Za-z0-9_]*/,
  label: 'a number',
});
export const StringToken = createToken({
  name: 'String',
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/,
  label: 'a string',
});
/** Taken for a string after a complaint. */
export const UnclosedString = createToken({
  name: 'UnclosedString',
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*\\?/,
  categories: StringToken,
});
export const SingleQuoted = createToken({
  name: 'SingleQuoted',
  pattern: /'[^'\n\r]*'?/,
  categories: StringToken,
});

const punctuation = (name: string, text: string, ...categories: TokenType[]): TokenType =>
  createToken({ name, pattern: text, categories, label: `\`${text}\`` });

export const LParen = punctuation('LParen', '(');
export const RParen = punctuation('RParen', ')');
export const LBracket = punctuation('LBracket', '[');
export const RBracket = punctuation('RBracket', ']');
export const LBrace = punctuation('LBrace', '{');
export const RBrace = punctuation('RBrace', '}');
export const Comma = punctuation('Comma', ',');
export const Colon = punctuation('Colon', ':');
export const Ellipsis = punctuation('Ellipsis', '...');
export const Range = punctuation('Range', '..', BinaryOp);
export const Dot = punctuation('Dot', '.');
export const FatArrow = punctuation('FatArrow', '=>');
export const Arrow = punctuation('Arrow', '->');
export const Pair = punctuation('Pair', '<->');
export const Pipe = punctuation('Pipe', '|>');
export const EqualEqual = punctuation('EqualEqual', '==', BinaryOp);
export const NotEqual = punctuation('NotEqual', '!=', BinaryOp);
export const LessEqual = punctuation('LessEqual', '<=', BinaryOp);
export const GreaterEqual = punctuation('GreaterEqual', '>=', BinaryOp);
export const Less = punctuation('Less', '<', BinaryOp);
export const Greater = punctuation('Greater', '>', BinaryOp);
export const Equals = punctuation('Equals', '=');
export const Plus = punctuation('Plus', '+', BinaryOp);
export const Minus = punctuation('Minus', '-', BinaryOp, PrefixOp);
/** In weight patterns; in an expression it is the Python spelling of `^`, taken after a complaint. */
export const DoubleStar = punctuation('DoubleStar', '**', ProductOp);
export const Star = punctuation('Star', '*', ProductOp);
export const Slash = punctuation('Slash', '/', ProductOp);
export const Percent = punctuation('Percent', '%', ProductOp);
export const AtSign = punctuation('AtSign', '@', ProductOp);
export const Caret = punctuation('Caret', '^', ProductOp);

// Spellings of other languages, taken after a complaint.
export const AndAnd = punctuation('AndAnd', '&&', BinaryOp);
export const OrOr = punctuation('OrOr', '||', BinaryOp);
export const Bang = punctuation('Bang', '!', PrefixOp);
export const Semicolon = createToken({ name: 'Semicolon', pattern: ';', group: 'slips' });
export const HashComment = createToken({ name: 'HashComment', pattern: /#[^\n\r]*/, group: 'slips' });
export const BlockComment = createToken({
  name: 'BlockComment',
  pattern: /\/\*[^*]*(?:\*(?!\/)[^*]*)*(?:\*\/)?/,
  line_breaks: true,
  group: 'slips',
});

const floorDivision: CustomPatternMatcherFunc = (text, offset, matched) => {
  if (text[offset] !== '/' || text[offset + 1] !== '/' || text[offset + 2] === '/') return null;
  const previous = matched[matched.length - 1];
  if (previous === undefined || !endsValue(previous)) return null;
  const gap = text.slice((previous.endOffset ?? 0) + 1, offset);
  if (gap !== '' && gap !== ' ') return null;
  return /^\/\/ ?[\w(]/.test(text.slice(offset, offset + 4)) ? ['//'] : null;
};

function endsValue(token: IToken): boolean {
  const type = token.tokenType;
  return (
    type === Word || type === NumberToken || type === StringToken || type === RParen || type === RBracket
  );
}

export const FloorDivide = createToken({
  name: 'FloorDivide',
  pattern: { exec: floorDivision },
  start_chars_hint: ['/'],
  line_breaks: false,
  categories: ProductOp,
  label: '`//`',
});
export const DocComment = createToken({ name: 'DocComment', pattern: /\/\/\/[^\n\r]*/, group: 'docs' });
/** Not in the tree; the formatter asks for them. */
const Comment = createToken({ name: 'Comment', pattern: /\/\/[^\n\r]*/, group: 'comments' });
const Space_ = createToken({
  name: 'WhiteSpace',
  pattern: /[ \t\n\r\uFEFF\u00A0]+/,
  line_breaks: true,
  group: Lexer.SKIPPED,
});

/** In the order in which they are tried. */
const lexed: readonly TokenType[] = [
  Space_,
  Word,
  NumberToken,
  DocComment,
  FloorDivide,
  Comment,
  BlockComment,
  HashComment,
  StringToken,
  UnclosedString,
  SingleQuoted,
  LParen,
  RParen,
  LBracket,
  RBracket,
  LBrace,
  RBrace,
  Comma,
  Colon,
  Semicolon,
  Ellipsis,
  Range,
  Dot,
  FatArrow,
  Arrow,
  Pair,
  Pipe,
  EqualEqual,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Equals,
  Plus,
  Minus,
  DoubleStar,
  Star,
  Slash,
  Percent,
  AtSign,
  Caret,
  AndAnd,
  OrOr,
  Bang,
];

/** Everything that the grammar may name. */
export const vocabulary: TokenType[] = [Name, BinaryOp, ProductOp, PrefixOp, ...keywordTypes, ...lexed];

let lexer: Lexer | undefined;

/** The lexer, made on first use. */
export function mmLexer(): Lexer {
  lexer ??= new Lexer([...lexed], { positionTracking: 'full', ensureOptimizations: true });
  return lexer;
}
