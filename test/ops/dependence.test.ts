// What an op's dependence rule calls independent stays bit-equal when the rest is perturbed.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { TensorType } from '../../src/ir/graph.ts';
import type { Dependence } from '../../src/ir/op.ts';
import { stridesOf } from '../../src/ops/host-index.ts';
import { ops } from '../../src/ops/registry.ts';
import { type Case, caseGraph, catalogue, named } from './catalogue.ts';

const precision = 'f64';

describe('outputs that a rule calls independent stay equal', () => {
  test.each(catalogue(ops).map(c => [c.title, c] as const))('%s', (_, c) => {
    const graph = caseGraph(ops, c);
    const outputs = graph.outputs.map(o => graph.types[o.id]!);
    const types = c.sample.inputs.map(input => input.type);
    for (const [output, type] of outputs.entries()) {
      for (const axis of type.shape.keys()) {
        const rules = c.def.dependence({ types, outputs, attrs: c.sample.attrs, output, axis });
        expect(rules.length).toBe(types.length);
        for (const [input, rule] of rules.entries()) check(c, type, output, axis, input, rule);
      }
    }
  });
});

function check(
  c: Case,
  type: TensorType,
  output: number,
  axis: number,
  input: number,
  rule: Dependence,
): void {
  if (rule.kind === 'all') return;
  const graph = caseGraph(ops, c);
  const run = (inputs: readonly HostTensor[]): HostTensor =>
    evaluate(graph, named('x', inputs), { precision }).get(`y${output}`)!;
  const base = c.inputs(precision);
  const others = c.inputs(precision, 1);
  const before = run(base);
  const sizeOut = type.shape[axis] as number;
  const moved =
    rule.kind === 'none' ? [-1] : Array.from({ length: base[input]!.shape[rule.axis]! }, (_, t) => t);
  for (const t of moved) {
    const perturbed =
      rule.kind === 'none' ? others[input]! : mixed(base[input]!, others[input]!, rule.axis, t);
    const after = run(base.map((x, i) => (i === input ? perturbed : x)));
    for (let u = 0; u < sizeOut; u++) {
      if (mayChange(rule, u, t)) continue;
      const where = `output ${output} axis ${axis} at ${u}, input ${input} at ${t}, rule ${rule.kind}`;
      expect(at(after, axis, u), where).toEqual(at(before, axis, u));
    }
  }
}

/** Whether position u of the output may read position t of the input. */
function mayChange(rule: Dependence, u: number, t: number): boolean {
  switch (rule.kind) {
    case 'none':
      return false;
    case 'same':
      return u === t;
    case 'shift':
      return u + rule.by === t;
    case 'past':
      return t <= u;
    case 'all':
      return true;
    default:
      return rule satisfies never;
  }
}

/** `base`, but from `other` where the index along `axis` is t. */
function mixed(base: HostTensor, other: HostTensor, axis: number, t: number): HostTensor {
  const stride = stridesOf(base.shape)[axis]!;
  const data = base.data.slice();
  for (let i = 0; i < data.length; i++)
    if (Math.floor(i / stride) % base.shape[axis]! === t) data[i] = other.data[i]!;
  return { ...base, data };
}

/** The elements whose index along `axis` is u. */
function at(x: HostTensor, axis: number, u: number): readonly number[] {
  const stride = stridesOf(x.shape)[axis]!;
  return [...x.data].filter((_, i) => Math.floor(i / stride) % x.shape[axis]! === u);
}
