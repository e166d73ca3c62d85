// Expressions and types from the concrete tree. The grammar reads operators flat; here they get their
// precedence, loosest first: or, and, not, comparisons (which don't chain), `..`, + and -, * / // % @, the sign,
// ^ (to the right).

import type { CstNode, IToken } from 'chevrotain';
import type { Span } from '../../base/span.ts';
import { spanBetween } from '../../base/span.ts';
import type {
  Arg,
  BinaryOp,
  DimExpr,
  Expr,
  IndexItem,
  NumberExpr,
  OldName,
  TensorTypeExpr,
  TypeExpr,
} from './ast.ts';
import { type Context, nameOf, node, nodes, optional, spanOf, token, tokens } from './cst.ts';
import { syntaxDiagnostic } from './diagnostics.ts';
import { tokenSpan } from './lex.ts';
import { comparison, notLevel, precedence, signLevel } from './precedence.ts';

/** Longest chain of operators in one expression. */
export const maxChain = 400;

export function toExpr(ctx: Context, n: CstNode): Expr {
  const choices = nodes(n, 'choice');
  const [first, ...targets] = choices.map(c => toChoice(ctx, c));
  let value = first as Expr;
  for (const [i, right] of targets.entries()) {
    checkPipe(ctx, choices[i] as CstNode, choices[i + 1] as CstNode, right, i === 0);
    value = { kind: 'pipe', left: value, right, span: spanBetween(value.span, right.span) };
  }
  for (const head of [...nodes(n, 'lambdaHead')].reverse()) {
    const params = tokens(head, 'Name').map(x => nameOf(ctx, x));
    value = { kind: 'lambda', params, body: value, span: spanBetween(spanOf(ctx, head), value.span) };
  }
  return value;
}

function checkPipe(ctx: Context, left: CstNode, right: CstNode, target: Expr, first: boolean): void {
  const mixed = isOperation(right) ? right : first && isOperation(left) ? left : undefined;
  if (mixed !== undefined) {
    ctx.report(syntaxDiagnostic('pipe-mixed', {}, { span: spanOf(ctx, mixed) }));
    return;
  }
  const callee = target.kind === 'as' ? target.value : target;
  if (callee.kind !== 'call' && callee.kind !== 'name' && callee.kind !== 'field') {
    ctx.report(syntaxDiagnostic('pipe-target', {}, { span: target.span }));
  }
}

/** More than one operand outside of parentheses. */
function isOperation(choice: CstNode): boolean {
  const operations = nodes(choice, 'operation');
  const operands = nodes(node(choice, 'operation'), 'operand');
  return (
    operations.length > 1 || operands.length > 1 || tokens(operands[0] as CstNode, 'PrefixOp').length > 0
  );
}

function toChoice(ctx: Context, n: CstNode): Expr {
  const parts = nodes(n, 'operation').map(o => toOperation(ctx, o));
  let value = parts.at(-1) as Expr;
  for (let i = parts.length - 3; i >= 0; i -= 2) {
    const first = parts[i] as Expr;
    value = {
      kind: 'when',
      value: first,
      condition: parts[i + 1] as Expr,
      otherwise: value,
      span: spanBetween(first.span, value.span),
    };
  }
  return value;
}

// ── Operators

const ours: Readonly<Record<string, BinaryOp>> = { '**': '^', '&&': 'and', '||': 'or' };

interface Step {
  readonly prefixes: readonly IToken[];
  readonly operand: CstNode;
  /** The operator behind it. */
  readonly op: IToken | undefined;
}

/** An operation or a product: operands with operators between them. */
export function toOperation(ctx: Context, n: CstNode): Expr {
  const operators = [...tokens(n, 'BinaryOp'), ...tokens(n, 'ProductOp')];
  const steps: Step[] = nodes(n, 'operand').map((operand, i) => ({
    prefixes: tokens(operand, 'PrefixOp'),
    operand,
    op: operators[i],
  }));
  const size = steps.reduce((sum, s) => sum + 1 + s.prefixes.length, 0);
  if (size > maxChain) {
    ctx.report(syntaxDiagnostic('chain-too-long', { limit: maxChain }, { span: spanOf(ctx, n) }));
    return toOperand(ctx, (steps[0] as Step).operand);
  }
  return climb(ctx, { steps, at: 0, prefix: 0 }, 0);
}

interface Cursor {
  readonly steps: readonly Step[];
  at: number;
  /** How many of the current step's prefixes are read. */
  prefix: number;
}

/** Precedence climbing: reads operators that bind at least as tight as `level`. */
function climb(ctx: Context, cursor: Cursor, level: number): Expr {
  let left = prefixed(ctx, cursor, level);
  for (;;) {
    const op = cursor.steps[cursor.at]?.op;
    if (op === undefined) return left;
    const name = operatorOf(op);
    const binds = precedence[name];
    if (binds < level) return left;
    if (op.image === '**') {
      const span = tokenSpan(ctx.file, op);
      ctx.report(syntaxDiagnostic('foreign-operator', { found: '**', ours: '^' }, { span }));
    }
    if (
      binds === comparison &&
      left.kind === 'binary' &&
      precedence[left.op] === comparison &&
      !inParens(left)
    ) {
      ctx.report(syntaxDiagnostic('chained-comparison', {}, { span: tokenSpan(ctx.file, op) }));
    }
    cursor.at += 1;
    cursor.prefix = 0;
    const right = climb(ctx, cursor, name === '^' ? binds : binds + 1);
    left = { kind: 'binary', op: name, left, right, span: spanBetween(left.span, right.span) };
  }
}

const operatorOf = (op: IToken): BinaryOp => ours[op.image] ?? (op.image as BinaryOp);

/** A parenthesised operation's span is wider than its operands'. */
const inParens = (e: Expr & { kind: 'binary' }): boolean => e.span.start < e.left.span.start;

function prefixed(ctx: Context, cursor: Cursor, level: number): Expr {
  const step = cursor.steps[cursor.at] as Step;
  const sign = step.prefixes[cursor.prefix];
  if (sign === undefined) return toOperand(ctx, step.operand);
  cursor.prefix += 1;
  const op = sign.image === '-' ? '-' : 'not';
  const span = tokenSpan(ctx.file, sign);
  if (op === 'not' && level > notLevel) ctx.report(syntaxDiagnostic('not-in-operation', {}, { span }));
  const operand = climb(ctx, cursor, op === 'not' ? notLevel : signLevel);
  return { kind: 'unary', op, operand, span: spanBetween(span, operand.span) };
}

// ── Operands

function toOperand(ctx: Context, n: CstNode): Expr {
  let value = toAtom(ctx, n);
  for (const p of nodes(n, 'postfix')) {
    const span = spanBetween(value.span, spanOf(ctx, p));
    const args = optional(p, 'args');
    const index = optional(p, 'index');
    const changes = optional(p, 'record');
    if (args !== undefined) value = { kind: 'call', callee: value, args: toArgs(ctx, args), span };
    else if (index !== undefined) {
      const items = nodes(index, 'indexItem').map(i => toIndexItem(ctx, i));
      value = { kind: 'index', object: value, items, span };
    } else if (changes !== undefined) {
      value = { kind: 'with', value, fields: nodes(changes, 'field').map(f => toField(ctx, f)), span };
    } else {
      value =
        tokens(p, 'Dot').length > 0
          ? toFieldOf(ctx, value, p)
          : { kind: 'as', value, name: nameOf(ctx, token(p, 'Name')), renamed: toRenamed(ctx, p), span };
    }
  }
  return value;
}

/** `x.weight`, `layers.0`; `layers.0.1`, whose end reads as one number, is two fields. */
function toFieldOf(ctx: Context, object: Expr, p: CstNode): Expr {
  const last = tokens(p, 'Name')[0] ?? token(p, 'Number');
  const span = tokenSpan(ctx.file, last);
  return last.image.split('.').reduce(
    (value: Expr, text) => ({
      kind: 'field',
      object: value,
      field: { text, span },
      span: spanBetween(object.span, span),
    }),
    object,
  );
}

/** What a `renamed from` behind a name says. */
export function toRenamed(ctx: Context, n: CstNode): OldName | undefined {
  const found = optional(n, 'renamed');
  if (found === undefined) return undefined;
  const [first, ...more] = tokens(found, 'Name');
  const path = [...(first === undefined ? [] : [first]), ...more, ...tokens(found, 'Number')].sort(
    (a, b) => a.startOffset - b.startOffset,
  );
  const span = spanBetween(
    tokenSpan(ctx.file, path[0] as IToken),
    tokenSpan(ctx.file, path.at(-1) as IToken),
  );
  return { text: path.map(t => t.image).join('.'), span };
}

function toAtom(ctx: Context, n: CstNode): Expr {
  const paren = optional(n, 'paren');
  if (paren !== undefined) return { ...toExpr(ctx, node(paren, 'expr')), span: spanOf(ctx, paren) };
  const list = optional(n, 'list');
  if (list !== undefined) return toList(ctx, list);
  const record = optional(n, 'record');
  if (record !== undefined) {
    return {
      kind: 'record',
      fields: nodes(record, 'field').map(f => toField(ctx, f)),
      span: spanOf(ctx, record),
    };
  }
  const number = tokens(n, 'Number')[0];
  if (number !== undefined) return toNumber(ctx, number);
  const string = tokens(n, 'String')[0];
  if (string !== undefined) {
    return { kind: 'string', value: toText(ctx, string), span: tokenSpan(ctx.file, string) };
  }
  const name = token(n, 'Name');
  const span = tokenSpan(ctx.file, name);
  if (name.image === 'true' || name.image === 'false') {
    return { kind: 'bool', value: name.image === 'true', span };
  }
  return { kind: 'name', text: name.image, span };
}

export function toList(ctx: Context, n: CstNode): Expr {
  return { kind: 'list', items: nodes(n, 'expr').map(e => toExpr(ctx, e)), span: spanOf(ctx, n) };
}

/** `{ move }` is short for `{ move: move }`. */
function toField(ctx: Context, n: CstNode) {
  const name = nameOf(ctx, token(n, 'Name'));
  const value = optional(n, 'expr');
  if (value === undefined)
    return { name, value: { kind: 'name', text: name.text, span: name.span } as const };
  checkColon(ctx, n, 'a field of a record');
  return { name, value: toExpr(ctx, value) };
}

export function toArgs(ctx: Context, n: CstNode): readonly Arg[] {
  return nodes(n, 'arg').map(arg => {
    const name = tokens(arg, 'Name')[0];
    if (name !== undefined) checkColon(ctx, arg, 'a named argument');
    return {
      name: name === undefined ? undefined : nameOf(ctx, name),
      value: toExpr(ctx, node(arg, 'expr')),
      span: spanOf(ctx, arg),
    };
  });
}

function toIndexItem(ctx: Context, n: CstNode): IndexItem {
  const span = spanOf(ctx, n);
  if (tokens(n, 'Ellipsis').length > 0) return { kind: 'ellipsis', span };
  if (tokens(n, 'kw_new').length > 0) return { kind: 'new', span };
  const first = optional(n, 'expr');
  const from = first === undefined ? undefined : toExpr(ctx, first);
  const slice = optional(n, 'sliceEnd');
  if (slice === undefined) return { kind: 'at', value: from as Expr, span };
  const last = optional(slice, 'expr');
  return { kind: 'slice', from, to: last === undefined ? undefined : toExpr(ctx, last), span };
}

function toNumber(ctx: Context, t: IToken): NumberExpr {
  const span = tokenSpan(ctx.file, t);
  const [, text = '0', unit = ''] = /^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(.*)$/.exec(t.image) ?? [];
  const value = Number(text);
  if (!/^[A-Za-z]*$/.test(unit) || !Number.isFinite(value)) {
    ctx.report(syntaxDiagnostic('bad-number', { found: t.image }, { span }));
  }
  return { kind: 'number', value, text, unit: unit === '' ? undefined : unit, span };
}

const escapes: Readonly<Record<string, string>> = { '\\"': '"', '\\\\': '\\', '\\n': '\n', '\\t': '\t' };

/** What a string says, its escapes replaced. */
export function toText(ctx: Context, t: IToken): string {
  const closed = t.tokenType.name === 'String' || (t.image.length > 1 && /^'.*'$/.test(t.image));
  const inner = closed ? t.image.slice(1, -1) : t.image.slice(1);
  return inner.replace(/\\./g, found => {
    const meant = escapes[found];
    if (meant === undefined) {
      ctx.report(syntaxDiagnostic('bad-escape', { found }, { span: tokenSpan(ctx.file, t) }));
    }
    return meant ?? found;
  });
}

/** Reports `=` where `:` belongs, of a node with a `has`. */
export function checkColon(ctx: Context, n: CstNode, what: string): void {
  const wrong = tokens(node(n, 'has'), 'Equals')[0];
  if (wrong !== undefined) {
    ctx.report(syntaxDiagnostic('equals-for-colon', { what }, { span: tokenSpan(ctx.file, wrong) }));
  }
}

/** Reports `:` where `=` belongs, of a node with an `is`. */
export function checkEquals(ctx: Context, n: CstNode, what: string): void {
  const wrong = tokens(node(n, 'is'), 'Colon')[0];
  if (wrong !== undefined) {
    ctx.report(syntaxDiagnostic('colon-for-equals', { what }, { span: tokenSpan(ctx.file, wrong) }));
  }
}

// ── Types

export function toType(ctx: Context, n: CstNode): TypeExpr {
  const record = optional(n, 'recordType');
  if (record === undefined) return toTensorType(ctx, node(n, 'tensorType'));
  const fields = nodes(record, 'fieldType').map(f => {
    checkColon(ctx, f, 'a field of a record type');
    return { name: nameOf(ctx, token(f, 'Name')), type: toType(ctx, node(f, 'type')) };
  });
  return { kind: 'record', fields, span: spanOf(ctx, record) };
}

function toTensorType(ctx: Context, n: CstNode): TensorTypeExpr {
  const qualifier = optional(n, 'qualifier');
  const words = tokens(n, 'Name');
  const first = words[0] as IToken;
  const base = {
    text: words.map(w => w.image).join('.'),
    span: tokenSpan(ctx.file, first, words.at(-1) as IToken),
  };
  const size = optional(n, 'size');
  const of = size === undefined ? undefined : toExpr(ctx, node(size, 'expr'));
  if (size !== undefined && base.text !== 'index') {
    ctx.report(syntaxDiagnostic('size-of-type', { base: base.text }, { span: spanOf(ctx, size) }));
  }
  const dims = optional(n, 'dims');
  return {
    kind: 'tensor',
    qualifier:
      qualifier === undefined ? undefined : tokens(qualifier, 'kw_unit').length > 0 ? 'unit' : 'simplex',
    base,
    of: base.text === 'index' ? of : undefined,
    dims: dims === undefined ? undefined : nodes(dims, 'dim').map(d => toDim(ctx, d)),
    span: spanOf(ctx, n),
  };
}

function toDim(ctx: Context, n: CstNode): DimExpr {
  const span: Span = spanOf(ctx, n);
  const pack = optional(n, 'pack');
  if (pack !== undefined) return { kind: 'pack', name: nameOf(ctx, token(pack, 'Name')), span };
  return { kind: 'dim', value: toExpr(ctx, node(n, 'expr')), span };
}
