// The lock that a run and its checkpoints carry.

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../src/base/diagnostic.ts';
import { lockFile, lockOfCheckpoint, lockOfRun, lockOfTrained } from '../../src/train/model-lock.ts';
import { stageFolder } from '../../src/train/run-folder.ts';
import { readSafetensors, writeSafetensors } from '../../src/train/safetensors.ts';
import type { Lock, ModelLock } from '../../src/versioning/lock.ts';
import { lockText } from '../../src/versioning/lock-text.ts';
import { judge } from '../../src/versioning/verdict.ts';
import { lockOfText } from '../versioning/locks.ts';
import { type KindsHome, kindsHome, kindsSpec } from './kinds.ts';
import { freshFolder } from './toy.ts';

let kinds: KindsHome;
let run: string;

beforeAll(async () => {
  kinds = kindsHome();
  ({ run } = await kinds.go());
});

const only = ({ value, diagnostics }: Result<Lock>): ModelLock => {
  const [model] = value?.models.values() ?? [];
  if (model === undefined) throw new Error(diagnostics.map(d => d.message).join('\n'));
  return model;
};
const codes = ({ diagnostics }: Result<Lock>): readonly string[] => diagnostics.map(d => d.code);
const copy = (): string => {
  const to = join(freshFolder(), 'run');
  cpSync(run, to, { recursive: true });
  return to;
};

describe('the lock of a run', () => {
  test('is that of its spec, with what came of the data', () => {
    const lock = only(lockOfRun(run));
    const spec = only({ value: lockOfText(kindsSpec), diagnostics: [] });
    expect(lock.labels.get('Kind')).toEqual(['fruit', 'pet', 'tool']);
    expect(lock.tokenizers.get('words')).toMatch(/^[0-9a-f]{64}$/);
    expect({ ...lock, labels: spec.labels, tokenizers: spec.tokenizers }).toEqual(spec);
    expect(judge(lock, spec).verdict).toBe('identical');
    expect(judge(spec, lock).verdict).toBe('identical');
    const other = { ...lock, tokenizers: new Map([['words', '0'.repeat(64)]]) };
    expect(judge(lock, other).verdict).toBe('changes meaning');
    const reordered = { ...lock, labels: new Map([['Kind', ['pet', 'fruit', 'tool']]]) };
    expect(judge(lock, reordered).verdict).toBe('changes meaning');
  });

  test('is in every checkpoint too, and read without the weights', () => {
    const { last, best } = stageFolder(run, 'tune');
    const text = readFileSync(lockFile(run), 'utf8');
    for (const path of [last, best]) {
      expect(lockText(lockOfCheckpoint(path).value!)).toBe(text);
      expect(lockOfTrained(path)).toEqual(lockOfRun(run));
    }
  });

  test('of before there were locks is made from its copy of the spec, which is said', () => {
    const old = copy();
    rmSync(lockFile(old));
    const made = lockOfRun(old);
    expect(codes(made)).toEqual(['lock-from-spec']);
    expect(lockText(made.value!)).toBe(readFileSync(lockFile(run), 'utf8'));
    const { last } = stageFolder(old, 'tune');
    const { tensors, metadata } = readSafetensors(last);
    const without = new Map([...metadata].filter(([key]) => key !== 'lock'));
    writeSafetensors(last, { tensors, metadata: without });
    expect(codes(lockOfCheckpoint(last))).toEqual(['lock-from-spec']);
    const alone = join(freshFolder(), 'last.safetensors');
    cpSync(last, alone);
    expect(codes(lockOfCheckpoint(alone))).toEqual(['checkpoint-without-lock']);
  });

  test('that was edited, or is of another model, is refused', () => {
    const bad = copy();
    const path = lockFile(bad);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('f32[3]', 'f32[4]'));
    expect(codes(lockOfRun(bad))).toEqual(['lock-edited']);
    writeFileSync(path, lockText(lockOfText(kindsSpec.replace('model Kinds', 'model Other'))));
    expect(codes(lockOfRun(bad))).toEqual(['broken-file']);
    writeFileSync(path, text.slice(0, 300));
    expect(codes(lockOfRun(bad))).toEqual(['lock-unreadable']);
  });

  test('in a checkpoint that was edited, or fits other tensors, is refused', () => {
    const bad = copy();
    const { last } = stageFolder(bad, 'tune');
    const { tensors, metadata } = readSafetensors(last);
    const text = metadata.get('lock') ?? '';
    const codeWith = (lock: string): readonly string[] => {
      writeSafetensors(last, { tensors, metadata: new Map([...metadata, ['lock', lock]]) });
      return codes(lockOfCheckpoint(last));
    };
    expect(codeWith(text)).toEqual([]);
    expect(codeWith(text.replace('gelu', 'relu'))).toEqual(['lock-edited']);
    expect(codeWith('{"lock": 2}')).toEqual(['lock-of-another-form']);
    expect(codeWith('\u0000')).toEqual(['lock-unreadable']);
    const wider = kindsSpec.replace('width: int = 16', 'width: int = 32');
    expect(codeWith(lockText(lockOfText(wider)))).toEqual(['broken-file']);
    const deeper = kindsSpec.replace('depth: 2', 'depth: 3');
    expect(codeWith(lockText(lockOfText(deeper)))).toEqual(['broken-file']);
  });
});
