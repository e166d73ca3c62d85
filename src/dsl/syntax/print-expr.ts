// Expressions and types on one line, for messages and tables.

import type { Expr, TypeExpr } from './ast.ts';
import { noComments } from './comments.ts';
import { exprDoc, flatText, typeDoc } from './format-expr.ts';

export const printExpr = (e: Expr): string => flatText(exprDoc(noComments, e));

export const printType = (type: TypeExpr): string => flatText(typeDoc(noComments, type));
