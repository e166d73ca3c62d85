// In which order tensor parameters are matched: `scores: float[N..., V + 1], labels: index(V)[N...]` wants the labels
// first, since they say what V is.

import type { Expr, Param, TypeExpr } from '../syntax/ast.ts';

interface Dims {
  /** Names that stand alone and so bind a dim. */
  readonly bare: ReadonlySet<string>;
  /** Names within formulas. */
  readonly read: ReadonlySet<string>;
}

/** The parameters, each behind those that bind what its formulas read, and otherwise as they were written. */
export function inBindingOrder(params: readonly Param[]): readonly Param[] {
  const known = orders.get(params);
  if (known !== undefined) return known;
  const ordered = bindingOrder(params);
  orders.set(params, ordered);
  return ordered;
}

const orders = new WeakMap<readonly Param[], readonly Param[]>();

function bindingOrder(params: readonly Param[]): readonly Param[] {
  const waiting = params.map(p => ({ p, dims: dimsOf(p.type) }));
  const binders = new Set(waiting.flatMap(w => [...w.dims.bare]));
  const bound = new Set<string>();
  const ordered: Param[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(({ dims }) =>
      [...dims.read].every(n => !binders.has(n) || bound.has(n) || dims.bare.has(n)),
    );
    const [next] = waiting.splice(Math.max(0, ready), 1);
    if (next === undefined) break;
    ordered.push(next.p);
    for (const name of next.dims.bare) bound.add(name);
  }
  return ordered;
}

/** Dims that a type would bind: the names that stand alone in it. */
export function bareDims(type: TypeExpr): ReadonlySet<string> {
  return dimsOf(type).bare;
}

function dimsOf(type: TypeExpr): Dims {
  const bare = new Set<string>();
  const read = new Set<string>();
  const visit = (t: TypeExpr): void => {
    if (t.kind === 'record') {
      for (const f of t.fields) visit(f.type);
      return;
    }
    if (t.of?.kind === 'name') bare.add(t.of.text);
    else if (t.of !== undefined) for (const name of namesIn(t.of)) read.add(name);
    for (const d of t.dims ?? []) {
      if (d.kind === 'pack') continue;
      if (d.value.kind === 'name') bare.add(d.value.text);
      else for (const name of namesIn(d.value)) read.add(name);
    }
  };
  visit(type);
  return { bare, read };
}

function namesIn(e: Expr): readonly string[] {
  switch (e.kind) {
    case 'name':
      return [e.text];
    case 'unary':
      return namesIn(e.operand);
    case 'binary':
      return [...namesIn(e.left), ...namesIn(e.right)];
    default:
      return [];
  }
}
