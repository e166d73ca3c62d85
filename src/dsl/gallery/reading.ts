// Reading: characters, words, signs and brackets that are not of the language, before anything is checked.

import { block, inStamps, type Mistake } from './base.ts';

const nested = (depth: number): string => `${'('.repeat(depth)}x${')'.repeat(depth)}`;

export const reading: readonly Mistake[] = [
  {
    name: 'parentheses in hundreds',
    code: 'nested-too-deep',
    why: 'Reading and printing go into what is nested, so there is a limit, far beyond what anyone can read.',
    says: 'give the inner parts names with `let`',
    ...block(
      `block same(x: float[N...]) {\n  return ${'('.repeat(99)}«(»${nested(20)}${')'.repeat(100)}\n}`,
      'block same(x: float[N...]) {\n  return x\n}',
    ),
  },
  {
    name: 'a sum of a thousand terms',
    code: 'chain-too-long',
    why: 'A chain of operators is a tree as deep as the chain is long, so there is a limit.',
    says: 'give parts of it names with `let`',
    ...block(
      `block many(x: float[N...]) {\n  return «${'x + '.repeat(999)}x»\n}`,
      'block many(x: float[N...]) {\n  return 1000 * x\n}',
    ),
  },
  {
    name: 'a sign from a paper',
    code: 'unknown-character',
    why: 'Programs that set text replace signs by finer ones. The language has those of the keyboard.',
    says: 'write * instead',
    ...block(
      'block half(x: float[N...]) {\n  return x «×» 0.5\n}',
      'block half(x: float[N...]) {\n  return x * 0.5\n}',
    ),
  },
  {
    name: 'statements with semicolons',
    code: 'semicolon',
    why: 'Statements begin with a word or a name and end where the next begins, so nothing has to stand between them.',
    says: 'delete it',
    ...block(
      'block half(x: float[N...]) {\n  let y = x / 2«;»\n  return y\n}',
      'block half(x: float[N...]) {\n  let y = x / 2\n  return y\n}',
    ),
  },
  {
    name: 'a comment as in Python',
    code: 'hash-comment',
    why: 'Comments start with two slashes, those that document a declaration with three.',
    says: 'write `//` for `#`',
    ...block(
      'block half(x: float[N...]) {\n  «# the half»\n  return x / 2\n}',
      'block half(x: float[N...]) {\n  // the half\n  return x / 2\n}',
    ),
  },
  {
    name: 'a comment as in C',
    code: 'block-comment',
    why: 'Comments end with their line, so that one that was never closed swallows nothing.',
    says: 'start each line of it with `//`',
    ...block(
      '«/* Halves\n   each number. */»\nblock half(x: float[N...]) {\n  return x / 2\n}',
      '// Halves\n// each number.\nblock half(x: float[N...]) {\n  return x / 2\n}',
    ),
  },
  {
    name: 'a version without its end',
    code: 'unclosed-string',
    why: 'A text ends on its line, so that a quote that was forgotten costs one line and not the file.',
    says: 'close it with `"`',
    ...inStamps('version "1.0.0" {', 'version «"1.0.0»\n{'),
  },
  {
    name: 'a version in single quotes',
    code: 'single-quotes',
    why: 'Texts have one form, in double quotes.',
    says: 'write "…"',
    ...inStamps('"1.0.0"', "«'1.0.0'»"),
  },
  {
    name: 'a path with backslashes',
    code: 'bad-escape',
    why: 'A backslash in a text starts an escape. Paths have slashes on every system.',
    says: 'the escapes are',
    wrong: 'use «"layers\\parts.mm"» as Parts\n\nblock half(x: float[N...]) {\n  return Parts.half(x)\n}\n',
    mended: 'use "layers/parts.mm" as Parts\n\nblock half(x: float[N...]) {\n  return Parts.half(x)\n}\n',
    files: { 'layers/parts.mm': 'block half(x: float[N...]) {\n  return x / 2\n}\n' },
  },
  {
    name: 'a number with underscores',
    code: 'bad-number',
    why: 'Numbers are digits, with a point, an exponent or a unit.',
    says: 'numbers are written 12, 0.5, 1e-4',
    ...inStamps('steps 20', 'steps «10_000»', 'steps 20'),
  },
  {
    name: 'and as in C',
    code: 'foreign-operator',
    why: 'Conditions are written in words: and, or, not.',
    says: '`&&` is written `and`',
    ...block(
      'block halves(x: float[N..., D]) {\n  require D > 0 «&&» D % 2 == 0\n  return x[..., : D / 2]\n}',
      'block halves(x: float[N..., D]) {\n  require D > 0 and D % 2 == 0\n  return x[..., : D / 2]\n}',
    ),
  },
  {
    name: 'a keyword misspelled',
    code: 'unknown-keyword',
    why: 'What a line is, its first word says. A word that is no keyword is read as the nearest one, so that all other mistakes are told as well.',
    says: 'did you mean `modality`?',
    ...inStamps('modality picture', '«modalty» picture'),
  },
  {
    name: 'a keyword of another language',
    code: 'borrowed-keyword',
    why: 'The word is known from another language, and so is what it is called here.',
    says: 'it is called `let` here',
    ...block(
      'block half(x: float[N...]) {\n  «const» y = x / 2\n  return y\n}',
      'block half(x: float[N...]) {\n  let y = x / 2\n  return y\n}',
    ),
  },
  {
    name: 'an encoder that is not closed',
    code: 'missing-brace',
    why: 'Members stand in a model and not in each other, so a new one shows that the one before it was not closed.',
    says: 'close what was opened',
    ...inStamps(
      'into(shared)\n  }\n  encoder read',
      'into(shared)«»\n  encoder read',
      'into(shared)\n  }\n  encoder read',
    ),
  },
  {
    name: 'a brace too many',
    code: 'stray-brace',
    why: 'Each } closes the nearest { that is open.',
    says: 'closes nothing',
    ...block(
      'block half(x: float[N...]) {\n  return x / 2\n}\n«}»\nblock twice(x: float[N...]) {\n  return 2 * x\n}',
      'block half(x: float[N...]) {\n  return x / 2\n}\nblock twice(x: float[N...]) {\n  return 2 * x\n}',
    ),
  },
  {
    name: 'a body as in Python',
    code: 'colon-block',
    why: 'Bodies stand in braces; how lines are indented means nothing.',
    says: 'write { … } around it',
    ...block(
      'block half(x: float[N...])«:»\n  return x / 2',
      'block half(x: float[N...]) {\n  return x / 2\n}',
    ),
  },
  {
    name: 'a call that is not closed',
    code: 'unclosed-bracket',
    why: 'A bracket that was opened is closed before the next statement begins; the message says which one it was.',
    says: 'to close the call that starts at',
    ...block(
      'block wider(x: float[N..., D]) {\n  let y = linear(x, out: 2 * D«»\n  return y\n}',
      'block wider(x: float[N..., D]) {\n  let y = linear(x, out: 2 * D)\n  return y\n}',
    ),
  },
  {
    name: 'a space without its size',
    code: 'unexpected-token',
    why: 'Each declaration has one form, which the help shows. From the next statement on, the file is read as if nothing had been wrong.',
    says: 'expected `(`',
    ...inStamps('space shared(12)', 'space shared «12»'),
  },
  {
    name: 'a setting with an equals sign',
    code: 'equals-for-colon',
    why: 'Arguments, types and fields stand behind a colon; = gives a value to a name of your own.',
    says: 'write `:`',
    ...inStamps('linear(out: width)', 'linear(out «=» width)'),
  },
  {
    name: 'a let with a colon',
    code: 'colon-for-equals',
    why: '= gives a value to a name of your own; arguments, types and fields stand behind a colon.',
    says: 'write `=`',
    ...block(
      'block half(x: float[N...]) {\n  let y«:» x / 2\n  return y\n}',
      'block half(x: float[N...]) {\n  let y = x / 2\n  return y\n}',
    ),
  },
  {
    name: 'a parameter without a type',
    code: 'missing-type',
    why: 'A block is checked where it stands, for all its uses, and that needs the types of what it is given.',
    says: 'the parameter x has no type',
    ...block('block half(«x») {\n  return x / 2\n}', 'block half(x: float[N...]) {\n  return x / 2\n}'),
  },
  {
    name: 'sizes in parentheses',
    code: 'size-of-type',
    why: 'Parentheses of a type say what an index points into; sizes stand in brackets.',
    says: 'sizes stand in brackets',
    ...block(
      'block half(x: float«(3)») {\n  return x / 2\n}',
      'block half(x: float[3]) {\n  return x / 2\n}',
    ),
  },
  {
    name: 'a pipe into a sum',
    code: 'pipe-mixed',
    why: 'x + y |> f() could mean f(x + y) or x + f(y). Parentheses, or a name, say which.',
    says: 'needs parentheses',
    ...block(
      'block skip(x: float[N..., D]) {\n  return «x + feed_forward(x)» |> layer_norm()\n}',
      'block skip(x: float[N..., D]) {\n  return (x + feed_forward(x)) |> layer_norm()\n}',
    ),
  },
  {
    name: 'a pipe into a text',
    code: 'pipe-target',
    why: 'A pipe makes its left side the first argument of the call on its right, so there must be a call.',
    says: 'hands its left side to a call',
    ...block(
      'block positive(x: float[N...]) {\n  return x |> «"relu"»\n}',
      'block positive(x: float[N...]) {\n  return x |> relu()\n}',
    ),
  },
  {
    name: 'a range of comparisons',
    code: 'chained-comparison',
    why: '0 < D < 9 would compare true or false with a number.',
    says: 'write `a < b and b < c`',
    ...block(
      'block few(x: float[N..., D]) {\n  require 0 < D «<» 9\n  return x\n}',
      'block few(x: float[N..., D]) {\n  require 0 < D and D < 9\n  return x\n}',
    ),
  },
  {
    name: 'not in a comparison',
    code: 'not-in-operation',
    why: 'not binds looser than comparisons, as in speech: not a == b means not (a == b).',
    says: 'put `(not …)` in parentheses',
    ...block(
      'block flip(x: float[N...], a: bool, b: bool) {\n  require a == «not» b\n  return x\n}',
      'block flip(x: float[N...], a: bool, b: bool) {\n  require a == (not b)\n  return x\n}',
    ),
  },
  {
    name: 'three values for two names',
    code: 'names-and-values',
    why: 'let gives each name its value, in order.',
    says: '2 names are given 3 values',
    ...block(
      'block two(x: float[N...]) {\n  «let a, b = x, 2 * x, 3 * x»\n  return a + b\n}',
      'block two(x: float[N...]) {\n  let a, b = x, 2 * x\n  return a + b\n}',
    ),
  },
  {
    name: 'a weight behind its objective',
    code: 'weight-behind',
    why: 'A term is a number times an objective, as in a paper.',
    says: 'write the weight first',
    ...inStamps('0.5 * sort', '«sort * 0.5»'),
  },
  {
    name: 'two sizes of a batch',
    code: 'given-twice',
    why: 'Were a size given twice, one of them would be dropped in silence.',
    says: 'is given twice',
    ...inStamps('batch 8', 'batch 8 «batch 16»', 'batch 8'),
  },
];
