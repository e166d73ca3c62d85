// Exports written as .onnx files: each is run again as any reader would, and gives what the model gives.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { type Exported, exportRun } from '../../src/export/export-run.ts';
import { splitArguments } from '../../src/train/arguments.ts';
import { type LoadedRun, load } from '../../src/train/load.ts';
import { predict } from '../../src/train/predict.ts';
import { mm } from '../cli/mm.ts';
import { freshFolder } from '../train/toy.ts';
import { shapesRun } from './shapes.ts';

let run: string;
let loaded: LoadedRun;
beforeAll(async () => {
  run = await shapesRun('onnx');
  loaded = await load(run, { mmlang: '0.1.0' });
}, 120_000);

type More = Partial<Omit<Parameters<typeof exportRun>[1], 'export'>>;
const exported = (name: string, more: More = {}, of = loaded): Promise<Exported> =>
  exportRun(of, { to: 'onnx', export: name, mmlang: '0.1.0', out: join(freshFolder(), 'x.onnx'), ...more });

async function refusal(action: Promise<unknown>): Promise<Diagnostic> {
  const error: unknown = await action.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof Error && 'diagnostics' in error)) throw error ?? new Error('it succeeded');
  const [first] = error.diagnostics as readonly Diagnostic[];
  if (first === undefined) throw error;
  return first;
}

const shapes = (values: readonly { name: string; shape: readonly unknown[] }[]) =>
  values.map(v => `${v.name}[${v.shape.join(', ')}]`).join(' ');

describe('an .onnx file', () => {
  it.each([
    ['name', 'picture[B, 8, 8, 3] among[K, 8] among_keep[K, 8]', 'best[B] score[B, K]'],
    ['shape', 'p[B, 8, 8, 3]', 'shape[B] sure[B, 2]'],
    ['scores', 'p[B, 8, 8, 3] c[B, 8] c_keep[B, 8]', 'result[B, 8, 280] result_keep[B, 8]'],
    ['alike', 'p[B, 8, 8, 3]', 'result[B, B]'],
    ['describe', 'p[B, 8, 8, 3]', 'result[B, 7] result_keep[B, 7]'],
    ['vary', 'p[B, 8, 8, 3] seed[]', 'result[B, 7] result_keep[B, 7]'],
    ['first_two', 'p[B, 8, 8, 3] among[K, 8] among_keep[K, 8]', 'result[B, 2]'],
  ])('of %s, for any number of rows', async (name, inputs, outputs) => {
    const { description, checks, path } = await exported(name);
    expect(shapes(description.inputs)).toBe(inputs);
    expect(shapes(description.outputs)).toBe(outputs);
    expect(checks.map(c => c.from)).toEqual(['data', 'data']);
    expect(new Set(checks.map(c => c.rows)).size).toBe(2);
    for (const { difference } of checks) expect(difference).toBeLessThan(1e-5);
    const session = await ort.InferenceSession.create(path);
    expect(session.inputNames).toEqual(description.inputs.map(i => i.name));
    expect(session.outputNames).toEqual(description.outputs.map(o => o.name));
    const first = session.inputMetadata[0];
    expect(first?.isTensor === true && first.shape[0]).toBe('B');
    await session.release();
  });

  it('gives what mm predict gives, in the order of its rows', async () => {
    const { path } = await exported('name');
    const session = await ort.InferenceSession.create(path);
    const captions = ['a red disc', 'a blue square', 'a green disc'];
    const tokenizer = loaded.tokenizers.get('caption');
    const [ids, keep] = [new Int32Array(24), new Uint8Array(24)];
    for (const [i, text] of captions.entries()) {
      const { before = [], after = 0 } = tokenizer?.frame ?? {};
      const tokens = [...before, ...(tokenizer?.encode(text) ?? []).slice(0, 7 - before.length), after];
      ids.set(tokens, 8 * i);
      keep.fill(1, 8 * i, 8 * i + tokens.length);
    }
    const found = join(dirname(dirname(run)), 'data');
    const pictures = ['red-disc.png', 'blue-square.png'].map(f => join(found, f));
    const { default: sharp } = await import('sharp');
    const pixels = new Float32Array(2 * 8 * 8 * 3);
    for (const [i, file] of pictures.entries()) {
      const raw = await sharp(file).flatten({ background: 'white' }).raw().toBuffer();
      pixels.set(
        Float32Array.from(raw, v => v / 127.5 - 1),
        i * 192,
      );
    }
    const made = await session.run({
      picture: new ort.Tensor('float32', pixels, [2, 8, 8, 3]),
      among: new ort.Tensor('int32', ids, [3, 8]),
      among_keep: new ort.Tensor('bool', keep, [3, 8]),
    });
    const args = [...pictures.map(p => `picture=${p}`), ...captions.map(c => `among=${c}`)];
    const asked = await predict(loaded, 'name', splitArguments(args));
    const score = asked.results.find(r => r.name === 'score')?.value as readonly (readonly number[])[];
    const given = Array.from(made.score?.data as Float32Array);
    for (const [i, value] of score.flat().entries()) expect(given[i]).toBeCloseTo(value, 2);
    expect(given).toHaveLength(6);
  });

  it('holds ops of the standard alone, and says what it is', async () => {
    const { path, files, description } = await exported('name');
    const text = readFileSync(path).toString('latin1');
    for (const own of [
      'com.microsoft',
      'SimplifiedLayerNormalization',
      'QuickGelu',
      'FusedMatMul',
      dirname(run),
    ])
      expect(text).not.toContain(own);
    for (const said of ['Shapes', '1.2.0', 'learn, step 3 of 3', 'Which caption is nearest', 'shapes.mm:'])
      expect(text).toContain(said);
    expect(files.map(f => basename(f))).toEqual(['x.onnx', 'x.onnx.json', 'x.onnx.caption.tokenizer.json']);
    const read: unknown = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
    expect(read).toEqual(JSON.parse(JSON.stringify(description)));
    expect(description.inputs[1]).toMatchObject({
      tokenizer: 'caption.tokenizer.json',
      wants: expect.stringContaining('in lower case'),
    });
    expect((await exported('shape')).description.outputs[0]?.labels).toEqual(['square', 'disc']);
  });

  it('is the same for the same run, and has what is set in it', async () => {
    const bytes = async (args: readonly string[]) =>
      readFileSync((await exported('shape', { settings: splitArguments(args) })).path);
    const plain = await bytes([]);
    expect(plain.equals(await bytes([]))).toBe(true);
    expect(plain.equals(await bytes(['heat=2']))).toBe(false);
    expect((await refusal(exported('shape', { settings: splitArguments(['p=x.png']) }))).code).toBe(
      'unknown-argument',
    );
  });

  it('is refused where the number of rows is a number of the model, and written for one', async () => {
    const { code, message, help } = await refusal(exported('beside_mean'));
    expect(code).toBe('export-open-size');
    expect(message).toMatch(/at mul \(.*shapes\.mm:\d+\), a number in it depends on how many rows there are/);
    expect(help).toContain('--batch');
    const { description, checks } = await exported('beside_mean', { batch: 5 });
    expect(shapes(description.inputs)).toBe('p[5, 8, 8, 3]');
    expect(checks).toMatchObject([{ rows: 'B = 5', from: 'data' }]);
  });

  it('is checked on made-up rows where the data is gone, and without padding on the same seeds', async () => {
    const settings = { ...loaded.run.settings, data: [], spec: join(freshFolder(), 'elsewhere.mm') };
    const lost = { ...loaded, run: { ...loaded.run, settings } };
    const { checks } = await exported('scores', {}, lost);
    expect(checks.map(c => c.from)).toEqual(['made up', 'made up']);
    for (const { difference } of checks) expect(difference).toBeLessThan(1e-5);
  });
});

describe('what is not the model', () => {
  const disturbed = (by: number): LoadedRun => {
    const { engine } = loaded.ready;
    const open: typeof engine.open = async (...args) => {
      const session = await engine.open(...args);
      const disturb: typeof session.run = async (...given) => {
        const results = await session.run(...given);
        for (const { dtype, data } of results.values()) if (dtype === 'f32') data[0] = (data[0] ?? 0) + by;
        return results;
      };
      return { ...session, run: disturb };
    };
    return { ...loaded, ready: { ...loaded.ready, engine: { ...engine, open } } };
  };

  it('is deleted', async () => {
    const out = join(freshFolder(), 'deep', 'x.onnx');
    expect((await exported('shape', { out }, disturbed(1e-5))).checks[0]?.difference).toBeGreaterThan(5e-6);
    const { code, message } = await refusal(exported('shape', { out, force: true }, disturbed(1e-2)));
    expect(code).toBe('export-differs');
    expect(message).toMatch(/with B = 1 sure\[0, 0\] is 0\.\d+ in the file and 0\.\d+ in the model/);
    const before = readdirSync(dirname(out)).sort();
    expect(before).toEqual(['x.onnx', 'x.onnx.json']);
    await refusal(exported('shape', { out: join(dirname(out), 'y.onnx') }, disturbed(1e-2)));
    expect(readdirSync(dirname(out)).sort()).toEqual(before);
  });
});

describe('mm export', () => {
  it('writes into the run folder and tells what it wrote', async () => {
    const path = join(run, 'exports', 'describe.onnx');
    const { code, out } = await mm('export', run, '--to', 'onnx', '--export', 'describe');
    expect(code).toBe(0);
    expect(out).toContain(`describe → ${path}`);
    expect(out).toContain('weights of stage learn, step 3 of 3\n');
    expect(out).toContain('a generation of 6 steps, which are written out one after another');
    expect(out).toMatch(/checked with B = 4 \(data\): largest difference/);
    const again = await mm('export', run, '--to', 'onnx', '--export', 'describe');
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is there already')]);
    const forced = await mm('export', run, '--to', 'onnx', '--export', 'describe', '--force', '--json');
    expect(JSON.parse(forced.out)).toMatchObject({ path, checks: [{ rows: 'B = 1' }, { rows: 'B = 4' }] });
  });

  it.each([
    ['a run that is not there', () => ['nowhere'], 'not-a-run', /there is no such folder/],
    ['no such export', () => [run, '--export', 'nam'], 'unknown-export', /did you mean name\?/],
    ['no export named', () => [run], 'export-needed', /--export name/],
    [
      'no such format',
      () => [run, '--export', 'name', '--to', 'onyx'],
      'unknown-format',
      /did you mean onnx/,
    ],
    [
      'a folder in its place',
      () => [run, '--export', 'name', '--out', folder('dir'), '--force'],
      'cannot-write',
      /it is a folder/,
    ],
    [
      'a part that is a file',
      () => [run, '--export', 'name', '--out', join(file('f'), 'x.onnx')],
      'cannot-write',
      /f is a file/,
    ],
    [
      'a file of the user’s beside',
      () => [run, '--export', 'name', '--out', file('y.onnx.json').replace(/\.json$/, '')],
      'export-exists',
      /y\.onnx\.json/,
    ],
  ])('refuses %s', async (_, args, wanted, words) => {
    const given = args();
    const { code, out, err } = await mm(
      'export',
      ...(given.includes('--to') ? [] : ['--to', 'onnx']),
      ...given,
      '--json',
    );
    const { error } = JSON.parse(out) as { error: Diagnostic };
    expect([code, error.code]).toEqual([1, wanted]);
    expect(`${error.message} ${error.help}${err}`).toMatch(words);
  });

  const folder = (name: string): string => {
    const path = join(freshFolder(), name);
    mkdirSync(path);
    return path;
  };
  const file = (name: string): string => {
    const path = join(freshFolder(), name);
    writeFileSync(path, 'mine');
    return path;
  };

  it.skipIf(process.getuid?.() === 0)('refuses a folder that it may not write to', async () => {
    const locked = folder('locked');
    chmodSync(locked, 0o500);
    expect((await refusal(exported('shape', { out: join(locked, 'x.onnx') }))).code).toBe('cannot-write');
  });

  it('takes a run that has not been trained to its end, and says so', async () => {
    const stage = { ...loaded.stage, done: false, steps: 9 };
    const { finished, description } = await exported('shape', {}, { ...loaded, stage });
    expect([finished, description.trained]).toEqual([false, { stage: 'learn', step: 3, steps: 9 }]);
    expect(existsSync(join(run, 'stages'))).toBe(true);
  });
});
