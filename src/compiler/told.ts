// Counts of what `only` leaves out and is to tell of, as outputs of a stage's loss.

import type { Span } from '../base/span.ts';
import { alignMask } from '../dsl/semantics/emit.ts';
import type { Told, Trace } from '../dsl/semantics/trace.ts';
import type { ValueId } from '../ir/graph.ts';
import type { ToldSpec } from './program.ts';

/** One pair of counts for each place of the spec and text: calls of a body that is traced several times add up. */
export function outputTold(trace: Trace): readonly ToldSpec[] {
  const { builder } = trace;
  const groups = new Map<string, [Told, ...Told[]]>();
  for (const one of trace.told) {
    const key = `${one.what} ${placeKey(one.span)}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return [...groups.values()].map((group, i) => {
    const counts = group.map(one => countsOf(trace, one));
    const sum = (ids: readonly ValueId[]): ValueId => ids.reduce((a, b) => builder.one('add', [a, b]));
    const spec = {
      what: group[0].what,
      dropped: `left out/${i}`,
      of: `left out/${i} of`,
      span: group[0].span,
    };
    builder.output(spec.dropped, 'fetch', sum(counts.map(c => c.dropped)));
    builder.output(spec.of, 'fetch', sum(counts.map(c => c.of)));
    return spec;
  });
}

const placeKey = (span: Span): string => `${span.file} ${span.start} ${span.end}`;

/** Σ there · (1 − mask) and Σ there, where `there` is true at what no keep had dropped before. */
function countsOf(trace: Trace, { mask, keeps }: Told): { readonly dropped: ValueId; readonly of: ValueId } {
  const { builder } = trace;
  const shape = builder.shapeOf(mask);
  const there = keeps.reduce(
    (all, keep) => builder.one('and', [all, alignMask({ trace }, keep, shape.length)]),
    builder.one('broadcast', [builder.constant(1, 'bool')], { shape }),
  );
  const count = (id: ValueId): ValueId =>
    builder.one('reduce_sum', [builder.one('cast', [id], { to: 'f32' })], {
      axes: shape.map((_, axis) => axis),
      keepdims: false,
    });
  return { dropped: count(builder.one('and', [there, builder.one('not', [mask])])), of: count(there) };
}
