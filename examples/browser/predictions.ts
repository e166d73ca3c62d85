// Drawings with what the model says of them beside what they are.

import type { Compilation, HostTensor, Trainer } from '../../src/page/index.ts';
import { batchOf, type Drawing, drawings, nameOf, rgba } from './drawings.ts';

/** How many drawings are asked about, and how many of them are shown. */
export const askedRows = 120;
const shownRows = 24;

export interface Prediction {
  readonly drawing: Drawing;
  /** Of the picture that the model saw. */
  readonly height: number;
  readonly width: number;
  readonly said: string;
  /** undefined where the page can't tell whether it is right. */
  readonly truth: string | undefined;
  /** Of what was said, where the export gives probabilities. */
  readonly probability: number | undefined;
}

/** The first export that takes pictures alone. */
export function exportFor(
  { model, export: outline }: Compilation,
  target: Parameters<Compilation['export']>[1],
): string | undefined {
  return [...model.exports.keys()].find(name =>
    outline(name, target, new Map()).params.every(p =>
      p.batch.fields.every(f => f.type.kind === 'modality' && f.type.modality.kind === 'image'),
    ),
  );
}

/** What the export says of new drawings. */
export async function predictions(trainer: Trainer, name: string): Promise<readonly Prediction[]> {
  const [spec] = trainer.program.train.batches;
  const program = trainer.exports.get(name);
  if (spec === undefined || program === undefined) return [];
  const asked = drawings(spec, askedRows, 'never shown');
  const fetched = await trainer.ask(
    name,
    program.params.map(p => batchOf(p.batch, asked)),
  );
  const [, height = 1, width = 1] = program.params[0]?.batch.fields[0]?.feeds[0]?.shape ?? [];
  const named = program.results.find(r => r.labels !== undefined);
  const number = program.results.find(r => r.labels === undefined && isVector(fetched.get(r.fetch)));
  const odds = program.results.map(r => fetched.get(r.fetch)).find(t => t?.shape.length === 2);
  return asked.map((drawing, row) => {
    if (named?.labels !== undefined) {
      const index = fetched.get(named.fetch)?.data[row] ?? 0;
      const [size = 1] = odds?.shape.slice(1) ?? [];
      return {
        ...{ drawing, height, width },
        said: named.labels[index] ?? String(index),
        truth: nameOf(drawing, named.labels),
        probability: odds?.data[row * size + index],
      };
    }
    const value = number === undefined ? undefined : fetched.get(number.fetch)?.data[row];
    const said = value?.toFixed(2) ?? '?';
    return { drawing, height, width, said, truth: undefined, probability: undefined };
  });
}

const isVector = (tensor: HostTensor | undefined): boolean => tensor?.shape.length === 1;

/** One item for each of the first drawings: the picture, what was said, and the truth where that is another. */
export function items(all: readonly Prediction[]): readonly HTMLLIElement[] {
  return all.slice(0, shownRows).map(({ drawing, height, width, said, truth, probability }) => {
    const item = document.createElement('li');
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
    const picture = new ImageData(rgba(drawing, height, width), width, height);
    canvas.getContext('2d')?.putImageData(picture, 0, 0);
    const name = document.createElement('b');
    name.textContent = said;
    const more = document.createElement('small');
    const sure = probability === undefined ? '' : ` ${(100 * probability).toFixed(0)} %`;
    const isWrong = truth !== undefined && truth !== said;
    more.textContent = isWrong ? `${sure}, and is ${truth}` : sure;
    if (truth !== undefined) item.className = isWrong ? 'wrong' : 'right';
    item.append(canvas, name, more);
    return item;
  });
}

/** How many are right, in words; nothing where that isn't known. */
export function score(all: readonly Prediction[]): string {
  const known = all.filter(p => p.truth !== undefined);
  if (known.length === 0) return '';
  return `Right about ${known.filter(p => p.said === p.truth).length} of ${known.length}.`;
}
