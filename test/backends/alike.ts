// Whether an engine says of a sample what the reference says: number by number, NaN, infinities and the signs of zeros
// too, but for the entries of src/backends/differences.ts.

import { expect, test } from 'vitest';
import { type Difference, type DifferenceName, differences } from '../../src/backends/differences.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { decompose } from '../../src/compiler/passes/decompose.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import { ops } from '../../src/ops/registry.ts';
import type { Case, Catalogue } from './op-catalogue.ts';

const table: Readonly<Record<DifferenceName, Difference>> = differences;

const may = (engine: string, name: DifferenceName | undefined): boolean =>
  name !== undefined && table[name].engines.some(e => e === engine);

/** The least normal f32. */
const tiny = 1.2e-38;
/** What sums round off is measured by what they sum, which is about 1 here. */
const summing = new Set(['reduce_sum', 'dot_general', 'conv2d', 'scatter_add']);

/** What is wrong with an engine's answer to a sample, number by number. */
export function unlike(c: Case, fetched: ReadonlyMap<string, HostTensor>): readonly string[] {
  const isComposite = ops.get(c.op)?.kind === 'composite';
  const isUnsigned = isComposite || (differences['sign of zero'].ops as readonly string[]).includes(c.op);
  const room = summing.has(c.op) ? 1e-5 : isComposite ? 1e-6 : tiny;
  return c.fetches.flatMap((name, i) => {
    const [got, expected] = [fetched.get(name)!, c.expected[i]!];
    if (got.dtype !== expected.dtype || `${got.shape}` !== `${expected.shape}`)
      return [`${name} is ${got.dtype}[${got.shape}] and not ${expected.dtype}[${expected.shape}]`];
    return [...expected.data].flatMap((want, k) => {
      const have = got.data[k]!;
      const isNear =
        expected.dtype === 'f32' &&
        Number.isFinite(want) &&
        Math.abs(have - want) <= 1e-4 * Math.abs(want) + room;
      const isZero = want === 0 && have === 0;
      if (isZero ? isUnsigned || Object.is(have, want) : isNear || Object.is(have, want)) return [];
      const show = (v: number): string => (Object.is(v, -0) ? '−0' : String(v));
      return [`${name}[${k}] is ${show(have)}, and the reference says ${show(want)}`];
    });
  });
}

/**
 * A test for each sample; and where the engine runs as users run it, one for each difference that samples claim for it:
 * it is still there.
 */
export function testAlike(
  engine: string,
  cases: readonly Case[],
  fetched: () => ReadonlyMap<string, HostTensor>,
  isAsUsed = true,
): void {
  const compared = cases.filter(c => !may(engine, c.differs));
  test.each(compared.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
    expect(unlike(c, fetched())).toEqual([]);
  });
  const claimed = cases.filter(c => may(engine, c.differs));
  if (claimed.length === 0 || !isAsUsed) return;
  test.each([...new Set(claimed.map(c => c.differs!))])('%s differs', name => {
    const of = claimed.filter(c => c.differs === name);
    expect(of.flatMap(c => unlike(c, fetched()))).not.toEqual([]);
    for (const c of of) expect(table[name].ops).toContain(c.op);
  });
}

/** Composites taken apart, but for those that stay whole. */
export const apart = ({ graph, cases }: Catalogue, whole: ReadonlySet<string> = new Set()): Catalogue => ({
  graph: decompose(graph, ops, whole),
  cases,
});

/** The same values, each through one more op that leaves it as it is, so that no sample stands alone. */
export function chained({ graph, cases }: Catalogue): Catalogue {
  const b = createBuilder(graph.name, ops, { from: graph });
  const one = b.input('one', 'feed', { dtype: 'f32', shape: [] });
  const none = b.input('none', 'feed', { dtype: 'i32', shape: [] });
  const yes = b.input('yes', 'feed', { dtype: 'bool', shape: [] });
  for (const { id, name, role } of graph.outputs) {
    const { dtype } = b.typeOf(id);
    const [op, by] =
      dtype === 'i32'
        ? (['bit_xor', none] as const)
        : dtype === 'bool'
          ? (['and', yes] as const)
          : (['mul', one] as const);
    b.output(name, role, b.one(op, [id, by]));
  }
  const scalars: readonly (readonly [string, HostTensor])[] = [
    ['one', { dtype: 'f32', shape: [], data: Float32Array.of(1) }],
    ['none', { dtype: 'i32', shape: [], data: Int32Array.of(0) }],
    ['yes', { dtype: 'bool', shape: [], data: Uint8Array.of(1) }],
  ];
  return {
    graph: b.finish(),
    cases: cases.map((c, i) => (i === 0 ? { ...c, feeds: [...c.feeds, ...scalars] } : c)),
  };
}
