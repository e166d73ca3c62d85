// What is known of dims beyond their normal form: equalities that a `require` or an `if` says.

import type { Dim } from '../../base/dim.ts';
import { dimMul, dimSub, dimSubstitute, dimSymbol } from '../../base/dim.ts';
import type { Fact } from './values.ts';

/** A dim with every known equality applied, each solved for one symbol. */
export function underFacts(facts: readonly Fact[], dim: Dim): Dim {
  let at = dim;
  for (const fact of facts) {
    const solved = solve(fact);
    if (solved !== undefined) at = dimSubstitute(at, new Map([[solved.symbol, solved.is]]));
  }
  return at;
}

/** T == S gives T is S; D % 2 == 0, which is D − 2·(D // 2) == 0, gives D is 2·(D // 2). */
function solve({ left, right }: Fact): { readonly symbol: string; readonly is: Dim } | undefined {
  const [a, b] = [soleSymbol(left), soleSymbol(right)];
  if (a !== undefined) return { symbol: a, is: right };
  if (b !== undefined) return { symbol: b, is: left };
  const rest = dimSub(left, right);
  if (typeof rest === 'number') return undefined;
  for (const { coefficient, atoms } of rest.terms) {
    const [atom, more] = atoms;
    if (Math.abs(coefficient) !== 1 || atom?.kind !== 'symbol' || more !== undefined) continue;
    const symbol = dimMul(coefficient, dimSymbol(atom));
    return { symbol: atom.id, is: dimMul(-coefficient, dimSub(rest, symbol)) };
  }
  return undefined;
}

function soleSymbol(dim: Dim): string | undefined {
  if (typeof dim === 'number' || dim.terms.length !== 1) return undefined;
  const [term] = dim.terms;
  const [atom, more] = term?.atoms ?? [];
  return term?.coefficient === 1 && more === undefined && atom?.kind === 'symbol' ? atom.id : undefined;
}
