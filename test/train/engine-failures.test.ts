// What goes wrong in engines comes as diagnostics: libraries that don't load, what an engine can't run, memory, a step
// that fails, numbers that end. The last checkpoint is whole and goes on to the same bits.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Engine, EngineFailure } from '../../src/backends/engine.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import type { Span } from '../../src/base/span.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { Plan } from '../../src/compiler/plan.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import { ops } from '../../src/ops/registry.ts';
import { hashTensors, readCheckpoint } from '../../src/train/checkpoint.ts';
import { firstWrong } from '../../src/train/first-wrong.ts';
import { guarded } from '../../src/train/guarded-engine.ts';
import { stageFolder } from '../../src/train/run-folder.ts';
import { trainStage } from '../../src/train/train-stage.ts';
import { planOf } from '../backends/op-catalogue.ts';
import { batchSpec, f32, freshFolder, toyEngine, toyOptions } from './toy.ts';

const line = (n: number): Span => ({
  file: 'a.mm',
  start: 0,
  end: 1,
  line: n,
  column: 1,
  endLine: n,
  endColumn: 2,
});

async function told(attempt: Promise<unknown>): Promise<Diagnostic> {
  const error = await attempt.then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (error instanceof Error && 'diagnostics' in error) {
    const [first] = error.diagnostics as readonly Diagnostic[];
    if (first !== undefined) return first;
  }
  throw error;
}

/** y = exp(x + w) of line 7, x a feed of 64 rows. */
function plan(dtype: 'f32' | 'bf16' = 'f32'): Plan {
  const b = createBuilder('train', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [64, 1000] });
  const w = b.input('w', 'weight', { dtype, shape: [1000] });
  b.span = line(7);
  const wide = b.one('cast', [w], { to: 'f32' });
  b.output('y', 'fetch', b.one('exp', [b.one('add', [x, wide])]));
  return { ...planOf(b.finish()), peakBytes: 64 * 1000 * 4 * 3 + 4000 };
}
const open = (engine: Engine, p: Plan, room = 1e12) =>
  guarded(engine, () => room).open(new Map([['train', p]]), { threads: 1 });

describe('an installation of TensorFlow', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  /** Its binding is this file; Node takes scripts as it takes libraries. */
  async function installed(binding: string, text: string): Promise<Engine> {
    const engines = freshFolder();
    mkdirSync(join(engines, 'tensorflow'));
    writeFileSync(join(engines, 'tensorflow', binding), text);
    const said = { tensorflow: '2.21.0', gpu: false, binding };
    writeFileSync(join(engines, 'tensorflow', 'installed.json'), JSON.stringify(said));
    vi.stubEnv('MMLANG_ENGINES', engines);
    vi.resetModules();
    const { createTensorflowEngine } = await import('../../src/backends/tensorflow/engine.ts');
    return createTensorflowEngine();
  }
  /** The guard of the same copy of the modules. */
  const openNew = async (engine: Engine) => {
    const fresh = await import('../../src/train/guarded-engine.ts');
    return fresh.guarded(engine, () => 1e12).open(new Map([['train', plan()]]), { threads: 1 });
  };

  it.each([
    ['an empty file', 'binding.node', '', 'its file is damaged'],
    ['a library cut short', 'binding.node', '\x7fELF\x02\x01\x01', 'its file is damaged'],
    [
      'a library for a newer system',
      'binding.cjs',
      'throw new Error("/lib/libm.so.6: version `GLIBC_2.38\' not found (required by libtensorflow_cc.so.2)")',
      "this system's C library is too old: it lacks GLIBC_2.38",
    ],
    [
      'a library for another Node',
      'binding.cjs',
      'throw new Error("The module was compiled against a different Node.js version using NODE_MODULE_VERSION 93.")',
      'it was built for another Node (module version 93)',
    ],
    [
      'a library without another one',
      'binding.cjs',
      'throw new Error("libtensorflow_cc.so.2: cannot open shared object file: No such file or directory")',
      'the library libtensorflow_cc.so.2 is missing',
    ],
  ])('that is %s is told with the way out', async (_, file, text, words) => {
    const found = await told(openNew(await installed(file, text)));
    expect(found).toMatchObject({ code: 'engine-not-loading', severity: 'error' });
    expect(found.message).toContain(words);
    expect(found.help).toContain('mm engines add tensorflow');
    expect(found.help).toContain('--engine onnx');
  });

  it('whose record is damaged is none', async () => {
    const engine = await installed('binding.cjs', '');
    writeFileSync(join(process.env.MMLANG_ENGINES!, 'tensorflow', 'installed.json'), '{"tens');
    expect(await engine.status()).toMatchObject({ ready: false, add: 'mm engines add tensorflow' });
  });

  const failing = (text: string): string => `
    module.exports = {
      TF_FLOAT: 1, TF_INT32: 3, TF_BOOL: 10,
      createTensor: () => 1, deleteTensor: () => {}, tensorDataSync: () => new Float32Array(1),
      loadSavedModel: () => 1, deleteSavedModel: () => {},
      runSavedModel: (id, inputs) => { if (inputs.length > 1) throw new Error(${JSON.stringify(text)}); return [{ id: 1 }]; },
    };`;
  const feeds = new Map([['x', f32([64, 1000], new Array<number>(64000).fill(0))]]);

  it.each([
    ['Session fail to run with error: bad value {{node e0/n2.exp.7/Exp_3}}', 'engine-failed', 'exp (a.mm:7)'],
    [
      'OOM when allocating tensor with shape[64,1000] {{node e0/n1.add.7/AddV2_3}}',
      'memory-exhausted',
      'ran out of memory',
    ],
  ])('whose step fails with %s names the line', async (text, code, words) => {
    // Two feeds, so that the run is told from the writing of weights.
    const engine = await installed(
      'binding.cjs',
      failing(text).replace('inputs.length > 1', 'inputs.length > 0 && ++globalThis.calls > 1'),
    );
    (globalThis as { calls?: number }).calls = 0;
    const session = await openNew(engine);
    await session.write(new Map([['w', f32([1000], new Array<number>(1000).fill(0))]]));
    const found = await told(session.run('train', feeds));
    expect(found.code).toBe(code);
    expect(found.message).toContain(words);
    if (code === 'engine-failed') expect(found.span?.line).toBe(7);
  });
});

describe('what an engine refuses', () => {
  it('is told with its name and line before anything runs', async () => {
    const found = await told(open(createOnnxEngine(), plan('bf16')));
    expect(found).toMatchObject({ code: 'engine-refuses', span: { line: 7 } });
    expect(found.message).toContain('w in bf16');
    expect(found.message).toContain('onnxruntime-node has no tensors of bf16');
    expect(found.help).toContain('keep them in f32');
  });

  it('is more constants than one message holds', async () => {
    const given = plan();
    // Nobody reads the values: their number is what counts.
    const values = new Array<number>(2 ** 29);
    const literal = { op: 'literal', inputs: [], outputs: [], attrs: { values }, regions: [], span: line(3) };
    const graph = { ...given.graph, nodes: [...given.graph.nodes, literal] } as Plan['graph'];
    const found = await told(open(createOnnxEngine(), { ...given, graph }));
    expect(found).toMatchObject({ code: 'engine-refuses', span: { line: 3 } });
    expect(found.message).toContain('2 GB');
  });

  it('is nothing of a plain plan', async () => {
    await (await open(createOnnxEngine(), plan())).close();
  });
});

describe('memory', () => {
  const engine = createReferenceEngine({ precision: 'f32' });

  it('that a plan exceeds is told before anything runs, with a batch that fits', async () => {
    const found = await told(open(engine, plan(), 400_000));
    expect(found.code).toBe('memory-exhausted');
    expect(found.message).toContain('needs about 0.000772 GB');
    // (400,000 − 4,000) / 768,000 of 64 rows are 33; a power of two at most half.
    expect(found.help).toContain('--batch 32');
  });

  it('that no batch fits says so', async () => {
    expect((await told(open(engine, plan(), 4_000))).help).toContain('no batch fits');
  });

  it('that ends in a run gives half the batch', async () => {
    const failing: Engine = {
      ...engine,
      open: async () => ({
        run: async () => Promise.reject(new EngineFailure('memory', 'std::bad_alloc')),
        write: async () => undefined,
        read: async () => new Map(),
        close: async () => undefined,
      }),
    };
    const session = await open(failing, plan());
    const found = await told(session.run('train', new Map()));
    expect(found.message).toContain('ran out of memory while running train');
    expect(found.help).toContain('--batch 32');
  });
});

describe('a training whose engine fails', () => {
  it.each(['memory', 'run'] as const)(
    'for %s keeps its checkpoint and goes on to the same bits',
    async reason => {
      const whole = freshFolder();
      await trainStage(toyOptions(whole));
      const dir = freshFolder();
      const broken = toyEngine({
        beforeStep: step => {
          if (step === 13) throw new EngineFailure(reason, 'it ended', { name: 'mul', span: line(4) });
          return undefined;
        },
      });
      const found = await told(trainStage(toyOptions(dir, { engine: guarded(broken, () => 1e12) })));
      expect(found.code).toBe(reason === 'memory' ? 'memory-exhausted' : 'engine-failed');
      if (reason === 'run') {
        expect(found.message).toContain('toy failed while running train, at mul (a.mm:4): it ended');
        expect(found.help).toContain('--resume');
      }
      const { last } = stageFolder(dir, 'fit');
      expect(readCheckpoint(last)!.info.step).toBe(10);
      await trainStage(toyOptions(dir));
      const hash = (of: string): string => hashTensors(readCheckpoint(stageFolder(of, 'fit').last)!.tensors);
      expect(hash(dir)).toBe(hash(whole));
    },
  );
});

describe('the first wrong value', () => {
  const entry = (make: (b: ReturnType<typeof createBuilder>, x: number, w: number) => number) => {
    const b = createBuilder('train', ops);
    const x = b.input('x', 'feed', { dtype: 'f32', shape: [4, 3] });
    const w = b.input('w', 'weight', { dtype: 'f32', shape: [3] });
    b.span = line(5);
    b.output('loss', 'fetch', make(b, x, w));
    return {
      name: 'train',
      plan: planOf(b.finish()),
      batches: [batchSpec(4)],
      scalars: [],
      fetches: ['loss'],
    };
  };
  const held =
    (...values: readonly number[]) =>
    () =>
      new Map([['w', f32([3], values)]]);
  const feeds = (at: number): ReadonlyMap<string, HostTensor> =>
    new Map([['x', f32([4, 3], [1, 2, 3, 4, 5, 6, at, 8, 9, 10, 11, 12])]]);
  const logOf = entry((b, x, w) => b.one('exp', [b.one('log', [b.one('mul', [x, w])])]));

  it('is of the data where it came with it, and else a line of the spec', () => {
    expect(firstWrong(logOf, feeds(Number.NaN), held(1, 1, 1))).toEqual({
      words: 'NaN in x, row 3 of the batch',
      inData: true,
    });
    expect(firstWrong(logOf, feeds(1), held(1, -1, 1))).toEqual({
      words: 'what log (a.mm:5) gives',
      inData: false,
    });
    expect(firstWrong(logOf, feeds(1), held(1, 1, 1))).toBeUndefined();
  });

  it('is not a mask of −∞', () => {
    const masked = entry((b, x, w) => {
      const mask = b.constant(Number.NEGATIVE_INFINITY);
      const scores = b.one('add', [b.one('mul', [x, w]), mask]);
      return b.one('exp', [b.one('sub', [scores, scores])]);
    });
    expect(firstWrong(masked, feeds(1), held(1, 1, 1))?.words).toBe('what sub (a.mm:5) gives');
  });
});
