// Exports written as SavedModels: run again by TensorFlow, they give what the model gives.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSignature } from '../../src/backends/tensorflow/saved-model-proto.ts';
import { type Exported, exportRun } from '../../src/export/export-run.ts';
import { type LoadedRun, load } from '../../src/train/load.ts';
import { shapesRun } from '../export/shapes.ts';
import { freshFolder } from '../train/toy.ts';

let loaded: LoadedRun;
beforeAll(async () => {
  loaded = await load(await shapesRun('onnx'), { mmlang: '0.1.0' });
}, 120_000);

const exported = (name: string, out = join(freshFolder(), 'x'), force = false): Promise<Exported> =>
  exportRun(loaded, { to: 'savedmodel', export: name, mmlang: '0.1.0', out, force });

describe('a SavedModel', () => {
  it.each([
    ['name', 'among[-1,8] among_keep[-1,8] picture[-1,8,8,3] → best[-1] score[-1,-1]'],
    ['shape', 'p[-1,8,8,3] → shape[-1] sure[-1,2]'],
    ['scores', 'c[-1,8] c_keep[-1,8] p[-1,8,8,3] → result[-1,8,280] result_keep[-1,8]'],
    ['vary', 'p[-1,8,8,3] seed[] → result[-1,7] result_keep[-1,7]'],
    ['first_two', 'among[-1,8] among_keep[-1,8] p[-1,8,8,3] → result[-1,2]'],
  ])(
    'of %s, for any number of rows',
    async (name, wanted) => {
      const { path, checks } = await exported(name);
      expect(checks.map(c => c.from)).toEqual(['data', 'data']);
      for (const { difference } of checks) expect(difference).toBeLessThan(1e-5);
      const signature = readSignature(readFileSync(join(path, 'saved_model.pb')), 'serving_default');
      const show = (values: readonly { name: string; shape: readonly number[] }[] = []): string =>
        values
          .map(v => `${v.name}[${v.shape.join()}]`)
          .sort()
          .join(' ');
      expect(`${show(signature?.inputs)} → ${show(signature?.outputs)}`).toBe(wanted);
    },
    300_000,
  );

  it('is a folder that holds all, replaced whole', async () => {
    const out = join(freshFolder(), 'model');
    const { files } = await exported('name', out);
    expect(files.every(f => existsSync(f))).toBe(true);
    const held = ['caption.tokenizer.json', 'export.json', 'saved_model.pb'];
    expect(readdirSync(out).sort()).toEqual(held);
    await expect(exported('shape', out)).rejects.toThrow('is there already');
    await exported('shape', out, true);
    expect(readdirSync(out).sort()).toEqual(['export.json', 'saved_model.pb']);
    expect(readdirSync(join(out, '..'))).toEqual(['model']);
  }, 300_000);

  it('is refused where the number of rows is a number of the model', async () => {
    await expect(exported('beside_mean')).rejects.toThrow(
      /at constant \(.*shapes\.mm:\d+\), a number in it depends/,
    );
  });
});
