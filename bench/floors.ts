// The command `npm run floors`: what retrieval of emoji captions reaches without a neural network, on the splits and
// among the candidates that specs/emoji.mm is measured on.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxEngine } from '../src/backends/onnx/engine.ts';
import type { BatchSpec, FieldSpec, ModalitySpec } from '../src/compiler/program.ts';
import { computeFloors, DataFailure, type Floors, openData, orThrow } from '../src/data/index.ts';
import { engineProduct } from '../src/train/engine-product.ts';

const tests = ['validation', 'unseen_style', 'unseen_concepts'];
const at = [1, 5, 10];
const usage = 'npm run floors -- [--json]\n';

/** `root` is the project's folder. Returns the exit code. */
export async function main(args: readonly string[], root: string): Promise<number> {
  let json: boolean;
  try {
    json = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } }).values.json ?? false;
  } catch {
    process.stderr.write(usage);
    return 2;
  }
  try {
    const data = openData({ specFile: join(root, 'specs', 'emoji.mm') });
    const train = orThrow(await data.prepare(reading('train')));
    const product = engineProduct(createOnnxEngine());
    const found: Record<string, Floors> = {};
    for (const split of tests) {
      const test = orThrow(await data.prepare(reading(split)));
      found[split] = await computeFloors({
        train,
        test,
        picture: 'picture',
        caption: 'caption',
        at,
        product,
      });
    }
    process.stdout.write(json ? `${JSON.stringify(found, undefined, 2)}\n` : table(found));
    return 0;
  } catch (error) {
    if (!(error instanceof DataFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Pictures of 32 × 32 and captions of a split. */
function reading(split: string): BatchSpec {
  const span = { file: 'specs/emoji.mm', start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const field = (modality: ModalitySpec): FieldSpec => ({
    name: modality.name,
    type: { kind: 'modality', modality },
    feeds: [],
    transforms: [],
    span,
  });
  const fields = [
    field({ kind: 'image', name: 'picture', height: 32, width: 32, channels: 3 }),
    field({
      kind: 'text',
      name: 'caption',
      tokenizer: { kind: 'bpe', vocabulary: 2048, special: [] },
      length: 24,
    }),
  ];
  return {
    id: 'floors',
    data: { set: 'emoji', split },
    size: 1,
    fields,
    keepFeed: 'keep',
    distinct: [],
    order: 'endless',
    span,
  };
}

function table(found: Readonly<Record<string, Floors>>): string {
  const percent = (share: number): string => (100 * share).toFixed(1).padStart(6);
  const lines: string[] = [];
  for (const [split, { queries, candidates, chance, floors }] of Object.entries(found)) {
    lines.push(
      `${split}: ${queries} drawings, ${candidates} captions; ${at.map(k => `R@${k}`).join(' ')} in %`,
    );
    lines.push(`  ${'chance'.padEnd(24)}${chance.map(percent).join('')}`);
    for (const floor of floors)
      lines.push(`  ${floor.name.padEnd(24)}${floor.recall.map(percent).join('')}   (${floor.settings})`);
  }
  return `${lines.join('\n')}\n`;
}
