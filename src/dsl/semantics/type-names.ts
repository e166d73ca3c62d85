// Type expressions by their names: which are static, and how a type reads in a message.

import type { Expr, TypeExpr } from '../syntax/ast.ts';

export const staticBases = ['int', 'number', 'bool', 'string', 'block', 'dim', 'axes', 'list'] as const;
export type StaticBase = (typeof staticBases)[number];
export const tensorBases = ['float', 'index', 'tensor', 'mask'] as const;

export function isStaticBase(name: string): name is StaticBase {
  return (staticBases as readonly string[]).includes(name);
}

/** A static parameter is known before the model runs; a bare `float` may be either and counts as a tensor. */
export function isStaticType(type: TypeExpr): boolean {
  return type.kind === 'tensor' && isStaticBase(type.base.text);
}

/** As written, for messages. */
export function showTypeExpr(type: TypeExpr): string {
  if (type.kind === 'record')
    return `{ ${type.fields.map(f => `${f.name.text}: ${showTypeExpr(f.type)}`).join(', ')} }`;
  const of = type.of === undefined ? '' : `(${showExpr(type.of)})`;
  const dims =
    type.dims === undefined
      ? ''
      : `[${type.dims.map(d => (d.kind === 'pack' ? `${d.name.text}...` : showExpr(d.value))).join(', ')}]`;
  return `${type.qualifier === undefined ? '' : `${type.qualifier} `}${type.base.text}${of}${dims}`;
}

export function showExpr(e: Expr): string {
  switch (e.kind) {
    case 'number':
      return e.text;
    case 'name':
      return e.text;
    case 'binary':
      return `${showExpr(e.left)} ${e.op} ${showExpr(e.right)}`;
    case 'field':
      return `${showExpr(e.object)}.${e.field.text}`;
    default:
      return '…';
  }
}
