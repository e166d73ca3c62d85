// Which engine a run gets: the fastest that is there, its own when it is opened again, and a word where that is gone.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openEngine } from '../../src/train/engines.ts';
import { load } from '../../src/train/load.ts';
import { train } from '../../src/train/train.ts';
import { freshFolder } from './toy.ts';

const mmlang = '0.1.0';

let home: string;
beforeEach(() => {
  home = freshFolder();
  vi.stubEnv('MMLANG_ENGINES', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** What an installation says of itself; nothing here loads it. */
function pretendTensorflow(): void {
  mkdirSync(join(home, 'tensorflow'));
  writeFileSync(join(home, 'tensorflow', 'b.node'), '');
  const said = { tensorflow: '2.21.0', gpu: false, binding: 'b.node' };
  writeFileSync(join(home, 'tensorflow', 'installed.json'), JSON.stringify(said));
}

const diagnosticOf = async (opening: Promise<unknown>) => {
  const error: unknown = await opening.then(
    () => undefined,
    (e: unknown) => e,
  );
  return (error as { diagnostics: readonly { code: string; message: string; help?: string }[] })
    .diagnostics[0];
};

describe('auto', () => {
  it('is tensorflow where it is installed, else onnx', async () => {
    expect((await openEngine('auto', mmlang)).engine.name).toBe('onnx');
    pretendTensorflow();
    const { engine, version } = await openEngine('auto', mmlang);
    expect([engine.name, version]).toEqual(['tensorflow', '2.21.0']);
  });

  it('is a name like another in what is offered', async () => {
    const d = await diagnosticOf(openEngine('atuo', mmlang));
    expect([d?.code, d?.help]).toEqual(['unknown-engine', 'did you mean auto?']);
  });
});

const spec = `model Line version "1.0.0" {
  modality text: Text(tokenizer: bpe(300), length: 4)
  objective fits(text: text[B, T], y: float[B]) {
    return mean(abs((embedding(text.ids, width: 1) |> sum(axis: [-2, -1])) - y))
  }
  stage learn {
    minimize fits on lines.train batch 2
    train all
    optimizer adamw(rate: 1e-2)
    steps 1
  }
}
`;

describe('a run', () => {
  it('keeps the engine that began it', async () => {
    mkdirSync(join(home, 'data'));
    writeFileSync(join(home, 'data', 'lines.csv'), 'text,y\nab,1\ncd,2\n');
    writeFileSync(
      join(home, 'data', 'lines.yaml'),
      'source: { table: lines.csv }\nfields:\n  text: { column: text, as: text }\n  y: { column: y, as: number }\nsplits:\n  train: { }\n',
    );
    const file = join(home, 'line.mm');
    writeFileSync(file, spec);
    const { run } = await train({ spec: { file, text: spec }, root: join(home, 'runs'), threads: 1, mmlang });
    const record = join(run, 'run.json');
    expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({ engine: 'onnx' });

    pretendTensorflow();
    expect((await load(run, { mmlang })).ready.engine.name).toBe('onnx');
    expect((await load(run, { mmlang, engine: 'auto' })).ready.engine.name).toBe('tensorflow');
    const resumed = await train({ spec: undefined, resume: run, mmlang });
    expect(resumed.outcome).toBe('finished');
    expect((await train({ spec: undefined, resume: run, engine: 'auto', mmlang })).outcome).toBe('finished');
    const other = await diagnosticOf(train({ spec: undefined, resume: run, engine: 'tensorflow', mmlang }));
    expect(other?.code).toBe('setting-differs');

    vi.stubEnv('MMLANG_ENGINES', join(home, 'nothing'));
    const settings = {
      ...JSON.parse(readFileSync(record, 'utf8')),
      engine: 'tensorflow',
      engineVersion: '2.21.0',
    };
    writeFileSync(record, JSON.stringify(settings));
    const gone = await diagnosticOf(load(run, { mmlang }));
    expect(gone?.code).toBe('run-engine-gone');
    expect(gone?.message).toContain('was made with tensorflow 2.21.0');
    expect(gone?.help).toBe(
      'add it: mm engines add tensorflow; or use the fastest that is here: --engine auto',
    );
    expect((await load(run, { mmlang, engine: 'auto' })).ready.engine.name).toBe('onnx');
    const resumedGone = await diagnosticOf(train({ spec: undefined, resume: run, mmlang }));
    expect(resumedGone?.code).toBe('run-engine-gone');
    expect(resumedGone?.help).toMatch(/^add it: mm engines add tensorflow; a run goes on with the engine/);
  });
});
