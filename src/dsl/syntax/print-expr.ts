// Expressions and types as text, with parentheses only where the grammar needs them.

import type { Arg, BinaryOp, DimExpr, Expr, IndexItem, TypeExpr } from './ast.ts';
import { precedence, signLevel } from './precedence.ts';

/** Where an expression stands, which says what must be in parentheses. */
export type Place = 'free' | 'choice' | 'product' | 'factor' | 'count';

const levels = { lambda: -3, pipe: -2, when: -1, not: 3, sign: signLevel, postfix: 10 } as const;

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

const least: Readonly<Record<Place, number>> = {
  free: levels.lambda,
  choice: levels.when,
  product: precedence['*'],
  factor: precedence['*'],
  count: levels.lambda,
};

export function printExpr(e: Expr, place: Place = 'free'): string {
  const text = at(e, least[place]);
  return place === 'count' && endsWithAs(e) ? `(${text})` : text;
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
    case 'binary':
      return endsWithAs(e.left) || endsWithAs(e.right);
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
function at(e: Expr, level: number): string {
  const text = bare(e);
  return levelOf(e) < level ? `(${text})` : text;
}

function bare(e: Expr): string {
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
      return `[${e.items.map(i => at(i, levels.lambda)).join(', ')}]`;
    case 'record':
      return printRecord(e);
    case 'unary':
      return e.op === 'not' ? `not ${at(e.operand, levels.not)}` : `-${at(e.operand, levels.sign)}`;
    case 'binary':
      return printBinary(e.op, e.left, e.right);
    case 'call':
      return `${at(e.callee, levels.postfix)}${printArgs(e.args)}`;
    case 'field':
      return `${object(e.object)}.${e.field.text}`;
    case 'index':
      return `${at(e.object, levels.postfix)}[${e.items.map(printIndexItem).join(', ')}]`;
    case 'as':
      return `${at(e.value, levels.postfix)} as ${e.name.text}`;
    case 'pipe': {
      const left = e.left.kind === 'pipe' ? bare(e.left) : at(e.left, levels.postfix);
      return `${left} |> ${at(e.right, levels.postfix)}`;
    }
    case 'when': {
      const [value, condition] = [at(e.value, 0), at(e.condition, 0)];
      return `${value} when ${condition} else ${at(e.otherwise, levels.when)}`;
    }
    case 'lambda': {
      const [only, more] = e.params;
      const params =
        only !== undefined && more === undefined ? only.text : `(${e.params.map(p => p.text).join(', ')})`;
      return `${params} => ${at(e.body, levels.lambda)}`;
    }
  }
}

/** A number before a dot would run into it. */
const object = (e: Expr): string => (e.kind === 'number' ? `(${bare(e)})` : at(e, levels.postfix));

function printRecord(e: Expr & { kind: 'record' }): string {
  if (e.fields.length === 0) return '{}';
  const fields = e.fields.map(f =>
    f.value.kind === 'name' && f.value.text === f.name.text
      ? f.name.text
      : `${f.name.text}: ${at(f.value, levels.lambda)}`,
  );
  return `{ ${fields.join(', ')} }`;
}

function printBinary(op: BinaryOp, left: Expr, right: Expr): string {
  const level = precedence[op];
  const comparison = precedence['=='];
  // `//` would start a comment behind a brace or before a sign.
  // `^` groups to the right and takes a sign on its right; the rest group to the left; comparisons don't group.
  const leftLevel = op === '^' || level === comparison ? level + 1 : level;
  const rightLevel = op === '^' ? signLevel : level + 1;
  const gap = op === '..' ? '' : ' ';
  const [a, b] = [operand(left, leftLevel), operand(right, rightLevel)];
  if (op === '//') return `${a.endsWith('}') ? `(${a})` : a} // ${/^[\w(]/.test(b) ? b : `(${b})`}`;
  return `${a}${gap}${op}${gap}${b}`;
}

/** `not` within an operation always stands in parentheses, a sign where it would take too much. */
function operand(e: Expr, level: number): string {
  if (e.kind === 'unary' && e.op === 'not' && level > levels.not) return `(${bare(e)})`;
  return at(e, level);
}

/** A text as a string of the language. */
export const quoted = (text: string): string =>
  `"${text
    .replace(/[\\"]/g, c => `\\${c}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')}"`;

export const printArgs = (args: readonly Arg[]): string =>
  `(${args
    .map(a => `${a.name === undefined ? '' : `${a.name.text}: `}${at(a.value, levels.lambda)}`)
    .join(', ')})`;

function printIndexItem(item: IndexItem): string {
  switch (item.kind) {
    case 'ellipsis':
      return '...';
    case 'new':
      return 'new';
    case 'at':
      return item.value.kind === 'name' && item.value.text === 'new'
        ? '(new)'
        : at(item.value, levels.lambda);
    case 'slice': {
      const side = (e: Expr | undefined): string => (e === undefined ? '' : at(e, levels.lambda));
      return `${side(item.from)}:${side(item.to)}`;
    }
  }
}

export function printType(type: TypeExpr): string {
  if (type.kind === 'record') {
    const fields = type.fields.map(f => `${f.name.text}: ${printType(f.type)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  const qualifier = type.qualifier === undefined ? '' : `${type.qualifier} `;
  const of = type.of === undefined ? '' : `(${at(type.of, levels.lambda)})`;
  const dims = type.dims === undefined ? '' : `[${type.dims.map(printDim).join(', ')}]`;
  return `${qualifier}${type.base.text}${of}${dims}`;
}

const printDim = (d: DimExpr): string =>
  d.kind === 'pack' ? `${d.name.text}...` : at(d.value, levels.lambda);
