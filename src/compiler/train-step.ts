// From a forward graph with a loss to one whole train step: gradients, clipping by the global norm, the
// optimizer's rule, bounds, and what follows weights.

import type { Span } from '../base/span.ts';
import type { Builder } from '../ir/builder.ts';
import { createBuilder } from '../ir/builder.ts';
import type { Graph, InputRole, TensorType, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { differentiate } from './differentiate.ts';
import { lossScale } from './loss-scale.ts';
import type { OptimizerSpec } from './program.ts';
import { updateRule } from './update-rules.ts';

export interface TrainedWeight {
  /** The name of its graph input. */
  readonly name: string;
  /** Whether weight decay applies: not to biases, norms, scales and temperatures. */
  readonly decay: boolean;
  /** Of the rate; all of it if absent. */
  readonly share?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

/** A state that follows a weight, or another state, after the step. */
export interface Follower {
  readonly name: string;
  readonly of: string;
  /** The share of its own old value in the new one. */
  readonly by: number;
}

export interface TrainStepOptions {
  /** Forward: fetches a scalar `loss`, and perhaps `loss/NAME` for its terms. */
  readonly graph: Graph;
  readonly trained: readonly TrainedWeight[];
  readonly followers?: readonly Follower[];
  readonly optimizer: OptimizerSpec;
  readonly registry: OpRegistry;
  /** Where the optimizer is asked for. */
  readonly span?: Span | undefined;
  /** Scale the loss, so that gradients don't vanish in f16 (loss-scale.ts). */
  readonly scaled?: boolean;
}

const fail = (message: string): never => {
  throw new Error(message);
};

const scalar: TensorType = { dtype: 'f32', shape: [] };

/**
 * Adds inputs `rate` and the scalars of the optimizer's rule (role scalar) and its moments, as `PATH#m` (role moment);
 * outputs every weight, moment and follower with role `next` beside the graph's own, and `gradient_norm` (before clipping) as a fetch. A weight that
 * no gradient reaches stays as it is and gets no moments. With a scaled loss, a step whose gradients overflow leaves
 * everything as it was.
 */
export function trainStep({
  graph,
  trained,
  followers = [],
  optimizer,
  registry,
  span,
  scaled = false,
}: TrainStepOptions): Graph {
  const b = createBuilder(graph.name, registry, { from: graph });
  const loss = graph.outputs.find(o => o.name === 'loss' && o.role === 'fetch');
  if (loss === undefined) throw new Error(`graph ${graph.name} has no fetch named loss`);
  const weights = trained.map(t => {
    const input = graph.inputs.find(i => i.name === t.name && i.role === 'weight');
    if (input === undefined) throw new Error(`graph ${graph.name} has no weight ${t.name}`);
    return input.id;
  });
  const scale = scaled ? lossScale(b, loss.id) : undefined;
  const raw = differentiate(b, scale?.loss ?? loss.id, weights);
  b.span = span;
  const updates = trained.flatMap((weight, i) => {
    const grad = raw[i];
    return grad === undefined ? [] : [{ weight, id: weights[i]!, grad: scale?.unscaled(grad) ?? grad }];
  });
  if (updates.length === 0) throw new Error(`no gradient reaches any trained weight of ${graph.name}`);

  const norm = globalNorm(
    b,
    updates.map(u => u.grad),
  );
  const guarded = scale?.finish(norm) ?? ((next: ValueId) => next);
  const old = (name: string): ValueId =>
    graph.inputs.find(i => i.name === name)?.id ?? fail(`graph ${graph.name} has no input ${name}`);
  for (const { name, role, id } of graph.outputs)
    b.output(name, role, role === 'next' ? guarded(id, old(name)) : id);
  const factor = optimizer.clip === undefined ? undefined : clipFactor(b, norm, optimizer.clip);
  const input = (name: string, role: InputRole, type: TensorType): ValueId =>
    graph.inputs.find(i => i.name === name)?.id ?? b.input(name, role, type);
  const rate = input('rate', 'scalar', scalar);
  const rule = updateRule(optimizer);
  const scalars = new Map(Object.keys(rule.scalars(0)).map(name => [name, input(name, 'scalar', scalar)]));
  for (const { weight, id, grad } of updates) {
    const type = b.typeOf(id);
    const moments = rule.moments.map(m => b.input(`${weight.name}#${m}`, 'moment', type));
    const stepped = rule.step(b, {
      weight: id,
      gradient: factor === undefined ? grad : b.one('mul', [grad, factor]),
      rate: weight.share === undefined ? rate : b.one('mul', [rate, b.constant(weight.share)]),
      decay: weight.decay ? optimizer.decay : 0,
      moments,
      scalar: name => scalars.get(name) ?? fail(`${optimizer.kind} has no scalar ${name}`),
    });
    b.output(weight.name, 'next', guarded(project(b, stepped.weight, weight), id));
    for (const [i, m] of rule.moments.entries())
      b.output(`${weight.name}#${m}`, 'next', guarded(stepped.moments[i]!, moments[i]!));
  }
  b.output('gradient_norm', 'fetch', norm);
  follow(b, followers, guarded);
  return b.finish();
}

/** s ← by · s + (1 − by) · w, w as this step leaves it (arXiv:1911.05722); where it leaves w alone, s stays too. */
function follow(
  b: Builder,
  followers: readonly Follower[],
  guarded: (next: ValueId, old: ValueId) => ValueId,
): void {
  const { inputs, outputs } = b.finish();
  const after = new Map(outputs.filter(o => o.role === 'next').map(o => [o.name, o.id]));
  for (const { name, of, by } of followers) {
    const old = inputs.find(i => i.name === name)?.id;
    const now = after.get(of);
    if (old === undefined || now === undefined) continue;
    const { dtype } = b.typeOf(old);
    const part = (id: ValueId, share: number): ValueId => b.one('mul', [id, b.constant(share, dtype)]);
    // Whole numbers, as a count of steps, are no averages.
    const next = dtype === 'i32' || dtype === 'bool' ? now : b.one('add', [part(old, by), part(now, 1 - by)]);
    b.output(name, 'next', guarded(next, old));
  }
}

/** √ Σ g² over all gradients. */
function globalNorm(b: Builder, grads: readonly ValueId[]): ValueId {
  const squares = grads.map(g => {
    const square = b.one('mul', [g, g]);
    const axes = b.shapeOf(g).map((_, axis) => axis);
    return axes.length === 0 ? square : b.one('reduce_sum', [square], { axes, keepdims: false });
  });
  return b.one('sqrt', [squares.reduce((sum, s) => b.one('add', [sum, s]))]);
}

/** min(1, clip / (norm + 1e-6)). */
function clipFactor(b: Builder, norm: ValueId, clip: number): ValueId {
  const ratio = b.one('div', [b.constant(clip), b.one('add', [norm, b.constant(1e-6)])]);
  return b.one('min', [b.constant(1), ratio]);
}

/** Bounds hold after the step: inside the loss they would kill the gradient at the bound. */
function project(b: Builder, id: ValueId, { atLeast, atMost }: TrainedWeight): ValueId {
  const { dtype } = b.typeOf(id);
  const low = atLeast === undefined ? id : b.one('max', [id, b.constant(atLeast, dtype)]);
  return atMost === undefined ? low : b.one('min', [low, b.constant(atMost, dtype)]);
}
