// Bodies and what has one: statements, signatures.

import type { BlockItem, Body, Param, ParamStatement, PartMember, Statement, StateStatement } from './ast.ts';
import type { Comments } from './comments.ts';
import { type Doc, group, indent, line } from './doc.ts';
import { exprDoc, renamedDoc, typeDoc } from './format-expr.ts';
import { braces, continued, goOn, openList, type Part, rowsOf } from './layout.ts';

/** `block`, `encoder`, `objective` or `export` with its signature and body. */
export function callableDoc(
  c: Comments,
  keyword: string,
  { name, renamed, params, result, body }: Pick<BlockItem, 'name' | 'renamed' | 'params' | 'result' | 'body'>,
): Doc {
  c.pass(name.span, 'end');
  const parameters = paramsDoc(c, params);
  const given = result === undefined ? '' : [' -> ', typeDoc(c, result)];
  // Parameters break before the result does, unless there is one and the result has fields.
  const signature =
    params.length > 1 || result?.kind !== 'record' ? group([parameters, given]) : [group(parameters), given];
  return [
    `${keyword} ${name.text}`,
    renamedDoc(renamed),
    signature,
    ' ',
    group(bodyDoc(c, body, isShort(c, body))),
  ];
}

/** Parameters in parentheses, which break with the group around them. */
export const paramsDoc = (c: Comments, params: readonly Param[]): Doc =>
  openList(
    c,
    ['(', ')'],
    params.map(p => ({ span: p.span, print: () => paramDoc(c, p) })),
  );

function paramDoc(c: Comments, { name, type, fallback }: Param): Doc {
  const written = typeDoc(c, type);
  return [`${name.text}: `, written, fallback === undefined ? '' : [' = ', exprDoc(c, fallback)]];
}

/** A body stays on the line of its braces where it was written so, holds one plain statement, and fits. */
function isShort(c: Comments, { span, statements }: Body): boolean {
  const [only, more] = statements;
  if (only === undefined || more !== undefined || !c.onOneLine(span)) return false;
  return ['let', 'assign', 'return', 'require', 'collect', 'update'].includes(only.kind);
}

function bodyDoc(c: Comments, body: Body, short: boolean): Doc {
  const parts = body.statements.map(
    (s): Part => ({ span: s.span, doc: 'doc' in s ? s.doc : undefined, print: () => statementDoc(c, s) }),
  );
  return braces(
    rowsOf(c, parts, () => c.beforeEnd(body.span)),
    short,
  );
}

function statementDoc(c: Comments, s: Statement): Doc {
  switch (s.kind) {
    case 'let': {
      const values = s.values.map((v, i) => [i === 0 ? '' : ', ', exprDoc(c, v)]);
      return [`let ${s.names.map(n => n.text).join(', ')} = `, values];
    }
    case 'assign':
      return [`${s.name.text} = `, exprDoc(c, s.value)];
    case 'return':
      return ['return ', exprDoc(c, s.value)];
    case 'require':
      return ['require ', exprDoc(c, s.condition)];
    case 'param':
      return paramStatementDoc(c, s);
    case 'state':
      return stateDoc(c, s);
    case 'update':
      return [`update ${s.name.text} = `, exprDoc(c, s.value)];
    case 'part':
      return partDoc(c, s);
    case 'repeat': {
      const count = exprDoc(c, s.count, 'count');
      const name = s.name === undefined ? '' : [` as ${s.name.text}`, renamedDoc(s.renamed)];
      return ['repeat ', count, name, ' ', group(bodyDoc(c, s.body, isShort(c, s.body)))];
    }
    case 'scan':
      return scanDoc(c, s);
    case 'collect':
      return [`collect ${s.name.text} = `, exprDoc(c, s.value)];
    case 'if':
      return group(ifDoc(c, s, branchesAreShort(c, s)));
  }
}

function scanDoc(c: Comments, s: Statement & { kind: 'scan' }): Doc {
  const values = s.values.map((v, i) => [i === 0 ? '' : ', ', exprDoc(c, v)]);
  const along = s.along === undefined ? '' : [' along ', exprDoc(c, s.along)];
  const body = group(bodyDoc(c, s.body, isShort(c, s.body)));
  return [
    `scan ${s.names.map(n => n.text).join(', ')} in `,
    values,
    along,
    s.reverse ? ' reverse ' : ' ',
    body,
  ];
}

export function partDoc(c: Comments, { name, renamed, value, follows }: PartMember): Doc {
  const head = [`part ${name.text}`, renamedDoc(renamed), ' = '];
  if (follows === undefined) return [head, exprDoc(c, value)];
  const copied = exprDoc(c, value);
  const by = goOn(c, follows.span, line, () => ['by ', exprDoc(c, follows)]);
  return group([head, 'copy ', copied, indent(continued, by)]);
}

export function stateDoc(c: Comments, s: StateStatement): Doc {
  const type = typeDoc(c, s.type);
  return [`state ${s.name.text}`, renamedDoc(s.renamed), ': ', type, ' = ', exprDoc(c, s.value)];
}

export function paramStatementDoc(c: Comments, s: ParamStatement): Doc {
  const type = typeDoc(c, s.type);
  const value = exprDoc(c, s.value);
  const least = s.atLeast === undefined ? '' : [line, 'at least ', exprDoc(c, s.atLeast)];
  const most = s.atMost === undefined ? '' : [line, 'at most ', exprDoc(c, s.atMost)];
  return group([
    `param ${s.name.text}`,
    renamedDoc(s.renamed),
    ': ',
    type,
    ' = ',
    value,
    indent(continued, [least, most]),
  ]);
}

type If = Statement & { kind: 'if' };

/** The `if` that is all of an `else`. */
function elseIf({ otherwise }: If): If | undefined {
  const [only, more] = otherwise?.statements ?? [];
  return only?.kind === 'if' && more === undefined ? only : undefined;
}

/** All branches on their lines or none. */
function branchesAreShort(c: Comments, s: If): boolean {
  const next = elseIf(s);
  if (!isShort(c, s.body)) return false;
  if (next !== undefined) return branchesAreShort(c, next);
  return s.otherwise === undefined || isShort(c, s.otherwise);
}

function ifDoc(c: Comments, s: If, short: boolean): Doc {
  const condition = exprDoc(c, s.condition);
  const head = ['if ', condition, ' ', bodyDoc(c, s.body, short)];
  const next = elseIf(s);
  if (next !== undefined) return [head, ' else ', ifDoc(c, next, short)];
  return s.otherwise === undefined ? head : [head, ' else ', bodyDoc(c, s.otherwise, short)];
}
