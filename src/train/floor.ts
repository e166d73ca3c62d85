// What simple methods reach on the same split with the same candidates, for reading a model's metrics.

import type { Engine } from '../backends/engine.ts';
import type { BatchSpec, MeasureSpec } from '../compiler/program.ts';
import type { Data } from '../data/index.ts';
import { computeFloors, orThrow } from '../data/index.ts';
import { recall, recallName } from '../dsl/metrics/retrieval.ts';
import { engineProduct } from './engine-product.ts';
import { splitOf } from './measure.ts';

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
  const { entry, metric, sides } = measure;
  if (metric !== recall.name) return undefined;
  const kindOf = (name: string): string | undefined => {
    const type = entry.batches.flatMap(b => b.fields).find(f => f.name === name)?.type;
    return type?.kind === 'modality' ? type.modality.kind : undefined;
  };
  const picture = sides.find(f => kindOf(f) === 'image');
  const caption = sides.find(f => kindOf(f) === 'text');
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
  if (fields === undefined || train === undefined || test === undefined) return [];
  const { floors } = await computeFloors({
    train: orThrow(await data.prepare(train)),
    test: orThrow(await data.prepare(test)),
    ...fields,
    at: measure.ranks,
    product: engineProduct(engine),
  });
  return floors.map(floor => ({
    name: floor.name,
    split: splitOf(measure),
    metrics: new Map(
      measure.ranks.map((k, i) => [
        recallName(fields.picture, fields.caption, k),
        floor.recall[i] ?? Number.NaN,
      ]),
    ),
    settings: floor.settings,
  }));
}
