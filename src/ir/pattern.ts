// Patterns over the producers of a value: ops with captures, commutativity, alternatives and single use.

import type { Attrs, Node, TensorType, ValueId } from './graph.ts';

export type Pattern =
  /** Any value; one name captured twice must be one value. */
  | { readonly kind: 'any'; readonly as: string }
  /** A number: a filled constant of any shape, however reshaped, broadcast or cast. */
  | { readonly kind: 'number'; readonly as: string | undefined; readonly value: number | undefined }
  | {
      readonly kind: 'op';
      readonly op: string;
      readonly inputs: readonly Pattern[];
      readonly options: OpPatternOptions;
    }
  | { readonly kind: 'either'; readonly choices: readonly Pattern[] };

export interface OpPatternOptions {
  /** Captures the value under this name; its node is `match.node(name)`. */
  readonly as?: string;
  readonly attrs?: (attrs: Attrs) => boolean;
  /** One at least of the inputs is made by one of these ops. */
  readonly among?: ReadonlySet<string>;
  /** Nothing else reads the value. */
  readonly once?: boolean;
  readonly output?: number;
}

export const any = (as: string): Pattern => ({ kind: 'any', as });
/** A particular number (to six digits), or any number under a name. */
export const number = (which: number | string): Pattern =>
  typeof which === 'number'
    ? { kind: 'number', as: undefined, value: which }
    : { kind: 'number', as: which, value: undefined };
export const op = (name: string, inputs: readonly Pattern[], options: OpPatternOptions = {}): Pattern => ({
  kind: 'op',
  op: name,
  inputs,
  options,
});
export const either = (...choices: readonly Pattern[]): Pattern => ({ kind: 'either', choices });

const commutative = new Set(['add', 'mul', 'max', 'min', 'equal', 'and', 'or', 'bit_xor', 'bit_and']);

export interface MatchContext {
  readonly producer: (id: ValueId) => Node | undefined;
  readonly typeOf: (id: ValueId) => TensorType;
  readonly uses: (id: ValueId) => number;
}

export type Bindings = ReadonlyMap<string, ValueId | { readonly number: number }>;

export interface Match {
  readonly root: ValueId;
  readonly value: (name: string) => ValueId;
  readonly number: (name: string) => number;
  /** The node that made a captured value. */
  readonly node: (name: string) => Node;
  readonly uses: (id: ValueId) => number;
  readonly has: (name: string) => boolean;
}

/** Every way in which the pattern fits the value, most often none or one. */
export function matchPattern(
  context: MatchContext,
  pattern: Pattern,
  id: ValueId,
  bindings: Bindings,
): readonly Bindings[] {
  switch (pattern.kind) {
    case 'any':
      return bind(bindings, pattern.as, id);
    case 'number': {
      const value = numberOf(context, id);
      if (value === undefined || (pattern.value !== undefined && !near(value, pattern.value))) return [];
      return pattern.as === undefined ? [bindings] : bindNumber(bindings, pattern.as, value);
    }
    case 'either':
      return matchEither(context, pattern.choices, id, bindings);
    case 'op':
      return matchOp(context, pattern, id, bindings);
    default:
      return pattern satisfies never;
  }
}

const none: readonly Bindings[] = [];

function matchEither(
  context: MatchContext,
  choices: readonly Pattern[],
  id: ValueId,
  bindings: Bindings,
): readonly Bindings[] {
  let all = none;
  for (const choice of choices) {
    const found = matchPattern(context, choice, id, bindings);
    if (found.length > 0) all = all.length === 0 ? found : [...all, ...found];
  }
  return all;
}

const straight = [false] as const;
const bothWays = [false, true] as const;

function matchOp(
  context: MatchContext,
  { op: name, inputs, options }: Extract<Pattern, { kind: 'op' }>,
  id: ValueId,
  bindings: Bindings,
): readonly Bindings[] {
  const node = context.producer(id);
  if (node === undefined || node.op !== name || node.inputs.length !== inputs.length) return none;
  if (node.outputs[options.output ?? 0] !== id) return none;
  if (options.once === true && context.uses(id) > 1) return none;
  const { among } = options;
  if (among !== undefined && !node.inputs.some(id => among.has(context.producer(id)?.op ?? ''))) return none;
  const swaps = inputs.length === 2 && commutative.has(name);
  let all = none;
  for (const isSwapped of swaps ? bothWays : straight) {
    const given = (i: number): ValueId => node.inputs[isSwapped ? 1 - i : i]!;
    // Most values fit no pattern, and most of those show it at once: nothing is made before that.
    if (!inputs.every((input, i) => mayFit(context, input, given(i)))) continue;
    if (options.attrs !== undefined && !options.attrs(node.attrs)) return none;
    let found = options.as === undefined ? [bindings] : bind(bindings, options.as, id);
    for (let i = 0; i < inputs.length && found.length > 0; i++) {
      const [only, more] = found;
      if (more === undefined) found = matchPattern(context, inputs[i]!, given(i), only!);
      else found = found.flatMap(b => matchPattern(context, inputs[i]!, given(i), b));
    }
    if (found.length > 0) all = all.length === 0 ? found : [...all, ...found];
  }
  return all;
}

/** Whether the value's own op is one that the pattern asks for. */
function mayFit(context: MatchContext, pattern: Pattern, id: ValueId): boolean {
  switch (pattern.kind) {
    case 'any':
      return true;
    case 'number':
      return numberOf(context, id) !== undefined;
    case 'op':
      return context.producer(id)?.op === pattern.op;
    case 'either':
      return pattern.choices.some(choice => mayFit(context, choice, id));
    default:
      return pattern satisfies never;
  }
}

function bind(bindings: Bindings, name: string, id: ValueId): readonly Bindings[] {
  const known = bindings.get(name);
  if (known !== undefined) return known === id ? [bindings] : [];
  return [new Map(bindings).set(name, id)];
}

function bindNumber(bindings: Bindings, name: string, value: number): readonly Bindings[] {
  const known = bindings.get(name);
  if (known !== undefined) return typeof known === 'object' && known.number === value ? [bindings] : [];
  return [new Map(bindings).set(name, { number: value })];
}

const near = (a: number, b: number): boolean =>
  a === b || Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));

/** The number that fills a value, where it is a constant however reshaped, broadcast or (to a float) cast. */
export function numberOf(context: Pick<MatchContext, 'producer'>, id: ValueId): number | undefined {
  const node = context.producer(id);
  switch (node?.op) {
    case 'constant':
      return typeof node.attrs.value === 'number' ? node.attrs.value : undefined;
    case 'literal': {
      const values = node.attrs.values as readonly number[];
      const first = values[0];
      return first !== undefined && values.every(v => Object.is(v, first)) ? first : undefined;
    }
    case 'reshape':
    case 'broadcast':
      return numberOf(context, node.inputs[0]!);
    default:
      return undefined;
  }
}

/** Ops at which a pattern can begin. */
export function rootOps(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case 'op':
      return [pattern.op];
    case 'either':
      return [...new Set(pattern.choices.flatMap(rootOps))];
    case 'any':
    case 'number':
      throw new Error('a rule begins at an op');
    default:
      return pattern satisfies never;
  }
}

/** The part of a pattern that can fit a value made by this op. */
export function atOp(pattern: Pattern, name: string): Pattern {
  if (pattern.kind !== 'either') return pattern;
  const choices = pattern.choices.filter(c => rootOps(c).includes(name)).map(c => atOp(c, name));
  const [only, more] = choices;
  return only !== undefined && more === undefined ? only : either(...choices);
}

export function toMatch(root: ValueId, bindings: Bindings, context: MatchContext): Match {
  const value = (name: string): ValueId => {
    const found = bindings.get(name);
    if (typeof found !== 'number') throw new Error(`no value ${name} in this match`);
    return found;
  };
  return {
    root,
    value,
    number: name => {
      const found = bindings.get(name);
      if (typeof found !== 'object') throw new Error(`no number ${name} in this match`);
      return found.number;
    },
    node: name => context.producer(value(name))!,
    uses: context.uses,
    has: name => bindings.has(name),
  };
}
