// Keeps: whatever stands at dropped positions, kept outputs are bit-equal, and finite even where all is dropped.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { isFloat } from '../../src/base/dtype.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph, TensorType } from '../../src/ir/graph.ts';
import { type Keep, OpFault } from '../../src/ir/op.ts';
import { stridesOf } from '../../src/ops/host-index.ts';
import { fillDropped } from '../../src/ops/keep-rules.ts';
import { ops } from '../../src/ops/registry.ts';
import { type Case, caseGraph, catalogue, generator, named } from './catalogue.ts';

/** One mask, put on these axes of these inputs. */
interface Placement {
  readonly sizes: readonly number[];
  readonly on: readonly { readonly input: number; readonly axes: readonly number[] }[];
}

/** Values of samples that stand for masks of their own would be overwritten by dropped positions. */
const cases = catalogue(ops).filter(
  c => c.sample.inputs.length > 0 && c.sample.inputs.every(i => i.values?.every(Number.isFinite) ?? true),
);

describe('kept outputs do not depend on dropped inputs', () => {
  test.each(cases.map(c => [c.title, c] as const))('%s', (_, c) => {
    let accepted = 0;
    for (const placement of placementsOf(c)) {
      const graph = unlessRefused(c, () => keptGraph(c, [placement]));
      if (graph === undefined) continue;
      accepted++;
      checkAllTrue(c, graph, placement);
      for (const density of [0.3, 0.7, 0]) checkDropped(c, graph, [placement], density);
    }
    expect(accepted > 0 || placementsOf(c).length === 0, 'some keep is accepted').toBe(true);
  });

  test.each(cases.map(c => [c.title, c] as const))('two masks at once: %s', (_, c) => {
    const placements = placementsOf(c);
    for (const [i, first] of placements.entries()) {
      const second = placements[(i * 7 + 3) % placements.length]!;
      const both = [first, second];
      const graph = unlessRefused(c, () => keptGraph(c, both));
      if (graph !== undefined) checkDropped(c, graph, both, 0.5);
    }
  });
});

/** A composite may refuse a keep that makes no sense for it (padding inside a norm's axis); a core op may not. */
function unlessRefused(c: Case, make: () => Graph): Graph | undefined {
  try {
    return make();
  } catch (error) {
    if (c.def.kind === 'composite' && error instanceof OpFault) return undefined;
    throw error;
  }
}

/** Every input alone on one or two axes, and every pair of inputs on axes of one size. */
function placementsOf(c: Case): readonly Placement[] {
  const shapes = c.sample.inputs.map(input => input.type.shape as readonly number[]);
  const singles = shapes.flatMap((shape, input) =>
    shape.flatMap((_, a) =>
      shape.flatMap((__, b): readonly Placement[] => {
        if (b < a) return [];
        const axes = a === b ? [a] : [a, b];
        return [{ sizes: axes.map(axis => shape[axis]!), on: [{ input, axes }] }];
      }),
    ),
  );
  const shared = singles.flatMap((left): readonly Placement[] => {
    const { input, axes } = left.on[0]!;
    if (axes.length > 1) return [];
    return shapes.flatMap((shape, other) =>
      other <= input
        ? []
        : shape.flatMap((size, axis) =>
            size === left.sizes[0]
              ? [{ sizes: left.sizes, on: [...left.on, { input: other, axes: [axis] }] }]
              : [],
          ),
    );
  });
  return [...singles, ...shared];
}

/** Inputs x0… and masks m0…; outputs y0… and, for each keep k of output j, its mask `k j:axes`. */
function keptGraph(c: Case, placements: readonly Placement[]): Graph {
  const b = createBuilder(c.op, ops);
  const types = c.sample.inputs.map(input => input.type);
  const inputs = types.map((type, i) => b.input(`x${i}`, 'feed', type));
  const masks = placements.map(({ sizes }, i) => b.input(`m${i}`, 'feed', { dtype: 'bool', shape: sizes }));
  const keeps = types.map((_, input): readonly Keep[] =>
    placements.flatMap((placement, i) =>
      placement.on.filter(p => p.input === input).map(p => ({ mask: masks[i]!, axes: p.axes })),
    ),
  );
  const whole = caseGraph(ops, c);
  const outputs = whole.outputs.map(o => whole.types[o.id]!);
  const flow = c.def.keep({ inputs: keeps, types, outputs, attrs: c.sample.attrs, builder: b });
  const filled = [...inputs];
  for (const { input, keep, value } of flow.fills)
    filled[input] = fillDropped(b, filled[input]!, keep, value);
  const results = b.emit(c.op, filled, c.sample.attrs);
  expect(flow.outputs.length).toBe(results.length);
  for (const [j, id] of results.entries()) {
    b.output(`y${j}`, 'fetch', id);
    for (const [k, keep] of flow.outputs[j]!.entries()) {
      expect([...keep.axes].sort((p, q) => p - q)).toEqual(keep.axes);
      expect(b.typeOf(keep.mask)).toEqual({
        dtype: 'bool',
        shape: keep.axes.map(axis => outputs[j]!.shape[axis]),
      });
      b.output(`k${k} ${j}:${keep.axes.join(',')}`, 'fetch', keep.mask);
    }
  }
  return b.finish();
}

function maskOf(sizes: readonly number[], density: number, seed: string): HostTensor {
  const next = generator(seed);
  const size = sizes.reduce((n, d) => n * d, 1);
  return {
    dtype: 'bool',
    shape: sizes,
    data: Uint8Array.from({ length: size }, () => (next() < density ? 1 : 0)),
  };
}

/** Which elements of a value of `shape` a mask over `axes` keeps. */
function kept(shape: readonly number[], axes: readonly number[], mask: HostTensor): readonly boolean[] {
  const strides = stridesOf(shape);
  const maskStrides = stridesOf(mask.shape);
  const size = shape.reduce((n, d) => n * d, 1);
  return Array.from({ length: size }, (_, i) => {
    const at = axes.reduce(
      (sum, axis, k) => sum + (Math.floor(i / strides[axis]!) % shape[axis]!) * maskStrides[k]!,
      0,
    );
    return mask.data[at] === 1;
  });
}

/** With nothing dropped the op gives what it gives without keeps, and drops nothing that it didn't add. */
function checkAllTrue(c: Case, graph: Graph, placement: Placement): void {
  const inputs = c.inputs('f32');
  const mask = maskOf(placement.sizes, 2, '');
  const given = new Map([...named('x', inputs), ['m0', mask] as const]);
  const found = evaluate(graph, given, { precision: 'f32' });
  const plain = evaluate(caseGraph(ops, c), named('x', inputs), { precision: 'f32' });
  for (const [name, tensor] of plain) expect(found.get(name)!.data).toEqual(tensor.data);
  if (c.op === 'pad' || c.op === 'conv2d') return;
  for (const [name, tensor] of found)
    if (name.startsWith('k'))
      expect(
        tensor.data.every((bit: number) => bit === 1),
        `${name} drops nothing`,
      ).toBe(true);
}

function checkDropped(c: Case, graph: Graph, placements: readonly Placement[], density: number): void {
  const masks = placements.map((p, i) => maskOf(p.sizes, density, `${c.title} ${JSON.stringify(p)} ${i}`));
  const run = (garbage: Garbage): Map<string, HostTensor> => {
    const inputs = c.inputs('f32').map((x, input) => {
      const data = x.data.slice();
      for (const [i, { on }] of placements.entries())
        for (const place of on.filter(p => p.input === input))
          kept(x.shape, place.axes, masks[i]!).forEach((keep, k) => {
            if (!keep) data[k] = garbageFor(x, garbage, k);
          });
      return { ...x, data };
    });
    return evaluate(graph, new Map([...named('x', inputs), ...named('m', masks)]), { precision: 'f32' });
  };
  const runs = garbageOf(placements).map(run);
  const [first, ...others] = runs;
  for (const [name, tensor] of first!) {
    if (!name.startsWith('y')) {
      for (const other of others) expect(other.get(name)!.data, name).toEqual(tensor.data);
      continue;
    }
    const real = realPositions(name, tensor, first!);
    for (const [i, isReal] of real.entries()) {
      if (!isReal) continue;
      const where = `${name}[${i}] with ${JSON.stringify(placements)} at ${density}`;
      expect(tensor.data[i], where).toSatisfy(Number.isFinite);
      for (const other of others) expect(other.get(name)!.data[i], where).toBe(tensor.data[i]);
    }
  }
}

/** The elements of output `name` that all its keeps keep. */
function realPositions(
  name: string,
  tensor: HostTensor,
  all: ReadonlyMap<string, HostTensor>,
): readonly boolean[] {
  let real: readonly boolean[] = Array.from(tensor.data, () => true);
  for (const [key, mask] of all) {
    const [owner, axes] = key.split(' ')[1]?.split(':') ?? [];
    if (`y${owner}` !== name) continue;
    const these = kept(tensor.shape, axes === '' ? [] : axes!.split(',').map(Number), mask);
    real = real.map((is, i) => is && these[i]!);
  }
  return real;
}

type Garbage = 'zero' | 'small' | 'large' | 'NaN';

/**
 * Where one mask stands on both sides of a product, one side is filled and the other trusted to be finite (lowering
 * selects dropped inputs to 0 where they enter), so NaN is only put on one input at a time.
 */
function garbageOf(placements: readonly Placement[]): readonly Garbage[] {
  const inputs = new Set(placements.flatMap(p => p.on.map(o => o.input)));
  return inputs.size === 1 ? ['zero', 'small', 'large', 'NaN'] : ['zero', 'small', 'large'];
}

function garbageFor(x: TensorType | HostTensor, garbage: Garbage, at: number): number {
  switch (garbage) {
    case 'zero':
      return 0;
    case 'small':
      return isFloat(x.dtype) ? 0.25 + at : 1;
    case 'large':
      if (x.dtype === 'bool') return 1;
      return isFloat(x.dtype) ? 1e30 : 1 << 30;
    case 'NaN':
      if (x.dtype === 'bool') return 1;
      return isFloat(x.dtype) ? Number.NaN : -(1 << 30);
    default:
      return garbage satisfies never;
  }
}
