// Symbolic dims: polynomials over named symbols and floor divisions, kept in one normal form, so that equal
// forms mean equal dims. A concrete dim is a plain number.

export type Dim = number | Poly;

/**
 * config dims are fixed by the spec, so weights may depend on them; data dims come with the batch (its size, a
 * length); a pack is the leading dims of a block folded into one; a nominal dim is a space, vocabulary or label set.
 */
export type DimRole = 'config' | 'data' | 'pack' | 'nominal' | 'formal';

export interface DimSymbol {
  readonly kind: 'symbol';
  /** Unique; two symbols of one name in different places differ here. */
  readonly id: string;
  readonly name: string;
  readonly role: DimRole;
  /** No value is smaller than this; 1 if absent. */
  readonly min?: number;
  /** No value is larger than this. */
  readonly max?: number;
  /** Of a nominal dim: its size, once known. */
  readonly size?: number;
}

/** floor(numerator / denominator); `exact` where a requirement says that nothing remains. */
export interface DimQuotient {
  readonly kind: 'quotient';
  readonly id: string;
  readonly numerator: Dim;
  readonly denominator: Dim;
  readonly exact: boolean;
}

export type DimAtom = DimSymbol | DimQuotient;

export interface Term {
  readonly coefficient: number;
  /** Sorted by id; a power is a repeated atom. */
  readonly atoms: readonly DimAtom[];
}

export interface Poly {
  readonly kind: 'poly';
  /** Sorted by the atoms' ids; the constant term, if any, first. */
  readonly terms: readonly Term[];
}

export type DimComparison = 'equal' | 'different' | 'unknown';

/** Thrown where a dim would grow past what any shape needs: more terms, factors or digits than are told apart. */
export class DimLimit extends Error {}

const mostTerms = 64;
const mostAtoms = 16;
const longestKey = 4000;

function whole(n: number): number {
  if (!Number.isSafeInteger(n)) throw new DimLimit('this size is too large');
  // -0 is 0.
  return n + 0;
}

const termKeys = new WeakMap<readonly DimAtom[], string>();

/** Terms with equal keys have equal atoms. */
function termKey({ atoms }: Term): string {
  const known = termKeys.get(atoms);
  if (known !== undefined) return known;
  const key = atoms.map(a => a.id).join('·');
  termKeys.set(atoms, key);
  return key;
}

/** What two dims gave before: the same few meet over and over, in every op of every layer. */
function remembered<T>(make: (a: Dim, b: Dim) => T): (a: Dim, b: Dim) => T {
  const byLeft = new WeakMap<Poly, { readonly polys: WeakMap<Poly, T>; readonly numbers: Map<number, T> }>();
  return (a, b) => {
    if (typeof a === 'number') return make(a, b);
    let known = byLeft.get(a);
    if (known === undefined) {
      known = { polys: new WeakMap(), numbers: new Map() };
      byLeft.set(a, known);
    }
    const found = typeof b === 'number' ? known.numbers.get(b) : known.polys.get(b);
    if (found !== undefined) return found;
    const made = make(a, b);
    if (typeof b === 'number') known.numbers.set(b, made);
    else known.polys.set(b, made);
    return made;
  };
}

function termsOf(dim: Dim): readonly Term[] {
  if (typeof dim !== 'number') return dim.terms;
  return dim === 0 ? [] : [{ coefficient: dim, atoms: [] }];
}

function normal(terms: readonly Term[]): Dim {
  const byKey = new Map<string, Term>();
  for (const raw of terms) {
    const term = cancelExact(raw);
    const key = termKey(term);
    const known = byKey.get(key);
    byKey.set(
      key,
      known === undefined ? term : { ...term, coefficient: whole(known.coefficient + term.coefficient) },
    );
  }
  const kept = [...byKey.entries()]
    .filter(([, t]) => t.coefficient !== 0)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const only = kept.map(([, t]) => t);
  if (only.length > mostTerms || only.some(t => t.atoms.length > mostAtoms))
    throw new DimLimit('this dim is a sum of too many products');
  if (only.length === 0) return 0;
  const [first] = only;
  if (only.length === 1 && first !== undefined && first.atoms.length === 0) return first.coefficient;
  return { kind: 'poly', terms: only };
}

/** (a / b) · b = a where a / b is exact and a is one term. */
function cancelExact(term: Term): Term {
  for (const [i, atom] of term.atoms.entries()) {
    if (atom.kind !== 'quotient' || !atom.exact) continue;
    const [numerator, more] = termsOf(atom.numerator);
    if (numerator === undefined || more !== undefined) continue;
    const others = term.atoms.filter((_, j) => j !== i);
    const rest = removeFactor({ coefficient: term.coefficient, atoms: others }, atom.denominator);
    if (rest === undefined) continue;
    return cancelExact({
      coefficient: whole(rest.coefficient * numerator.coefficient),
      atoms: sorted([...rest.atoms, ...numerator.atoms]),
    });
  }
  return term;
}

const sorted = (atoms: readonly DimAtom[]): DimAtom[] =>
  [...atoms].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

/** term / factor where factor is one term that divides it; else undefined. */
function removeFactor(term: Term, factor: Dim): Term | undefined {
  const [only, more] = termsOf(factor);
  if (only === undefined || more !== undefined || term.coefficient % only.coefficient !== 0) return undefined;
  const left = [...term.atoms];
  for (const atom of only.atoms) {
    const at = left.findIndex(a => a.id === atom.id);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return { coefficient: term.coefficient / only.coefficient, atoms: left };
}

export function dimSymbol(symbol: Omit<DimSymbol, 'kind'>): Dim {
  return { kind: 'poly', terms: [{ coefficient: 1, atoms: [{ kind: 'symbol', ...symbol }] }] };
}

export function dimAdd(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return whole(a + b);
  return normal([...termsOf(a), ...termsOf(b)]);
}

export function dimNegate(a: Dim): Dim {
  if (typeof a === 'number') return whole(-a);
  return normal(a.terms.map(t => ({ ...t, coefficient: -t.coefficient })));
}

export const dimSub = (a: Dim, b: Dim): Dim => dimAdd(a, dimNegate(b));

export function dimMul(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return whole(a * b);
  if (a === 1) return b;
  if (b === 1) return a;
  return typeof a === 'number' ? product(b, a) : product(a, b);
}

const product = remembered((a, b) => {
  const [left, right] = [termsOf(a), termsOf(b)];
  if (left.length * right.length > 8 * mostTerms)
    throw new DimLimit('this dim is a sum of too many products');
  return normal(
    left.flatMap(x =>
      right.map(y => ({
        coefficient: whole(x.coefficient * y.coefficient),
        atoms: sorted([...x.atoms, ...y.atoms]),
      })),
    ),
  );
});

export const dimProduct = (dims: readonly Dim[]): Dim => dims.reduce<Dim>(dimMul, 1);

/** floor(a / b) for positive b: terms that b divides come out, nested divisions merge. */
export function dimFloorDiv(a: Dim, b: Dim, exact = false): Dim {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0) return Math.floor(a / b);
  if (b === 1) return a;
  if (dimEqual(a, b) === 'equal') return 1;
  const out: Term[] = [];
  const rest: Term[] = [];
  // (a + s·b) // s = a // s + b: of every term the multiple of s comes out, and what remains is below it.
  const [by, more] = termsOf(b);
  for (const term of termsOf(a)) {
    const one =
      by === undefined || more !== undefined
        ? undefined
        : removeFactor({ ...term, coefficient: by.coefficient }, b);
    const times = one === undefined || by === undefined ? 0 : Math.floor(term.coefficient / by.coefficient);
    if (one === undefined || by === undefined || times === 0) rest.push(term);
    else {
      out.push({ coefficient: times, atoms: one.atoms });
      rest.push({ ...term, coefficient: term.coefficient - times * by.coefficient });
    }
  }
  const remainder = normal(rest);
  if (remainder === 0 || (typeof remainder === 'number' && typeof b === 'number')) return normal(out);
  return dimAdd(normal(out), quotient(remainder, b, exact));
}

/** a / b where nothing may remain; the caller records that requirement. */
export const dimExactDiv = (a: Dim, b: Dim): Dim => dimFloorDiv(a, b, true);

function quotient(a: Dim, b: Dim, exact: boolean): Dim {
  // (x // p + r) // q = (x + p·r) // (p·q)
  const inside = termsOf(a).flatMap(term => {
    const [atom, more] = term.atoms;
    return atom?.kind === 'quotient' && more === undefined && term.coefficient === 1 ? [{ term, atom }] : [];
  });
  const [only, others] = inside;
  if (only !== undefined && others === undefined) {
    const { numerator, denominator, exact: innerExact } = only.atom;
    const rest = normal(termsOf(a).filter(t => t !== only.term));
    const merged = dimAdd(numerator, dimMul(denominator, rest));
    return dimFloorDiv(merged, dimMul(denominator, b), exact && innerExact);
  }
  // (g·x + k) // (g·s) = (x + k // g) // s
  const common = [...termsOf(a).filter(t => t.atoms.length > 0), ...termsOf(b)].reduce(
    (g, t) => greatestCommon(g, t.coefficient),
    0,
  );
  if (common > 1) {
    const by = (terms: readonly Term[]): Dim =>
      normal(terms.map(t => ({ ...t, coefficient: Math.floor(t.coefficient / common) })));
    return dimFloorDiv(by(termsOf(a)), by(termsOf(b)), exact);
  }
  // (m·x) // (m·s) = x // s
  const [first, ...more] = [...termsOf(a), ...termsOf(b)];
  const shared = first?.atoms.find(m => more.every(t => t.atoms.some(atom => atom.id === m.id)));
  if (shared !== undefined) {
    const by: Dim = { kind: 'poly', terms: [{ coefficient: 1, atoms: [shared] }] };
    const without = (terms: readonly Term[]): Dim => normal(terms.flatMap(t => removeFactor(t, by) ?? []));
    return dimFloorDiv(without(termsOf(a)), without(termsOf(b)), exact);
  }
  const id = `(${dimKey(a)})${exact ? '/' : '//'}(${dimKey(b)})`;
  if (id.length > longestKey) throw new DimLimit('this dim is divided too often');
  return {
    kind: 'poly',
    terms: [{ coefficient: 1, atoms: [{ kind: 'quotient', id, numerator: a, denominator: b, exact }] }],
  };
}

function greatestCommon(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestCommon(b, a % b);
}

/** A text that equals another's exactly where the normal forms are equal. */
export function dimKey(dim: Dim): string {
  if (typeof dim === 'number') return String(dim);
  const known = dimKeys.get(dim);
  if (known !== undefined) return known;
  const key = dim.terms.map(t => `${t.coefficient}·${termKey(t)}`).join('+');
  dimKeys.set(dim, key);
  return key;
}

const dimKeys = new WeakMap<Poly, string>();

export function dimEqual(a: Dim, b: Dim): DimComparison {
  if (a === b) return 'equal';
  if (typeof a === 'number' && typeof b === 'number') return 'different';
  return compared(a, b);
}

const compared = remembered((a, b): DimComparison => {
  if (dimKey(a) === dimKey(b)) return 'equal';
  const difference = dimSub(a, b);
  const cleared = clearExact(difference);
  if (cleared === 0) return 'equal';
  if (typeof cleared === 'number') return 'different';
  return 'unknown';
});

/** Exact quotients that are multiplied out, and the terms up to which that is done. */
const mostCleared = 4;
const mostClearedTerms = 12;

/** Something that is 0 exactly where the dim is: multiplied by the denominators of its exact quotients, which are above 0. */
function clearExact(dim: Dim): Dim {
  let cleared = dim;
  try {
    for (let i = 0; i < mostCleared; i++) {
      const terms = termsOf(cleared);
      const atom = terms.flatMap(t => t.atoms).find(q => q.kind === 'quotient' && q.exact);
      if (atom?.kind !== 'quotient' || terms.length > mostClearedTerms) return cleared;
      cleared = terms.reduce<Dim>((sum, { coefficient, atoms }) => {
        const at = atoms.findIndex(a => a.id === atom.id);
        const others = normal([{ coefficient, atoms: atoms.filter((_, j) => j !== at) }]);
        return dimAdd(sum, dimMul(others, at < 0 ? atom.denominator : atom.numerator));
      }, 0);
    }
    return cleared;
  } catch (e) {
    if (e instanceof DimLimit) return dim;
    throw e;
  }
}

/** Every symbol that a dim mentions, each once, in order of id. */
export function dimSymbols(dim: Dim): readonly DimSymbol[] {
  const found = new Map<string, DimSymbol>();
  const visit = (d: Dim): void => {
    for (const term of termsOf(d)) {
      for (const atom of term.atoms) {
        if (atom.kind === 'symbol') found.set(atom.id, atom);
        else {
          visit(atom.numerator);
          visit(atom.denominator);
        }
      }
    }
  };
  visit(dim);
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Puts dims in the place of symbols; symbols without an entry stay. */
export function dimSubstitute(dim: Dim, values: ReadonlyMap<string, Dim>): Dim {
  if (typeof dim === 'number') return dim;
  let sum: Dim = 0;
  for (const term of dim.terms) {
    let product: Dim = term.coefficient;
    for (const atom of term.atoms) {
      const value: Dim =
        atom.kind === 'symbol'
          ? (values.get(atom.id) ?? { kind: 'poly', terms: [{ coefficient: 1, atoms: [atom] }] })
          : dimFloorDiv(
              dimSubstitute(atom.numerator, values),
              dimSubstitute(atom.denominator, values),
              atom.exact,
            );
      product = dimMul(product, value);
    }
    sum = dimAdd(sum, product);
  }
  return sum;
}

/** The largest value a dim can have; undefined where the symbols' bounds don't say. */
export function dimUpperBound(dim: Dim): number | undefined {
  const { high } = rangeOf(dim);
  return Number.isFinite(high) ? high : undefined;
}

/** The smallest value a dim can have; undefined where the symbols' bounds don't say. */
export function dimLowerBound(dim: Dim): number | undefined {
  const { low } = rangeOf(dim);
  return Number.isFinite(low) ? low : undefined;
}

/** All values lie between the two, which may be infinite. */
interface Range {
  readonly low: number;
  readonly high: number;
}

const anything: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

function rangeOf(dim: Dim): Range {
  if (typeof dim === 'number') return { low: dim, high: dim };
  let [low, high] = [0, 0];
  for (const term of dim.terms) {
    const factors = [{ low: term.coefficient, high: term.coefficient }, ...term.atoms.map(atomRange)];
    const product = factors.reduce(times);
    low += product.low;
    high += product.high;
  }
  return { low, high };
}

/** 0 · ∞ is 0 here: a factor that is 0 stays 0, however large the other. */
function times(a: Range, b: Range): Range {
  const corners = [a.low, a.high].flatMap(x => [b.low, b.high].map(y => (x === 0 || y === 0 ? 0 : x * y)));
  return { low: Math.min(...corners), high: Math.max(...corners) };
}

function atomRange(atom: DimAtom): Range {
  if (atom.kind === 'symbol') {
    if (atom.size !== undefined) return { low: atom.size, high: atom.size };
    return { low: atom.min ?? 1, high: atom.max ?? Number.POSITIVE_INFINITY };
  }
  const n = rangeOf(atom.numerator);
  const d = rangeOf(atom.denominator);
  // A divisor is at least 1, whatever its symbols' bounds allow.
  const [least, most] = [Math.max(1, d.low), d.high];
  if (!(least <= most)) return anything;
  const floor = (x: number, by: number): number =>
    Number.isFinite(x) ? (Number.isFinite(by) ? Math.floor(x / by) : x < 0 ? -1 : 0) : x;
  return { low: floor(n.low, n.low < 0 ? least : most), high: floor(n.high, n.high < 0 ? most : least) };
}

/** As a person writes it: `H // 2 + 1`, `2·D`, `caption`. */
export function showDim(dim: Dim): string {
  if (typeof dim === 'number') return String(dim);
  const terms = [...dim.terms].sort(
    (a, b) => (a.atoms.length === 0 ? 1 : 0) - (b.atoms.length === 0 ? 1 : 0),
  );
  return terms
    .map((term, i) => {
      const names = term.atoms.map(showAtom);
      const size = Math.abs(term.coefficient);
      const text = [...(size === 1 && names.length > 0 ? [] : [String(size)]), ...names].join('·');
      if (i === 0) return term.coefficient < 0 ? `-${text}` : text;
      return term.coefficient < 0 ? ` - ${text}` : ` + ${text}`;
    })
    .join('');
}

function showAtom(atom: DimAtom): string {
  if (atom.kind === 'symbol') return atom.name;
  const side = (d: Dim): string =>
    typeof d === 'number' ||
    (d.terms.length === 1 && d.terms[0]?.atoms.length === 1 && d.terms[0].coefficient === 1)
      ? showDim(d)
      : `(${showDim(d)})`;
  return `${side(atom.numerator)} ${atom.exact ? '/' : '//'} ${side(atom.denominator)}`;
}
