// The tree of types and expressions; declarations and statements are in ast.ts.

import type { Span } from '../../base/span.ts';

export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** `renamed from out`, `renamed from read.linear`: a name in the same place, or a path from the model's root. */
export interface OldName {
  readonly text: string;
  readonly span: Span;
}

// ── Types

export type TypeExpr = TensorTypeExpr | RecordTypeExpr;

/**
 * `unit float[B, shared]`, `index(caption)[B, T]`, `int`, `caption[N..., T]`, `shared[N...]`.
 * `base` is float, index, int, number, bool, string, block, dim, or the name of a modality or space.
 */
export interface TensorTypeExpr {
  readonly kind: 'tensor';
  readonly qualifier: 'unit' | 'simplex' | undefined;
  readonly base: Name;
  /** What index(…) points into. */
  readonly of: Expr | undefined;
  /** undefined without brackets. */
  readonly dims: readonly DimExpr[] | undefined;
  readonly span: Span;
}

/** A dim in a type: `N...` (the pack) or an expression. */
export type DimExpr =
  | { readonly kind: 'pack'; readonly name: Name; readonly span: Span }
  | { readonly kind: 'dim'; readonly value: Expr; readonly span: Span };

export interface RecordTypeExpr {
  readonly kind: 'record';
  readonly fields: readonly { readonly name: Name; readonly type: TypeExpr }[];
  readonly span: Span;
}

// ── Expressions

export type Expr =
  | NumberExpr
  | StringExpr
  | BoolExpr
  | NameExpr
  | ListExpr
  | RecordExpr
  | UnaryExpr
  | BinaryExpr
  | CallExpr
  | FieldExpr
  | IndexExpr
  | AsExpr
  | WithExpr
  | PipeExpr
  | WhenExpr
  | LambdaExpr;

/** `0.5`, `1e-4`, `25ms`, `16kHz`; the unit as written. */
export interface NumberExpr {
  readonly kind: 'number';
  readonly value: number;
  /** The digits as written, for exact rationals. */
  readonly text: string;
  readonly unit: string | undefined;
  readonly span: Span;
}

export interface StringExpr {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

export interface BoolExpr {
  readonly kind: 'bool';
  readonly value: boolean;
  readonly span: Span;
}

export interface NameExpr {
  readonly kind: 'name';
  readonly text: string;
  readonly span: Span;
}

export interface ListExpr {
  readonly kind: 'list';
  readonly items: readonly Expr[];
  readonly span: Span;
}

/** `{ hidden: h, move }` */
export interface RecordExpr {
  readonly kind: 'record';
  readonly fields: readonly { readonly name: Name; readonly value: Expr }[];
  readonly span: Span;
}

export interface UnaryExpr {
  readonly kind: 'unary';
  readonly op: '-' | 'not';
  readonly operand: Expr;
  readonly span: Span;
}

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '//'
  | '%'
  | '^'
  | '@'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'and'
  | 'or'
  | '..';

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly span: Span;
}

export interface Arg {
  /** undefined for a positional argument. */
  readonly name: Name | undefined;
  readonly value: Expr;
  readonly span: Span;
}

/** `linear(x, out: 192)`, `Other.look(p)` */
export interface CallExpr {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: readonly Arg[];
  readonly span: Span;
}

/** `c.ids` */
export interface FieldExpr {
  readonly kind: 'field';
  readonly object: Expr;
  readonly field: Name;
  readonly span: Span;
}

/** `x[..., :-1, 0, new]` */
export interface IndexExpr {
  readonly kind: 'index';
  readonly object: Expr;
  readonly items: readonly IndexItem[];
  readonly span: Span;
}

export type IndexItem =
  | { readonly kind: 'ellipsis'; readonly span: Span }
  | { readonly kind: 'new'; readonly span: Span }
  | { readonly kind: 'at'; readonly value: Expr; readonly span: Span }
  | {
      readonly kind: 'slice';
      readonly from: Expr | undefined;
      readonly to: Expr | undefined;
      readonly span: Span;
    };

/** `f(x) as name`: names the part that this call makes. */
export interface AsExpr {
  readonly kind: 'as';
  readonly value: Expr;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly span: Span;
}

/** `text with { ids: hidden }`: the record with other values in some of its fields. */
export interface WithExpr {
  readonly kind: 'with';
  readonly value: Expr;
  readonly fields: RecordExpr['fields'];
  readonly span: Span;
}

/** `left |> f(args)`: left becomes the first argument. */
export interface PipeExpr {
  readonly kind: 'pipe';
  readonly left: Expr;
  /** A call, perhaps with `as`, or a bare callee. */
  readonly right: Expr;
  readonly span: Span;
}

/** `x when learning else y`; the condition is static. */
export interface WhenExpr {
  readonly kind: 'when';
  readonly value: Expr;
  readonly condition: Expr;
  readonly otherwise: Expr;
  readonly span: Span;
}

/** `c => write(c).next` */
export interface LambdaExpr {
  readonly kind: 'lambda';
  readonly params: readonly Name[];
  readonly body: Expr;
  readonly span: Span;
}
