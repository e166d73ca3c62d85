// What simple methods reach on the same split with the same candidates, for reading a model's metrics.

import type { Engine } from '../backends/engine.ts';
import type { BatchSpec, MeasureSpec } from '../compiler/program.ts';
import { schedule } from '../compiler/schedule.ts';
import type { Data, Product } from '../data/index.ts';
import { computeFloors, orThrow } from '../data/index.ts';
import { createBuilder } from '../ir/builder.ts';
import { ops } from '../ops/registry.ts';
import { recallName, splitOf } from './measure.ts';

export interface Floor {
  /** `nearest picture`, `ridge, words to pixels`. */
  readonly name: string;
  /** `set.split` */
  readonly split: string;
  /** By the names that the measure uses. */
  readonly metrics: ReadonlyMap<string, number>;
  /** How it was made. */
  readonly settings: string;
}

/** The picture and the caption that a recall is between, where it is between such. */
export function pictureAndCaption(
  measure: MeasureSpec,
): { readonly picture: string; readonly caption: string } | undefined {
  const { fold, entry } = measure;
  if (fold.kind !== 'recall') return undefined;
  const kindOf = (name: string): string | undefined => {
    const type = entry.batches.flatMap(b => b.fields).find(f => f.name === name)?.type;
    return type?.kind === 'modality' ? type.modality.kind : undefined;
  };
  const fields = [fold.leftField, fold.rightField];
  const picture = fields.find(f => kindOf(f) === 'image');
  const caption = fields.find(f => kindOf(f) === 'text');
  return picture === undefined || caption === undefined ? undefined : { picture, caption };
}

/** Floors of a recall between pictures and captions; none for other measures or without a training batch of both. */
export async function floorsOf(
  measure: MeasureSpec,
  training: readonly BatchSpec[],
  data: Data,
  engine: Engine,
): Promise<readonly Floor[]> {
  const fields = pictureAndCaption(measure);
  const [test] = measure.entry.batches;
  const train = training.find(
    b =>
      b.data?.set === test?.data?.set &&
      [fields?.picture, fields?.caption].every(name => b.fields.some(f => f.name === name)),
  );
  const { fold } = measure;
  if (fields === undefined || train === undefined || test === undefined || fold.kind !== 'recall') return [];
  const { floors } = await computeFloors({
    train: orThrow(await data.prepare(train)),
    test: orThrow(await data.prepare(test)),
    ...fields,
    at: fold.at,
    product: engineProduct(engine),
  });
  return floors.map(floor => ({
    name: floor.name,
    split: splitOf(measure),
    metrics: new Map(
      fold.at.map((k, i) => [recallName(fields.picture, fields.caption, k), floor.recall[i] ?? Number.NaN]),
    ),
    settings: floor.settings,
  }));
}

/** a [m, k] · b [n, k]ᵀ on an engine. */
function engineProduct(engine: Engine): Product {
  return async (a, b, m, n, k) => {
    const builder = createBuilder('product', ops);
    const left = builder.input('a', 'feed', { dtype: 'f32', shape: [m, k] });
    const right = builder.input('b', 'feed', { dtype: 'f32', shape: [n, k] });
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] };
    builder.output('ab', 'fetch', builder.one('dot_general', [left, right], attrs));
    const session = await engine.open(
      new Map([['product', schedule(builder.finish(), engine.target, [])]]),
      {},
    );
    try {
      const fetched = await session.run(
        'product',
        new Map([
          ['a', { dtype: 'f32', shape: [m, k], data: a }],
          ['b', { dtype: 'f32', shape: [n, k], data: b }],
        ]),
      );
      return Float32Array.from(fetched.get('ab')?.data ?? []);
    } finally {
      await session.close();
    }
  };
}
