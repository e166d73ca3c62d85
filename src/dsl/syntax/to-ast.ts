// Items, members, statements and clauses from the concrete tree, with the slips that the grammar let pass.

import type { CstNode } from 'chevrotain';
import { type Span, spanBetween } from '../../base/span.ts';
import type {
  AliasMember,
  BlockItem,
  Body,
  Clause,
  DataUse,
  Expr,
  FitLength,
  IfStatement,
  Item,
  LabelsMember,
  Member,
  MinimizeTerm,
  ModalityMember,
  ModelItem,
  Name,
  OldName,
  Param,
  ParamStatement,
  PartMember,
  ScanStatement,
  SourceFile,
  Statement,
  StateStatement,
  TypeExpr,
} from './ast.ts';
import { type Context, child, docOf, nameOf, node, nodes, optional, spanOf, token, tokens } from './cst.ts';
import { syntaxDiagnostic } from './diagnostics.ts';
import { tokenSpan } from './lex.ts';
import {
  checkColon,
  checkEquals,
  toArgs,
  toExpr,
  toList,
  toOperation,
  toRenamed,
  toText,
  toType,
} from './to-expr.ts';
import { toMigration } from './to-migration.ts';
import { toPattern, toPatterns } from './to-pattern.ts';

export function toFile(ctx: Context, n: CstNode, span: Span): SourceFile {
  return { kind: 'file', file: ctx.file, items: nodes(n, 'item').map(i => toItem(ctx, child(i))), span };
}

function toItem(ctx: Context, n: CstNode): Item {
  const span = spanOf(ctx, n);
  switch (n.name) {
    case 'useItem': {
      const path = token(n, 'String');
      const name = nameOf(ctx, token(n, 'Name'));
      return { kind: 'use', path: toText(ctx, path), pathSpan: tokenSpan(ctx.file, path), name, span };
    }
    case 'modelItem':
      return toModel(ctx, n);
    case 'blockItem':
      return toBlock(ctx, n);
    case 'variantItem':
      checkEquals(ctx, n, 'a variant');
      return {
        kind: 'variant',
        doc: docOf(ctx, n),
        name: nameOf(ctx, token(n, 'Name')),
        model: nameOf(ctx, token(n, 'Name', 1)),
        args: toArgs(ctx, node(n, 'args')),
        span,
      };
    case 'migrate':
      return toMigration(ctx, n);
    default:
      throw new Error(`no item: ${n.name}`);
  }
}

function toModel(ctx: Context, n: CstNode): ModelItem {
  const version = tokens(n, 'String')[0];
  const params = optional(n, 'params');
  const base = optional(n, 'expr');
  return {
    kind: 'model',
    doc: docOf(ctx, n),
    name: nameOf(ctx, token(n, 'Name')),
    params: params === undefined ? [] : toParams(ctx, params),
    extends: base === undefined ? undefined : toExpr(ctx, base),
    version:
      version === undefined ? undefined : { text: toText(ctx, version), span: tokenSpan(ctx.file, version) },
    members: nodes(node(n, 'members'), 'member').map(m => toMember(ctx, child(m))),
    span: spanOf(ctx, n),
  };
}

interface Declared {
  readonly doc: string | undefined;
  readonly name: Name;
  readonly span: Span;
}

function declared(ctx: Context, n: CstNode): Declared {
  return { doc: docOf(ctx, n), name: nameOf(ctx, token(n, 'Name')), span: spanOf(ctx, n) };
}

/** Declared, and perhaps renamed. */
function renamable(ctx: Context, n: CstNode): Declared & { readonly renamed: OldName | undefined } {
  return { ...declared(ctx, n), renamed: toRenamed(ctx, n) };
}

interface Signature {
  readonly params: readonly Param[];
  readonly result: TypeExpr | undefined;
  readonly body: Body;
}

function signature(ctx: Context, n: CstNode): Signature {
  const s = node(n, 'signature');
  const result = optional(s, 'type');
  return {
    params: toParams(ctx, node(s, 'params')),
    result: result === undefined ? undefined : toType(ctx, result),
    body: toBody(ctx, node(s, 'body')),
  };
}

function toBlock(ctx: Context, n: CstNode): BlockItem {
  return { kind: 'block', ...renamable(ctx, n), ...signature(ctx, n) };
}

function toParams(ctx: Context, n: CstNode): readonly Param[] {
  return nodes(n, 'param').map(p => {
    const name = nameOf(ctx, token(p, 'Name'));
    const type = optional(p, 'type');
    const fallback = optional(p, 'expr');
    if (type === undefined) {
      ctx.report(syntaxDiagnostic('missing-type', { name: name.text }, { span: name.span }));
    }
    return {
      name,
      type: type === undefined ? missingType(name) : toType(ctx, type),
      fallback: fallback === undefined ? undefined : toExpr(ctx, fallback),
      span: spanOf(ctx, p),
    };
  });
}

/** Stands in for a type that was left out, after the complaint. */
const missingType = (name: Name): TypeExpr => ({
  kind: 'tensor',
  qualifier: undefined,
  base: { text: 'number', span: name.span },
  of: undefined,
  dims: undefined,
  span: name.span,
});

// ── Members

/** A part with the role of a head, or an objective by what it predicts. */
function toHead(ctx: Context, n: CstNode): Member {
  const base = renamable(ctx, n);
  const field = optional(n, 'fieldType');
  if (field === undefined) return { kind: 'encoder', role: 'head', ...base, ...signature(ctx, n) };
  checkColon(ctx, n, 'a head');
  checkColon(ctx, field, 'the field that a head predicts');
  return {
    kind: 'head',
    ...base,
    left: toExpr(ctx, node(n, 'expr')),
    field: {
      name: nameOf(ctx, token(field, 'Name')),
      type: toType(ctx, node(field, 'type')),
      fallback: undefined,
      span: spanOf(ctx, field),
    },
    by: toExpr(ctx, node(n, 'expr', 1)),
  };
}

function toMember(ctx: Context, n: CstNode): Member {
  const base = (): Declared => declared(ctx, n);
  const sized = (kind: 'space' | 'vocabulary'): Member => {
    const s = node(n, 'sized');
    const alias = optional(s, 'alias');
    return alias === undefined
      ? { kind, ...base(), size: toExpr(ctx, node(node(s, 'size'), 'expr')) }
      : toAlias(ctx, n, kind, alias);
  };
  switch (n.name) {
    case 'modality':
      return toModality(ctx, n);
    case 'space':
      return sized('space');
    case 'vocabulary':
      return sized('vocabulary');
    case 'labels': {
      const alias = optional(n, 'alias');
      return alias === undefined ? toLabels(ctx, n) : toAlias(ctx, n, 'labels', alias);
    }
    case 'part':
      return toPart(ctx, n);
    case 'paramStatement':
      return toParamStatement(ctx, n);
    case 'state':
      return toState(ctx, n);
    case 'blockItem':
      return toBlock(ctx, n);
    case 'encoder':
      return { kind: 'encoder', role: 'encoder', ...renamable(ctx, n), ...signature(ctx, n) };
    case 'head':
      return toHead(ctx, n);
    case 'objective':
      return { kind: 'objective', ...renamable(ctx, n), ...signature(ctx, n) };
    case 'export':
      return { kind: 'export', ...renamable(ctx, n), ...signature(ctx, n) };
    case 'align':
      checkColon(ctx, n, 'an alignment');
      return {
        kind: 'align',
        ...renamable(ctx, n),
        left: toExpr(ctx, node(n, 'expr')),
        right: toExpr(ctx, node(n, 'expr', 1)),
        by: toExpr(ctx, node(n, 'expr', 2)),
      };
    case 'adapt':
      return {
        kind: 'adapt',
        doc: docOf(ctx, n),
        part: toExpr(ctx, node(n, 'expr')),
        by: toExpr(ctx, node(n, 'expr', 1)),
        patterns: toPatterns(ctx, n),
        span: spanOf(ctx, n),
      };
    case 'stage':
      return {
        kind: 'stage',
        ...base(),
        from: nodes(n, 'expr').map(e => toExpr(ctx, e)),
        clauses: nodes(node(n, 'clauses'), 'clause').map(c => toClause(ctx, child(c))),
      };
    case 'migrate':
      return toMigration(ctx, n);
    default:
      throw new Error(`no member: ${n.name}`);
  }
}

/** `: Text(…)` declares one, `= Bert.text` takes another model's; `= Text(…)` is a slip for the first. */
function toModality(ctx: Context, n: CstNode): ModalityMember | AliasMember {
  const type = toExpr(ctx, node(n, 'expr'));
  const isAlias = tokens(node(n, 'has'), 'Equals').length > 0 && type.kind !== 'call';
  if (isAlias) return { kind: 'alias', what: 'modality', ...declared(ctx, n), value: type };
  checkColon(ctx, n, 'a modality');
  return { kind: 'modality', ...declared(ctx, n), type };
}

function toAlias(ctx: Context, n: CstNode, what: AliasMember['what'], alias: CstNode): AliasMember {
  return { kind: 'alias', what, ...declared(ctx, n), value: toExpr(ctx, node(alias, 'expr')) };
}

function toLabels(ctx: Context, n: CstNode): LabelsMember {
  const size = optional(n, 'size');
  const names = optional(n, 'labelNames');
  return {
    kind: 'labels',
    ...declared(ctx, n),
    size: size === undefined ? undefined : toExpr(ctx, node(size, 'expr')),
    names: names === undefined ? undefined : tokens(names, 'Name').map(t => nameOf(ctx, t)),
  };
}

function toPart(ctx: Context, n: CstNode): PartMember {
  checkEquals(ctx, n, 'a part');
  const copy = optional(n, 'copy');
  return {
    kind: 'part',
    ...renamable(ctx, n),
    value: toExpr(ctx, node(copy ?? n, 'expr')),
    follows: copy === undefined ? undefined : toExpr(ctx, node(copy, 'expr', 1)),
  };
}

function toState(ctx: Context, n: CstNode): StateStatement {
  return {
    kind: 'state',
    ...renamable(ctx, n),
    type: toType(ctx, node(n, 'type')),
    value: toExpr(ctx, node(n, 'expr')),
  };
}

function toParamStatement(ctx: Context, n: CstNode): ParamStatement {
  const bound = (keyword: string): Expr | undefined => {
    const found = nodes(n, 'bound').filter(b => tokens(b, keyword).length > 0);
    const second = found[1];
    if (second !== undefined) {
      const what = `at ${keyword.slice('kw_'.length)}`;
      ctx.report(syntaxDiagnostic('given-twice', { what }, { span: spanOf(ctx, second) }));
    }
    return found[0] === undefined ? undefined : toExpr(ctx, node(found[0], 'expr'));
  };
  return {
    kind: 'param',
    ...renamable(ctx, n),
    type: toType(ctx, node(n, 'type')),
    value: toExpr(ctx, node(n, 'expr')),
    atLeast: bound('kw_least'),
    atMost: bound('kw_most'),
  };
}

// ── Clauses

function toClause(ctx: Context, n: CstNode): Clause {
  const span = spanOf(ctx, n);
  const value = (i = 0): Expr => toExpr(ctx, node(n, 'expr', i));
  switch (n.name) {
    case 'minimize':
      return { kind: 'minimize', terms: nodes(n, 'term').flatMap(t => toTerm(ctx, t)), span };
    case 'train':
      return { kind: 'train', patterns: toPatterns(ctx, n), span };
    case 'freeze':
      return { kind: 'freeze', patterns: toPatterns(ctx, n), span };
    case 'optimizer':
      return { kind: 'optimizer', value: value(), span };
    case 'steps':
      return { kind: 'steps', value: value(), span };
    case 'fit': {
      const given = optional(n, 'expr');
      if (given !== undefined) checkColon(ctx, n, 'a fit');
      const length = optional(n, 'fitLength');
      return {
        kind: 'fit',
        target: toPattern(ctx, node(n, 'pattern')),
        value: given && toExpr(ctx, given),
        data: toDataUse(ctx, node(n, 'dataUse')),
        length: length && toFitLength(ctx, length),
        span,
      };
    }
    case 'measure': {
      const every = optional(n, 'expr', 1);
      const data = toDataUse(ctx, node(n, 'dataUse'));
      return { kind: 'measure', metric: value(), data, every: every && toExpr(ctx, every), span };
    }
    default:
      throw new Error(`no clause: ${n.name}`);
  }
}

/** A term's last factor names its objective, what stands before is its weight. */
function toTerm(ctx: Context, n: CstNode): MinimizeTerm[] {
  const span = spanOf(ctx, n);
  const use = optional(n, 'dataUse');
  const data = use === undefined ? undefined : toDataUse(ctx, use);
  const product = toOperation(ctx, node(n, 'product'));
  if (product.kind === 'name') return [{ weight: undefined, objective: asName(product), data, span }];
  if (product.kind === 'binary' && product.op === '*' && product.right.kind === 'name') {
    return [{ weight: product.left, objective: asName(product.right), data, span }];
  }
  ctx.report(syntaxDiagnostic('weight-behind', {}, { span: product.span }));
  return [];
}

const asName = (e: Expr & { kind: 'name' }): Name => ({ text: e.text, span: e.span });

function toDataUse(ctx: Context, n: CstNode): DataUse {
  const batches = nodes(n, 'batch');
  const withs = nodes(n, 'transforms');
  for (const [what, again] of [
    ['batch', batches[1]],
    ['with', withs[1]],
  ] as const) {
    if (again !== undefined) {
      ctx.report(syntaxDiagnostic('given-twice', { what }, { span: spanOf(ctx, again) }));
    }
  }
  return {
    set: nameOf(ctx, token(n, 'Name')),
    split: nameOf(ctx, token(n, 'Name', 1)),
    batch: batches[0] === undefined ? undefined : toOperation(ctx, node(batches[0], 'product')),
    transforms: withs.flatMap(w =>
      nodes(w, 'transform').map(t => {
        checkColon(ctx, t, 'the field of an augmentation');
        return { field: nameOf(ctx, token(t, 'Name')), list: toList(ctx, node(t, 'list')) };
      }),
    ),
    span: spanOf(ctx, n),
  };
}

function toFitLength(ctx: Context, n: CstNode): FitLength {
  const kind = tokens(n, 'kw_passes').length > 0 ? 'passes' : 'steps';
  return { kind, value: toExpr(ctx, node(n, 'expr')), span: spanOf(ctx, n) };
}

// ── Statements

function toBody(ctx: Context, n: CstNode): Body {
  return { statements: nodes(n, 'statement').map(s => toStatement(ctx, child(s))), span: spanOf(ctx, n) };
}

function toStatement(ctx: Context, n: CstNode): Statement {
  const span = spanOf(ctx, n);
  const value = (): Expr => toExpr(ctx, node(n, 'expr'));
  switch (n.name) {
    case 'let': {
      checkEquals(ctx, n, '`let`');
      const names = tokens(n, 'Name').map(t => nameOf(ctx, t));
      const values = nodes(n, 'expr').map(e => toExpr(ctx, e));
      if (values.length > 1 && values.length !== names.length) {
        const counts = { names: names.length, values: values.length };
        ctx.report(syntaxDiagnostic('names-and-values', counts, { span }));
      }
      return { kind: 'let', names, values, span };
    }
    case 'assign':
      return { kind: 'assign', name: nameOf(ctx, token(n, 'Name')), value: value(), span };
    case 'return':
      return { kind: 'return', value: value(), span };
    case 'require':
      return { kind: 'require', condition: value(), span };
    case 'paramStatement':
      return toParamStatement(ctx, n);
    case 'state':
      return toState(ctx, n);
    case 'update':
      checkEquals(ctx, n, 'an update');
      return { kind: 'update', name: nameOf(ctx, token(n, 'Name')), value: value(), span };
    case 'part':
      return toPart(ctx, n);
    case 'repeat': {
      const name = tokens(n, 'Name')[0];
      return {
        kind: 'repeat',
        count: value(),
        name: name === undefined ? undefined : nameOf(ctx, name),
        renamed: toRenamed(ctx, n),
        body: toBody(ctx, node(n, 'body')),
        span,
      };
    }
    case 'scan':
      return toScan(ctx, n);
    case 'collect':
      checkEquals(ctx, n, '`collect`');
      return { kind: 'collect', name: nameOf(ctx, token(n, 'Name')), value: value(), span };
    case 'if':
      return toIf(ctx, n);
    default:
      throw new Error(`no statement: ${n.name}`);
  }
}

function toScan(ctx: Context, n: CstNode): ScanStatement {
  const span = spanOf(ctx, n);
  const names = tokens(n, 'Name').map(t => nameOf(ctx, t));
  const values = nodes(n, 'expr').map(e => toExpr(ctx, e));
  if (values.length !== names.length) {
    const counts = { names: names.length, values: values.length };
    ctx.report(syntaxDiagnostic('names-and-values', counts, { span: headOf(n, span) }));
  }
  const along = optional(n, 'along');
  return {
    kind: 'scan',
    names,
    values,
    along: along === undefined ? undefined : toExpr(ctx, node(along, 'expr')),
    reverse: tokens(n, 'kw_reverse').length > 0,
    body: toBody(ctx, node(n, 'body')),
    span,
  };
}

/** What stands before the body. */
function headOf(n: CstNode, span: Span): Span {
  const last = nodes(n, 'expr').at(-1)?.location;
  return last === undefined
    ? span
    : {
        ...span,
        end: (last.endOffset ?? 0) + 1,
        endLine: last.endLine ?? span.line,
        endColumn: (last.endColumn ?? 0) + 1,
      };
}

/** `else if` branches nest from the last one inwards. */
function toIf(ctx: Context, n: CstNode): IfStatement {
  const span = spanOf(ctx, n);
  const last = optional(n, 'body', 1);
  let otherwise = last === undefined ? undefined : toBody(ctx, last);
  for (const branch of [...nodes(n, 'elseIf')].reverse()) {
    const own = spanBetween(tokenSpan(ctx.file, token(branch, 'kw_if')), span);
    const nested: IfStatement = {
      kind: 'if',
      condition: toExpr(ctx, node(branch, 'expr')),
      body: toBody(ctx, node(branch, 'body')),
      otherwise,
      span: own,
    };
    otherwise = { statements: [nested], span: own };
  }
  return {
    kind: 'if',
    condition: toExpr(ctx, node(n, 'expr')),
    body: toBody(ctx, node(n, 'body')),
    otherwise,
    span,
  };
}
