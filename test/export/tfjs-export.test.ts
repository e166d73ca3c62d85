// Exports written as graph models of TensorFlow.js: loaded by its own converter, they give what the model gives.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { graphModel } from '../../src/backends/tensorflow/graph-model.ts';
import { type Exported, exportRun } from '../../src/export/export-run.ts';
import { type LoadedRun, load } from '../../src/train/load.ts';
import { freshFolder } from '../train/toy.ts';
import { shapesRun } from './shapes.ts';

let loaded: LoadedRun;
beforeAll(async () => {
  loaded = await load(await shapesRun('onnx'), { mmlang: '0.1.0' });
}, 120_000);

const exported = (name: string): Promise<Exported> =>
  exportRun(loaded, { to: 'tfjs', export: name, mmlang: '0.1.0', out: join(freshFolder(), 'x') });

describe('a graph model', () => {
  it.each([
    ['name', 'among[-1,8] among_keep[-1,8] picture[-1,8,8,3] → best[-1] score[-1,-1]'],
    ['shape', 'p[-1,8,8,3] → shape[-1] sure[-1,2]'],
    ['scores', 'c[-1,8] c_keep[-1,8] p[-1,8,8,3] → result[-1,8,280] result_keep[-1,8]'],
    ['first_two', 'among[-1,8] among_keep[-1,8] p[-1,8,8,3] → result[-1,2]'],
  ])(
    'of %s, for any number of rows',
    async (name, wanted) => {
      const { path, checks, ops } = await exported(name);
      expect(checks.map(c => c.from)).toEqual(['data', 'data']);
      for (const { difference } of checks) expect(difference).toBeLessThan(1e-5);
      const model = JSON.parse(readFileSync(join(path, 'model.json'), 'utf8'));
      const show = (
        values: Readonly<Record<string, { tensorShape: { dim: readonly { size: string }[] } }>>,
      ) =>
        Object.entries(values)
          .map(([key, v]) => `${key}[${v.tensorShape.dim.map(d => d.size).join()}]`)
          .sort()
          .join(' ');
      expect(`${show(model.signature.inputs)} → ${show(model.signature.outputs)}`).toBe(wanted);
      expect(model.modelTopology.node).toHaveLength(ops);
      expect(model.userDefinedMetadata).toMatchObject({ model: 'Shapes', export: name });
      expect(readdirSync(path)).toContain('group1-shard1of1.bin');
    },
    300_000,
  );

  it('that draws is refused, with what tfjs lacks', async () => {
    await expect(exported('vary')).rejects.toThrow(
      /vary can't be written as tfjs, which has nothing for Bitcast, BitwiseXor, RightShift/,
    );
  });

  it('cuts weights into files of at most 4 MB, in order', () => {
    const bytes = (n: number, value: number) => new Uint8Array(n).fill(value);
    const node = (name: string, n: number, value: number) => ({
      name,
      op: 'Const',
      inputs: [],
      attributes: {
        value: {
          kind: 'tensor' as const,
          tensor: { type: 'bool' as const, shape: [n], bytes: bytes(n, value) },
        },
      },
    });
    const sizes = [3_000_000, 6_000_000, 1];
    const made = graphModel(
      { kind: 'graph', nodes: sizes.map((n, i) => node(`w${i}`, n, i + 1)), inputs: [], outputs: [] },
      '0.1.0',
      {},
    );
    if (made.kind !== 'files') throw new Error('it was refused');
    const shards = [...made.files].filter(([name]) => name !== 'model.json');
    expect(shards.map(([name, s]) => [name, s.length])).toEqual([
      ['group1-shard1of3.bin', 4 * 2 ** 20],
      ['group1-shard2of3.bin', 4 * 2 ** 20],
      ['group1-shard3of3.bin', 9_000_001 - 8 * 2 ** 20],
    ]);
    const all = Buffer.concat(shards.map(([, s]) => s));
    expect(all.equals(Buffer.concat(sizes.map((n, i) => bytes(n, i + 1))))).toBe(true);
  });
});
