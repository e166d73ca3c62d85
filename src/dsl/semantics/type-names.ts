// Type expressions by their names: which are static, and how a type reads in a message.

import type { Expr, Param, TypeExpr } from '../syntax/ast.ts';
import { printExpr } from '../syntax/print-expr.ts';

export const staticBases = [
  'int',
  'number',
  'time',
  'frequency',
  'bool',
  'string',
  'block',
  'dim',
  'axes',
  'list',
  'model',
] as const;
export type StaticBase = (typeof staticBases)[number];
export const tensorBases = ['float', 'index', 'tensor', 'mask'] as const;

export function isStaticBase(name: string): name is StaticBase {
  return (staticBases as readonly string[]).includes(name);
}

/** A static parameter is known before the model runs; a bare `float` may be either and counts as a tensor. */
export function isStaticType(type: TypeExpr): boolean {
  return type.kind === 'tensor' && isStaticBase(type.base.text);
}

/** A parameter that takes something to be called. */
export function isBlockParam(p: Param): boolean {
  return p.type.kind === 'tensor' && p.type.base.text === 'block';
}

/** As written, for messages. */
export function showTypeExpr(type: TypeExpr): string {
  if (type.kind === 'record')
    return `{ ${type.fields.map(f => `${f.name.text}: ${showTypeExpr(f.type)}`).join(', ')} }`;
  const of = type.of === undefined ? '' : `(${printExpr(type.of)})`;
  const dims =
    type.dims === undefined
      ? ''
      : `[${type.dims.map(d => (d.kind === 'pack' ? `${d.name.text}...` : printExpr(d.value))).join(', ')}]`;
  return `${type.qualifier === undefined ? '' : `${type.qualifier} `}${type.base.text}${of}${dims}`;
}

const longest = 40;

/** An expression as it is printed; a long one is cut. */
export function showExpr(e: Expr): string {
  const text = printExpr(e);
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
