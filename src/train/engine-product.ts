// Matrix products on an engine, for what is computed beside a model: floors of retrieval.

import type { Engine } from '../backends/engine.ts';
import { schedule } from '../compiler/schedule.ts';
import { createBuilder } from '../ir/builder.ts';
import { ops } from '../ops/registry.ts';

/** a [m, k] · b [n, k]ᵀ → [m, n] in f32; each shape is its own session, opened for one run. */
export function engineProduct(
  engine: Engine,
): (a: Float32Array, b: Float32Array, m: number, n: number, k: number) => Promise<Float32Array> {
  return async (a, b, m, n, k) => {
    const builder = createBuilder('product', ops);
    const left = builder.input('left', 'feed', { dtype: 'f32', shape: [m, k] });
    const right = builder.input('right', 'feed', { dtype: 'f32', shape: [n, k] });
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] };
    builder.output('product', 'fetch', builder.one('dot_general', [left, right], attrs));
    const plan = schedule(builder.finish(), engine.target, []);
    const session = await engine.open(new Map([['product', plan]]), {});
    try {
      const fetched = await session.run(
        'product',
        new Map([
          ['left', { dtype: 'f32', shape: [m, k], data: a }],
          ['right', { dtype: 'f32', shape: [n, k], data: b }],
        ]),
      );
      return Float32Array.from(fetched.get('product')?.data ?? []);
    } finally {
      await session.close();
    }
  };
}
