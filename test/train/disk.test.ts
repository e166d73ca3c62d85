import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';

const disk = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

/** A disk that takes `disk.left` more bytes. */
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    writeSync: (file: number, bytes: Uint8Array, ...rest: [number, number]) => {
      if (disk.left < bytes.length)
        throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
      disk.left -= bytes.length;
      return fs.writeSync(file, bytes, ...rest);
    },
  };
});

import { writeWhole } from '../../src/train/atomic-file.ts';
import { readCheckpoint } from '../../src/train/checkpoint.ts';
import { TrainFailure } from '../../src/train/diagnostics.ts';
import { openMetrics, readMetrics } from '../../src/train/metrics-file.ts';
import {
  createRun,
  folderName,
  newRunFolder,
  openRun,
  readSources,
  stageFolder,
} from '../../src/train/run-folder.ts';
import { lockRun } from '../../src/train/run-lock.ts';
import type { RunSettings } from '../../src/train/run-settings.ts';
import { fingerprintOf } from '../../src/train/run-settings.ts';
import { trainStage } from '../../src/train/train-stage.ts';
import { fingerprint, freshFolder, toyOptions } from './toy.ts';

afterEach(() => {
  disk.left = Number.POSITIVE_INFINITY;
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof TrainFailure) return error.diagnostics[0]?.code;
    throw error;
  }
  return undefined;
}

const settings: RunSettings = {
  format: 1,
  mmlang: '0.1.0',
  model: 'Toy',
  version: '1.0.0',
  variant: null,
  spec: 'toy.mm',
  fingerprint,
  std: fingerprint,
  uses: [],
  seed: 1,
  engine: 'toy',
  engineVersion: '1',
  precision: 'f32',
  threads: null,
  data: [{ set: 'toy', manifest: 'data/toy.yaml', sha256: '00' }],
  inputs: [],
  starts: [],
  stages: [],
};

describe('a full disk', () => {
  it('leaves the old file as it was and nothing beside it', () => {
    const dir = freshFolder();
    const path = join(dir, 'a.txt');
    writeWhole(path, ['old']);
    disk.left = 2;
    expect(codeOf(() => writeWhole(path, ['new text']))).toBe('disk-full');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['a.txt']);
  });

  it('stops a training that keeps its last checkpoint whole', async () => {
    const dir = freshFolder();
    const options = toyOptions(dir, {
      onEvent: event => {
        if (event.kind === 'step' && event.step === 9) disk.left = 300;
      },
    });
    const failed = await trainStage(options).catch((e: unknown) => e);
    expect((failed as TrainFailure).diagnostics[0]).toMatchObject({ code: 'disk-full' });
    expect((failed as TrainFailure).diagnostics[0]?.help).toMatch(/--resume/);
    expect(readCheckpoint(options.folder.last)?.info.step).toBe(5);
    disk.left = Number.POSITIVE_INFINITY;
    expect(await trainStage(toyOptions(dir))).toMatchObject({ kind: 'finished' });
  });
});

describe('the run folder', () => {
  it('comes back as written, with its spec and used files', () => {
    const dir = join(freshFolder(), 'run');
    const sources = { main: 'model Toy {}', used: new Map([['../b.mm', 'block b() {}']]) };
    createRun(dir, settings, sources);
    const run = openRun(dir);
    expect(run.settings).toEqual({ ...settings, uses: ['../b.mm'] });
    expect(readSources(run)).toEqual(sources);
    expect(codeOf(() => createRun(dir, settings, sources))).toBe('folder-in-use');
  });

  it('never takes a folder with other things in it', () => {
    const dir = freshFolder();
    writeFileSync(join(dir, 'thesis.txt'), 'mine');
    expect(codeOf(() => createRun(dir, settings, { main: '', used: new Map() }))).toBe('folder-in-use');
    expect(readdirSync(dir)).toEqual(['thesis.txt']);
  });

  it('names new runs by the first free number', () => {
    const root = join(freshFolder(), 'runs');
    expect(newRunFolder(root, 'toy')).toBe(join(root, 'toy-1'));
    expect(newRunFolder(root, 'toy')).toBe(join(root, 'toy-2'));
    mkdirSync(join(root, 'toy-9'));
    expect(newRunFolder(root, 'toy')).toBe(join(root, 'toy-10'));
    expect(folderName('EmojiModel', undefined, 'align')).toBe('emoji-model-align');
    expect(folderName('../..')).toBe('run');
  });

  it.each([
    ['nothing', undefined, 'not-a-run'],
    ['text', 'hello', 'broken-file'],
    ['a list', '[]', 'broken-file'],
    ['another format', JSON.stringify({ ...settings, format: 2 }), 'broken-file'],
    [
      'a stage that leads out of the run',
      JSON.stringify({
        ...settings,
        stages: [
          {
            stage: '../../x',
            from: null,
            steps: 1,
            chosenBatch: null,
            chosenSteps: null,
            batches: [],
            done: true,
          },
        ],
      }),
      'broken-file',
    ],
  ])('refuses a run.json of %s', (_, text, code) => {
    const dir = freshFolder();
    if (text !== undefined) writeFileSync(join(dir, 'run.json'), text);
    expect(codeOf(() => openRun(dir))).toBe(code);
  });

  it('has a fingerprint of the meaning, not of line endings', () => {
    const used = new Map([['b.mm', 'b\n']]);
    const one = fingerprintOf('model A {\r\n}  \r\n', used);
    expect(one).toBe(fingerprintOf('model A {\n}', new Map([['b.mm', 'b']])));
    expect(one).not.toBe(fingerprintOf('model B {\n}', used));
    expect(one).not.toBe(fingerprintOf('model A {\n}', new Map()));
  });
});

describe('the lock', () => {
  it('keeps a second training out and lets go', () => {
    const dir = freshFolder();
    const release = lockRun(dir);
    expect(codeOf(() => lockRun(dir))).toBe('run-busy');
    release();
    lockRun(dir)();
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  it('takes over from a process that is gone, not from another machine', () => {
    const dir = freshFolder();
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: 2 ** 22 + 12345, host: hostname() }));
    lockRun(dir)();
    writeFileSync(join(dir, 'lock'), '{"pid":');
    lockRun(dir)();
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere.example' }));
    expect(codeOf(() => lockRun(dir))).toBe('run-busy');
  });
});

describe('a lock that can’t be written', () => {
  it('says that the disk is full, and leaves none', () => {
    const dir = freshFolder();
    disk.left = 4;
    expect(codeOf(() => lockRun(dir))).toBe('disk-full');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says what is in its place', () => {
    const dir = freshFolder();
    mkdirSync(join(dir, 'lock'));
    expect(codeOf(() => lockRun(dir))).toBe('cannot-write');
  });
});

describe('metrics.jsonl', () => {
  it('drops what lies beyond the checkpoint, and torn lines', () => {
    const path = join(freshFolder(), 'metrics.jsonl');
    writeFileSync(path, '{"step":1,"loss":2}\n{"step":2,"loss":1}\n{"loss":3}\nnull\n{"step":3,"lo');
    expect(readMetrics(path).map(l => l.step)).toEqual([1, 2]);
    const file = openMetrics(path, 1);
    file.append({ step: 2, loss: 7 });
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('{"step":1,"loss":2}\n{"step":2,"loss":7}\n');
    expect(stageFolder('r', 's').metrics).toBe(join('r', 'stages', 's', 'metrics.jsonl'));
  });
});
