// The benchmark gpt-4x256 on any engine.

import type { FloatDType } from '../src/base/dtype.ts';
import { randomStream } from '../src/base/random.ts';
import type { HostTensor } from '../src/base/tensor.ts';
import { elements } from '../src/base/tensor.ts';
import { graphCost } from '../src/compiler/cost.ts';
import { recompute } from '../src/compiler/recompute.ts';
import { schedule } from '../src/compiler/schedule.ts';
import { ops } from '../src/ops/registry.ts';
import type { Benchmark } from './benchmark.ts';
import { engineSide, torchAdamw } from './engine-side.ts';
import { gpt, gptOptimizer, gptTrainStep } from './gpt-graph.ts';
import { kernelsOf } from './spec-start.ts';

const batches = 8;

export const gptBenchmark = (precision: FloatDType): Benchmark => ({
  name: precision === 'f32' ? 'gpt-4x256' : `gpt-4x256/${precision}`,
  samplesPerStep: gpt.batch,
  twin: 'gpt_4x256',
  precision,
  peers: [
    'pytorch eager f32',
    'pytorch compile f32',
    'pytorch eager bf16',
    'pytorch compile bf16',
    'jax jit f32',
  ],
  draws: false,
  async start({ engine, threads, memory }) {
    const started = performance.now();
    const { graph: kept, weights } = gptTrainStep(engine.target, precision);
    const graph = memory === undefined ? kept : recompute(kept, engine.target, ops, memory).graph;
    const plan = schedule(graph, engine.target, []);
    const compileSeconds = (performance.now() - started) / 1000;
    const initial = new Map<string, HostTensor>(
      weights.map(({ name, shape, initial }) => {
        const draws = randomStream(1, name);
        const values = Float32Array.from({ length: elements(shape) }, (_, i) =>
          'value' in initial ? initial.value : initial.std * draws.normal(i),
        );
        return [name, { dtype: 'f32', shape, data: values }];
      }),
    );
    const moments = graph.inputs.flatMap(({ id, name, role }) => {
      if (role !== 'moment') return [];
      const shape = (graph.types[id]?.shape ?? []).map(Number);
      return [[name, { dtype: 'f32' as const, shape, data: new Float32Array(elements(shape)) }] as const];
    });
    const opening = performance.now();
    const session = await engine.open(new Map([['train', plan]]), { threads });
    const engineSeconds = (performance.now() - opening) / 1000;
    await session.write(new Map([...initial, ...moments]));
    // Text that can be learned: each token is the last one plus a small step.
    const data = Array.from({ length: batches }, (_, i) => sequences(i));
    const ours = engineSide(session, gptOptimizer, ['rate', 'correction1', 'correction2'], step => {
      const ids = data[step % batches]!;
      return new Map([
        ['ids', columns(ids, 0)],
        ['targets', columns(ids, 1)],
      ]);
    });
    const tensors = new Map([...initial, ...data.map((ids, i) => [`batch${i}`, ids] as const)]);
    const built = {
      compileSeconds,
      engineSeconds,
      kernels: kernelsOf(engine, { plan }),
      bytes: graphCost(graph, ops).bytes,
      plannedBytes: plan.peakBytes,
    };
    return { ours, tensors, settings: { adamw: torchAdamw(gptOptimizer) }, built };
  },
});

function sequences(batch: number): HostTensor {
  const draws = randomStream(1, 'batch', String(batch));
  const shape = [gpt.batch, gpt.tokens + 1];
  const data = new Int32Array(elements(shape));
  for (let row = 0; row < gpt.batch; row++) {
    let token = draws.below(row * (gpt.tokens + 1), gpt.vocabulary);
    for (let t = 0; t <= gpt.tokens; t++) {
      const at = row * (gpt.tokens + 1) + t;
      data[at] = token;
      token = (token + draws.below(at + 1, 8)) % gpt.vocabulary;
    }
  }
  return { dtype: 'i32', shape, data };
}

/** Tokens `from` … `from + tokens` of each row. */
function columns(ids: HostTensor, from: number): HostTensor {
  const width = gpt.tokens + 1;
  const data = new Int32Array(gpt.batch * gpt.tokens);
  for (let row = 0; row < gpt.batch; row++)
    for (let t = 0; t < gpt.tokens; t++) data[row * gpt.tokens + t] = ids.data[row * width + from + t]!;
  return { dtype: 'i32', shape: [gpt.batch, gpt.tokens], data };
}
