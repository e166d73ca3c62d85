// Expressions and types as documents, with parentheses only where the grammar needs them. A line never starts with
// `-`, which would begin something new there, nor breaks at `//`, which would become a comment: operators end
// their line, `|>`, `when` and `else` start one.

import type { Span } from '../../base/span.ts';
import type { Arg, DimExpr, Expr, IndexItem, OldName, TypeExpr } from './ast.ts';
import type { Comments } from './comments.ts';
import { type Doc, group, hardHugline, hugline, indent, line, render } from './doc.ts';
import { type Brackets, continued, goOn, list, type Part } from './layout.ts';
import { comparison, notLevel, precedence, signLevel } from './precedence.ts';

/** Where an expression stands, which says what must be in parentheses. */
export type Place = 'free' | 'product' | 'count';

const levels = { lambda: -3, pipe: -2, when: -1, not: notLevel, sign: signLevel, postfix: 10 } as const;
const round: Brackets = ['(', ')'];
const square: Brackets = ['[', ']'];
const curly: Brackets = ['{', '}'];

/** How tight the outermost construct of an expression binds. */
function levelOf(e: Expr): number {
  switch (e.kind) {
    case 'lambda':
      return levels.lambda;
    case 'pipe':
      return levels.pipe;
    case 'when':
      return levels.when;
    case 'binary':
      return precedence[e.op];
    case 'unary':
      return e.op === 'not' ? levels.not : levels.sign;
    default:
      return levels.postfix;
  }
}

export function exprDoc(c: Comments, e: Expr, place: Place = 'free'): Doc {
  const doc = at(c, e, place === 'product' ? precedence['*'] : levels.lambda);
  return place === 'count' && endsWithAs(e) ? ['(', doc, ')'] : doc;
}

/** The name behind `as` would become the name of the repeat. */
function endsWithAs(e: Expr): boolean {
  switch (e.kind) {
    case 'as':
      return true;
    case 'call':
      return endsWithAs(e.callee);
    case 'index':
    case 'field':
      return endsWithAs(e.object);
    case 'with':
      return endsWithAs(e.value);
    case 'binary':
    case 'pipe':
      return endsWithAs(e.left) || endsWithAs(e.right);
    case 'unary':
      return endsWithAs(e.operand);
    case 'when':
      return endsWithAs(e.value) || endsWithAs(e.condition) || endsWithAs(e.otherwise);
    case 'lambda':
      return endsWithAs(e.body);
    default:
      return false;
  }
}

/** The expression where only what binds at least this tight may stand bare. */
function at(c: Comments, e: Expr, level: number): Doc {
  return levelOf(e) < level ? ['(', bare(c, e), ')'] : bare(c, e);
}

function bare(c: Comments, e: Expr): Doc {
  switch (e.kind) {
    case 'number':
      return `${e.text}${e.unit ?? ''}`;
    case 'string':
      return quoted(e.value);
    case 'bool':
      return String(e.value);
    case 'name':
      return e.text;
    case 'list':
      c.pass(e.span, 'start');
      return list(
        c,
        square,
        e.items.map(i => part(c, i)),
        { filled: e.items.every(isAtom) },
      );
    case 'record':
      c.pass(e.span, 'start');
      return fieldsDoc(c, e.fields);
    case 'unary':
      return e.op === 'not'
        ? ['not ', operand(c, e.operand, levels.not)]
        : ['-', at(c, e.operand, levels.sign)];
    case 'binary':
      return binary(c, e);
    case 'call':
      return [at(c, e.callee, levels.postfix), argsDoc(c, e.args, e.callee.span)];
    case 'field':
      // A number before a dot would run into it.
      return [
        e.object.kind === 'number' ? ['(', bare(c, e.object), ')'] : at(c, e.object, levels.postfix),
        `.${e.field.text}`,
      ];
    case 'index': {
      const object = at(c, e.object, levels.postfix);
      c.pass(e.object.span, 'end');
      return [
        object,
        list(
          c,
          square,
          e.items.map(i => ({ span: i.span, print: () => indexItem(c, i) })),
        ),
      ];
    }
    case 'as':
      return [at(c, e.value, levels.postfix), ` as ${e.name.text}`, renamedDoc(e.renamed)];
    case 'with': {
      const value = at(c, e.value, levels.postfix);
      c.pass(e.value.span, 'end');
      return [value, ' with ', fieldsDoc(c, e.fields)];
    }
    case 'pipe':
      return pipe(c, e);
    case 'when': {
      c.pass(e.span, 'start');
      const value = at(c, e.value, 0);
      const condition = goOn(c, e.condition.span, line, () => ['when ', at(c, e.condition, 0)]);
      const otherwise = goOn(c, e.otherwise.span, line, () => ['else ', at(c, e.otherwise, levels.when)]);
      return group([value, indent(continued, [condition, otherwise])]);
    }
    case 'lambda': {
      const [only, more] = e.params;
      const params =
        only !== undefined && more === undefined ? only.text : `(${e.params.map(p => p.text).join(', ')})`;
      return [`${params} => `, at(c, e.body, levels.lambda)];
    }
  }
}

/** What stands behind a name that was another. */
export const renamedDoc = (old: OldName | undefined): Doc =>
  old === undefined ? '' : ` renamed from ${old.text}`;

const isAtom = (e: Expr): boolean =>
  e.kind === 'number' || e.kind === 'string' || e.kind === 'name' || e.kind === 'bool';

const part = (c: Comments, e: Expr): Part => ({ span: e.span, print: () => at(c, e, levels.lambda) });

/** From one thing of the source to the end of another; trees that were made have no spans. */
const fromTo = (first: Span, last: Span): Span => ({ ...first, end: last?.end, endLine: last?.endLine });

function fieldPart(
  c: Comments,
  { name, value }: { readonly name: Arg['name'] & {}; readonly value: Expr },
): Part {
  const short = value.kind === 'name' && value.text === name.text;
  return {
    span: fromTo(name.span, value.span),
    print: () => (short ? name.text : [`${name.text}: `, at(c, value, levels.lambda)]),
  };
}

const fieldsDoc = (c: Comments, fields: (Expr & { kind: 'record' })['fields']): Doc =>
  list(
    c,
    curly,
    fields.map(f => fieldPart(c, f)),
    { padded: true, apart: true },
  );

/** The steps of a pipe fill their lines; where one starts a line in the source, it still does. */
function pipe(c: Comments, e: Expr & { kind: 'pipe' }): Doc {
  c.pass(e.span, 'start');
  const steps: (Expr & { kind: 'pipe' })[] = [];
  let head: Expr = e;
  for (; head.kind === 'pipe'; head = head.left) steps.unshift(head);
  const docs: Doc[] = [at(c, head, levels.postfix)];
  for (const { left, right } of steps) {
    const place = c.breaksBetween(left.span, right.span) ? hardHugline : hugline;
    const next = goOn(c, right.span, place, () => ['|> ', at(c, right, levels.postfix)]);
    docs.push(indent(continued, group(next)));
  }
  return docs;
}

// ── Operators

/** `a + b - c`: a and what follows it. */
interface Chain {
  readonly head: Doc;
  readonly rest: readonly Doc[];
}

const docOf = ({ head, rest }: Chain): Doc => group([head, indent(continued, rest)]);

function binary(c: Comments, e: Expr & { kind: 'binary' }): Doc {
  c.pass(e.span, 'start');
  return docOf(chain(c, e, opensLast(e)));
}

/** Operators of one level, which group to the left. `^` groups to the right, comparisons don't group. */
function chain(c: Comments, e: Expr & { kind: 'binary' }, tight: boolean): Chain {
  const { op, left, right } = e;
  const level = precedence[op];
  const single = op === '^' || level === comparison;
  const grows = !single && left.kind === 'binary' && precedence[left.op] === level && !isGrouped(c, left);
  const before: Chain = grows
    ? chain(c, left, tight)
    : { head: operand(c, left, single ? level + 1 : level), rest: [] };
  const rightLevel = op === '^' ? levels.sign : level + 1;
  if (op === '//') return floorDivision(c, before, right, rightLevel);
  if (op === '..') return { ...before, rest: [...before.rest, '..', operand(c, right, rightLevel)] };
  const next = goOn(c, right.span, tight ? ' ' : line, () => operand(c, right, rightLevel));
  return { ...before, rest: [...before.rest, ` ${op}`, tight ? outdent(next) : next] };
}

/** What opens in the last operand of a tight chain belongs to the statement, not to the chain's own lines. */
const outdent = (doc: Doc): Doc => indent(-continued, doc);

/** `x + f(…)` breaks within the call where all before it is short: names, numbers and their fields. */
function opensLast(e: Expr & { kind: 'binary' }): boolean {
  const called = e.right.kind === 'as' ? e.right.value : e.right;
  if (called.kind !== 'call' || called.args.length === 0) return false;
  for (let left = e.left; ; left = left.left) {
    if (left.kind !== 'binary') return isShort(left);
    if (!isShort(left.right)) return false;
  }
}

const isShort = (e: Expr): boolean => isAtom(e) || (e.kind === 'field' && isShort(e.object));

/** `//` would start a comment behind a brace, before a sign and at the start of a line. */
function floorDivision(c: Comments, left: Chain, right: Expr, level: number): Chain {
  const divisor = operand(c, right, level);
  const opensWell = /^[\w(]/.test(flatText(divisor));
  const rest = [' // ', opensWell ? divisor : ['(', divisor, ')']];
  if (!flatText(docOf(left)).endsWith('}')) return { head: left.head, rest: [...left.rest, ...rest] };
  return { head: ['(', docOf(left), ')'], rest };
}

/**
 * `not` within an operation always stands in parentheses, a sign where it would take too much, and an operation
 * where the author gave it some: they show what belongs together.
 */
function operand(c: Comments, e: Expr, level: number): Doc {
  const inside = e.kind === 'unary' && e.op === 'not' && level > levels.not;
  if (inside || isGrouped(c, e)) return ['(', bare(c, e), ')'];
  return at(c, e, level);
}

// ── Calls, indices, strings

const isGrouped = (c: Comments, e: Expr): boolean => e.kind === 'binary' && c.inParens(e.span, e.left.span);

/** A text as a string of the language. */
export const quoted = (text: string): string =>
  `"${text
    .replace(/[\\"]/g, found => `\\${found}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')}"`;

/** The arguments of a call, behind its callee. */
export function argsDoc(c: Comments, args: readonly Arg[], callee: Span): Doc {
  c.pass(callee, 'end');
  const parts = args.map(a => ({
    span: a.span,
    print: (): Doc => [a.name === undefined ? '' : `${a.name.text}: `, at(c, a.value, levels.lambda)],
  }));
  return list(c, round, parts, { filled: args.every(a => isAtom(a.value)) });
}

function indexItem(c: Comments, item: IndexItem): Doc {
  switch (item.kind) {
    case 'ellipsis':
      return '...';
    case 'new':
      return 'new';
    case 'at':
      return item.value.kind === 'name' && item.value.text === 'new'
        ? '(new)'
        : at(c, item.value, levels.lambda);
    case 'slice': {
      const side = (e: Expr | undefined): Doc => (e === undefined ? '' : at(c, e, levels.lambda));
      return [side(item.from), ':', side(item.to)];
    }
  }
}

// ── Types

export function typeDoc(c: Comments, type: TypeExpr): Doc {
  c.pass(type.span, 'start');
  if (type.kind === 'record') {
    const fields = type.fields.map(f => ({
      span: fromTo(f.name.span, f.type.span),
      print: (): Doc => [`${f.name.text}: `, typeDoc(c, f.type)],
    }));
    return list(c, curly, fields, { padded: true, apart: true });
  }
  const qualifier = type.qualifier === undefined ? '' : `${type.qualifier} `;
  const of = type.of === undefined ? '' : ['(', at(c, type.of, levels.lambda), ')'];
  const dims = (type.dims ?? []).map(d => ({ span: d.span, print: () => dimDoc(c, d) }));
  return [`${qualifier}${type.base.text}`, of, type.dims === undefined ? '' : list(c, square, dims)];
}

const dimDoc = (c: Comments, d: DimExpr): Doc =>
  d.kind === 'pack' ? `${d.name.text}...` : at(c, d.value, levels.lambda);

/** The document on one line, without comments. */
export const flatText = (doc: Doc): string => render(doc, Number.POSITIVE_INFINITY);
