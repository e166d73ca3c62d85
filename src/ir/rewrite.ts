// The rewriter: rules are data (pattern, replacement, the equation that makes it right) and are applied node by node
// in the graph's order, round after round until none applies.

import { dimEqual } from '../base/dim.ts';
import type { Builder } from './builder.ts';
import { createBuilder } from './builder.ts';
import type { Graph, TensorType, ValueId } from './graph.ts';
import type { OpRegistry } from './op.ts';
import { atOp, type Bindings, type Match, matchPattern, type Pattern, rootOps, toMatch } from './pattern.ts';
import { withoutDead } from './traverse.ts';

export interface Rule {
  readonly name: string;
  /** The equation, or why the two sides are equal. */
  readonly because: string;
  readonly pattern: Pattern;
  /** The new value, of the type of the old one; undefined where the rule doesn't apply after all. */
  readonly replace: (match: Match, builder: Builder) => ValueId | undefined;
}

/** Every round leaves a sound graph, so that rules that go in circles cost time and nothing else. */
const mostRounds = 12;
/** Rules applied in a row to one value. */
const mostSteps = 20;

/** Applies rules until none applies (or for a dozen rounds); nodes that nothing reads any more are dropped. */
export function rewrite(graph: Graph, rules: readonly Rule[], registry: OpRegistry): Graph {
  const byOp = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const op of rootOps(rule.pattern))
      byOp.set(op, [...(byOp.get(op) ?? []), { ...rule, pattern: atOp(rule.pattern, op) }]);
  }
  let current = withoutDead(graph);
  for (let round = 0; round < mostRounds; round++) {
    const { graph: next, changed } = sweep(current, byOp, registry);
    current = next;
    if (!changed) return current;
  }
  return current;
}

function sweep(
  graph: Graph,
  rules: ReadonlyMap<string, readonly Rule[]>,
  registry: OpRegistry,
): { graph: Graph; changed: boolean } {
  const b = createBuilder(graph.name, registry);
  // By the ids of `graph` and of the new one: arrays, since this runs over every node in every round.
  const renamed: ValueId[] = [];
  const uses: number[] = [];
  const count = (id: ValueId, by: number): void => {
    uses[id] = (uses[id] ?? 0) + by;
  };
  const oldUses = countUses(graph);
  const context = {
    producer: b.producer,
    typeOf: b.typeOf,
    uses: (id: ValueId): number => uses[id] ?? 0,
  };
  // What a replacement emits is counted as it is read; what stood in the graph brings its count along.
  const counting: Builder = {
    ...b,
    emit: (op, inputs, attrs, regions) => {
      b.span = counting.span;
      for (const id of inputs) count(id, 1);
      return b.emit(op, inputs, attrs, regions);
    },
    one: (op, inputs, attrs) => {
      b.span = counting.span;
      for (const id of inputs) count(id, 1);
      return b.one(op, inputs, attrs);
    },
  };
  for (const input of graph.inputs) {
    const id = b.input(input.name, input.role, graph.types[input.id]!);
    renamed[input.id] = id;
    count(id, oldUses[input.id] ?? 0);
  }
  let changed = false;
  for (const node of graph.nodes) {
    b.span = node.span;
    counting.span = node.span;
    // A rule gives a value of the type of the old one, so the node's types stay.
    const made = b.again(
      node,
      node.inputs.map(id => renamed[id]!),
      node.outputs.map(id => graph.types[id]!),
    );
    for (const [i, old] of node.outputs.entries()) {
      let id = made[i]!;
      count(id, oldUses[old] ?? 0);
      for (let step = 0; step < mostSteps; step++) {
        const next = apply(id, rules, context, counting);
        if (next === undefined) break;
        changed = true;
        count(next, uses[id] ?? 0);
        id = next;
      }
      renamed[old] = id;
    }
  }
  for (const output of graph.outputs) b.output(output.name, output.role, renamed[output.id]!);
  return changed ? { graph: withoutDead(b.finish()), changed } : { graph, changed };
}

function apply(
  id: ValueId,
  rules: ReadonlyMap<string, readonly Rule[]>,
  context: Parameters<typeof matchPattern>[0],
  builder: Builder,
): ValueId | undefined {
  const node = builder.producer(id);
  if (node === undefined) return undefined;
  for (const rule of rules.get(node.op) ?? []) {
    for (const bindings of matchPattern(context, rule.pattern, id, noBindings)) {
      const next = rule.replace(toMatch(id, bindings, context), builder);
      if (next === undefined || next === id) continue;
      if (!sameType(builder.typeOf(id), builder.typeOf(next)))
        throw new Error(`rule ${rule.name} changes the type of %${id}`);
      return next;
    }
  }
  return undefined;
}

const noBindings: Bindings = new Map();

const sameType = (a: TensorType, b: TensorType): boolean =>
  a.dtype === b.dtype &&
  a.shape.length === b.shape.length &&
  a.shape.every((d, i) => dimEqual(d, b.shape[i]!) === 'equal');

/** How often each value is read, by nodes and as an output: by its id. */
export function countUses(graph: Graph): readonly number[] {
  const uses: number[] = graph.types.map(() => 0);
  for (const node of graph.nodes) for (const id of node.inputs) uses[id]! += 1;
  for (const output of graph.outputs) uses[output.id]! += 1;
  return uses;
}
