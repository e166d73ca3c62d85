// Our side of a benchmark: a session's train entry, step after step, as the training loop drives it.

import type { Session } from '../src/backends/engine.ts';
import type { HostTensor } from '../src/base/tensor.ts';
import type { OptimizerSpec } from '../src/compiler/program.ts';
import type { Side } from './benchmark.ts';

const scalar = (value: number): HostTensor => ({ dtype: 'f32', shape: [], data: Float32Array.of(value) });

export function engineSide(
  session: Session,
  optimizer: OptimizerSpec,
  feeds: (step: number) => ReadonlyMap<string, HostTensor>,
): Side {
  const { rate, beta1, beta2 } = optimizer;
  const peak = rate.kind === 'constant' ? rate.rate : rate.peak;
  let done = 0;
  return {
    async run(steps) {
      const seconds: number[] = [];
      const losses: number[] = [];
      for (let i = 0; i < steps; i++) {
        const started = performance.now();
        const fetched = await session.run(
          'train',
          new Map([
            ...feeds(done),
            ['rate', scalar(peak)],
            ['correction1', scalar(1 - beta1 ** (done + 1))],
            ['correction2', scalar(1 - beta2 ** (done + 1))],
          ]),
        );
        seconds.push((performance.now() - started) / 1000);
        losses.push(fetched.get('loss')?.data[0] ?? Number.NaN);
        done++;
      }
      return { seconds, losses };
    },
    close: () => session.close(),
  };
}
