import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashTensors, readCheckpoint } from '../../src/train/checkpoint.ts';
import { TrainFailure } from '../../src/train/diagnostics.ts';
import { readMetrics } from '../../src/train/metrics-file.ts';
import { stageFolder } from '../../src/train/run-folder.ts';
import { checkpointPeriod, logPeriod, trainStage } from '../../src/train/train-stage.ts';
import { freshFolder, toyEngine, toyOptions, toyProgram } from './toy.ts';

const finalHash = (dir: string): string => hashTensors(readCheckpoint(stageFolder(dir, 'fit').last)!.tensors);
const withoutSpeed = (dir: string): unknown[] =>
  readMetrics(stageFolder(dir, 'fit').metrics).map(({ samples_per_second: _, ...line }) => line);

async function uninterrupted(): Promise<string> {
  const dir = freshFolder();
  await trainStage(toyOptions(dir));
  return dir;
}

describe('trainStage', () => {
  it('learns, logs every step, evaluates and keeps last and best', async () => {
    const dir = freshFolder();
    const options = toyOptions(dir);
    const outcome = await trainStage(options);
    expect(outcome).toMatchObject({ kind: 'finished', step: 20 });
    const lines = readMetrics(options.folder.metrics);
    const losses = lines.flatMap(l => (typeof l.loss === 'number' ? [l.loss] : []));
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
    expect(lines.filter(l => l.split === 'toy.train').map(l => l.step)).toEqual([5, 10, 15, 20]);
    expect(Object.keys(lines[0]!)).toEqual(['step', 'loss', 'rate', 'gradient_norm', 'samples_per_second']);
    const best = readCheckpoint(options.folder.best)!;
    expect([...best.tensors.keys()]).toEqual(['line.bias', 'line.weight']);
    expect(best.info.best?.metric).toBe('toy.train error');
    expect(JSON.parse(readFileSync(options.folder.last.replace('.safetensors', '.json'), 'utf8')).step).toBe(
      20,
    );
  });

  it.each([1, 4, 5, 7, 19])('stopped after step %i and resumed, gives the same bits', async stopAt => {
    const whole = await uninterrupted();
    const dir = freshFolder();
    const controller = new AbortController();
    const options = toyOptions(dir, {
      signal: controller.signal,
      onEvent: event => {
        if (event.kind === 'step' && event.step === stopAt) controller.abort();
      },
    });
    expect(await trainStage(options)).toEqual({ kind: 'stopped', step: stopAt });
    const again = toyOptions(dir);
    await trainStage(again);
    expect(again.events[0]).toMatchObject({ kind: 'stage', step: stopAt });
    expect(finalHash(dir)).toBe(finalHash(whole));
    expect(withoutSpeed(dir)).toEqual(withoutSpeed(whole));
    expect(readFileSync(options.folder.last)).toEqual(readFileSync(stageFolder(whole, 'fit').last));
    expect(readFileSync(options.folder.best)).toEqual(readFileSync(stageFolder(whole, 'fit').best));
  });

  it.each([3, 6, 12, 18])(
    'killed in step %i, goes on from its last checkpoint to the same bits',
    async killAt => {
      const whole = await uninterrupted();
      const dir = freshFolder();
      const engine = toyEngine({
        beforeStep: step => {
          if (step === killAt) throw new Error('killed');
          return undefined;
        },
      });
      await expect(trainStage(toyOptions(dir, { engine }))).rejects.toThrow('killed');
      const { metrics } = stageFolder(dir, 'fit');
      // What a process leaves that dies while it appends.
      appendFileSync(metrics, '{"step":');
      await trainStage(toyOptions(dir));
      expect(finalHash(dir)).toBe(finalHash(whole));
      expect(withoutSpeed(dir)).toEqual(withoutSpeed(whole));
    },
  );

  it('does nothing more to a finished stage', async () => {
    const dir = await uninterrupted();
    const before = finalHash(dir);
    expect(await trainStage(toyOptions(dir))).toMatchObject({ kind: 'finished', step: 20 });
    expect(finalHash(dir)).toBe(before);
  });

  it('gives other weights for another seed', async () => {
    const dir = freshFolder();
    await trainStage(toyOptions(dir, { seed: 2 }));
    expect(finalHash(dir)).not.toBe(finalHash(await uninterrupted()));
  });

  it.each([
    [Number.NaN, 'not a number'],
    [Number.POSITIVE_INFINITY, 'infinite'],
  ])('stops at a loss of %s and keeps the checkpoint from before', async (value, said) => {
    const dir = freshFolder();
    const engine = toyEngine({ beforeStep: step => (step === 8 ? value : undefined) });
    const failed = await trainStage(toyOptions(dir, { engine })).catch((e: unknown) => e);
    expect(failed).toBeInstanceOf(TrainFailure);
    const [diagnostic] = (failed as TrainFailure).diagnostics;
    expect(diagnostic?.code).toBe('loss-not-finite');
    expect(diagnostic?.message).toBe(`stage fit, step 8: the loss is ${said}`);
    expect(readCheckpoint(stageFolder(dir, 'fit').last)?.info.step).toBe(5);
  });

  it('refuses a checkpoint of another spec and one that lacks a weight', async () => {
    const dir = await uninterrupted();
    const other = await trainStage(toyOptions(dir, { fingerprint: 'cd'.repeat(32) })).catch(
      (e: unknown) => e,
    );
    expect((other as TrainFailure).diagnostics[0]?.code).toBe('broken-file');
    const { best, last } = stageFolder(dir, 'fit');
    copyFileSync(best, last);
    const partial = await trainStage(toyOptions(dir)).catch((e: unknown) => e);
    expect((partial as TrainFailure).diagnostics[0]?.message).toMatch(/line\.bias#m is not in it/);
  });

  it('refuses a checkpoint of which one bit was changed', async () => {
    const dir = await uninterrupted();
    const { last } = stageFolder(dir, 'fit');
    const bytes = readFileSync(last);
    bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 0x40;
    writeFileSync(last, bytes);
    const failed = await trainStage(toyOptions(dir)).catch((e: unknown) => e);
    expect((failed as TrainFailure).diagnostics[0]).toMatchObject({ code: 'broken-file' });
  });

  it('starts from given weights and leaves the rest fresh', async () => {
    const dir = freshFolder();
    const bias = { dtype: 'f32' as const, shape: [], data: Float32Array.of(42) };
    await trainStage(
      toyOptions(dir, { start: new Map([['line.bias', bias]]), program: toyProgram(1, undefined) }),
    );
    expect(readCheckpoint(stageFolder(dir, 'fit').last)!.tensors.get('line.bias')!.data[0]).toBeGreaterThan(
      40,
    );
    const wrong = { dtype: 'f32' as const, shape: [2], data: new Float32Array(2) };
    const failed = await trainStage(
      toyOptions(freshFolder(), { start: new Map([['line.bias', wrong]]) }),
    ).catch((e: unknown) => e);
    expect((failed as TrainFailure).diagnostics[0]?.code).toBe('checkpoint-misfits');
  });

  it('checkpoints by the spec alone', () => {
    expect(checkpointPeriod(toyProgram(1000, undefined))).toBe(200);
    expect(checkpointPeriod(toyProgram(1000, 50))).toBe(50);
    expect([logPeriod(5), logPeriod(2400), logPeriod(100_000)]).toEqual([1, 2, 100]);
  });

  it('says what to do when a folder is in the way of the run', async () => {
    const dir = freshFolder();
    mkdirSync(stageFolder(dir, 'fit').metrics, { recursive: true });
    const failed = await trainStage(toyOptions(dir)).catch((e: unknown) => e);
    expect((failed as TrainFailure).diagnostics[0]?.code).toMatch(/cannot-(read|write)/);
    expect(existsSync(dirname(stageFolder(dir, 'fit').last))).toBe(true);
  });
});
