// What a pass is, and running a list of them.

import type { FloatDType } from '../../base/dtype.ts';
import type { Graph } from '../../ir/graph.ts';
import type { OpRegistry } from '../../ir/op.ts';
import { type Rule, rewrite } from '../../ir/rewrite.ts';
import type { PassName, Target } from '../plan.ts';

export interface PassContext {
  readonly registry: OpRegistry;
  /** Absent before differentiation, where nothing depends on the engine. */
  readonly target: Target | undefined;
  /** Of matrix products and convolutions; f32 if absent. */
  readonly precision?: FloatDType;
}

export interface Pass extends PassName {
  /** What it applies, where it is a list of rules. */
  readonly rules?: readonly Rule[];
  /** Why it can't be left out, where it can't. */
  readonly needed?: string;
  readonly run: (graph: Graph, context: PassContext) => Graph;
}

export interface RunOptions {
  /** Sees the graph after each pass: the verifier in tests, `mm print --after`. */
  readonly afterEach?: (pass: Pass, graph: Graph) => void;
  /** Passes that are left out, by name. */
  readonly without?: ReadonlySet<string>;
}

export function runPasses(
  graph: Graph,
  passes: readonly Pass[],
  context: PassContext,
  { afterEach, without }: RunOptions = {},
): Graph {
  return passes.reduce((current, pass) => {
    if (without?.has(pass.name) === true) return current;
    const next = pass.run(current, context);
    afterEach?.(pass, next);
    return next;
  }, graph);
}

/** A pass that applies rules until none applies. */
export function rulesPass(name: string, because: string, rules: readonly Rule[]): Pass {
  return { name, because, rules, run: (graph, { registry }) => rewrite(graph, rules, registry) };
}
