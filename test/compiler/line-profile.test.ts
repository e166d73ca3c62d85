// Times of nodes, by line of the spec and part of the step.

import { expect, test } from 'vitest';
import { check, compile } from '../../src/compile.ts';
import { estimatedShares } from '../../src/compiler/estimated-times.ts';
import { lineProfile, total } from '../../src/compiler/line-profile.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare } from './helpers.ts';

const spec = `block twice(x: float[N..., D]) -> float[N..., D] {
  return linear(x, out: D) |> gelu()
}

model Small(width: int = 32) {
  modality picture: Image(height: 8, width: 8)
  labels Kind { a, b, c }
  part name = linear(out: Kind)
  encoder look(p: picture[N...]) -> float[N..., width] {
    return patches(p.pixels, size: 2) |> linear(out: width) as lift
        |> twice()
        |> layer_norm() |> mean(axis: -2)
  }
  objective kinds(picture: picture[B], kind: index(Kind)[B]) {
    return cross_entropy(name(look(picture)), kind)
  }
  stage learn {
    minimize kinds on shapes.train batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;
const lineOf = (code: string): number => 1 + spec.split('\n').findIndex(l => l.includes(code));

function compiled() {
  const { library, models, diagnostics } = check(spec, 'small.mm', () => undefined);
  expect(diagnostics).toEqual([]);
  const [model] = models;
  const stage = model?.stages.get('learn');
  if (library === undefined || model === undefined || stage?.kind !== 'minimize') throw new Error('no model');
  const program = compile(library, model).stage('learn', bare, { measures: false });
  if (program.kind !== 'minimize') throw new Error('no step');
  return { graph: program.train.plan.graph, optimizer: stage.optimizerSpan };
}

test('a node counts for the user’s line that led to it, in its part of the step', () => {
  const { graph, optimizer } = compiled();
  const profile = lineProfile(
    graph,
    graph.nodes.map(() => 1),
    ops,
    optimizer,
  );
  const at = new Map(profile.lines.map(l => [l.line, l]));
  expect([...at.keys()].sort((a, b) => a - b)).toEqual([
    lineOf('return linear(x'),
    lineOf('patches('),
    lineOf('layer_norm()'),
    lineOf('cross_entropy('),
    lineOf('optimizer adamw'),
  ]);
  // Code of the standard library is told at the line that calls it: no file but the user's.
  expect(new Set(profile.lines.map(l => l.file))).toEqual(new Set(['small.mm']));
  const update = at.get(lineOf('optimizer adamw'))?.seconds;
  expect(update).toMatchObject({ forward: 0, backward: 0 });
  expect(update?.optimizer).toBeGreaterThan(20);
  for (const code of ['return linear(x', 'layer_norm()', 'cross_entropy(']) {
    const { forward, backward, optimizer: none } = at.get(lineOf(code))!.seconds;
    expect([code, forward > 0, backward > 0, none]).toEqual([code, true, true, 0]);
  }
  const sum = profile.lines.reduce((n, l) => n + total(l.seconds), 0) + profile.elsewhere;
  expect(sum).toBeCloseTo(graph.nodes.length);
  expect(total(profile.seconds)).toBeCloseTo(graph.nodes.length);
});

test('the forward pass of a step is what its evaluation would be', () => {
  const { graph, optimizer } = compiled();
  const products = graph.nodes.map(n => (n.op === 'dot_general' ? 1 : 0));
  // Three linear maps; each has a gradient for its weight, and all but the first for what it reads.
  expect(lineProfile(graph, products, ops, optimizer).seconds).toEqual({
    forward: 3,
    backward: 5,
    optimizer: 0,
  });
  // Without an optimizer everything is one pass.
  expect(lineProfile(graph, products, ops).seconds).toEqual({ forward: 8, backward: 0, optimizer: 0 });
});

test('lines are told dearest first, with their dearest ops', () => {
  const { graph, optimizer } = compiled();
  const seconds = graph.nodes.map(n => (n.op === 'dot_general' ? 1 : 0));
  const { lines } = lineProfile(graph, seconds, ops, optimizer);
  const shares = lines.map(l => l.share);
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1);
  expect(lines[0]?.ops[0]).toEqual({ op: 'dot_general', seconds: 3 });
});

test('estimates are shares; products cost more than what stands between them', () => {
  const { graph } = compiled();
  const shares = estimatedShares(graph, ops);
  expect(shares).toHaveLength(graph.nodes.length);
  expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1);
  const of = (op: string): number =>
    graph.nodes.reduce((sum, node, i) => sum + (node.op === op ? shares[i]! : 0), 0);
  expect(of('dot_general')).toBeGreaterThan(of('mul'));
  expect(of('reshape')).toBe(0);
});
