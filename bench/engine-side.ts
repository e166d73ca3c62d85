// Our side of a benchmark: a session's train entry, step after step, as the training loop drives it.

import type { Session } from '../src/backends/engine.ts';
import type { HostTensor } from '../src/base/tensor.ts';
import type { AdamW } from '../src/compiler/program.ts';
import type { Side } from './benchmark.ts';

const scalar = (value: number): HostTensor => ({ dtype: 'f32', shape: [], data: Float32Array.of(value) });

const whole = (value: number): HostTensor => ({ dtype: 'i32', shape: [], data: Int32Array.of(value) });

export const peakRate = ({ rate }: AdamW): number => (rate.kind === 'constant' ? rate.rate : rate.peak);

/** The settings of torch.optim.AdamW. */
export const torchAdamw = (optimizer: AdamW) => ({
  lr: peakRate(optimizer),
  betas: [optimizer.beta1, optimizer.beta2],
  eps: optimizer.epsilon,
  weight_decay: optimizer.decay,
});

/** Runs at the optimizer's peak rate; `scalars` are those that the entry takes. */
export function engineSide(
  session: Session,
  optimizer: AdamW,
  scalars: readonly string[],
  feeds: (step: number) => ReadonlyMap<string, HostTensor>,
): Side {
  const { beta1, beta2 } = optimizer;
  let done = 0;
  return {
    async run(steps) {
      const seconds: number[] = [];
      const losses: number[] = [];
      for (let i = 0; i < steps; i++) {
        const started = performance.now();
        const scalarFeeds: readonly (readonly [string, HostTensor])[] = [
          ['rate', scalar(peakRate(optimizer))],
          ['seed', whole(1)],
          ['step', whole(done + 1)],
          ['correction1', scalar(1 - beta1 ** (done + 1))],
          ['correction2', scalar(1 - beta2 ** (done + 1))],
        ];
        const given = scalarFeeds.filter(([name]) => scalars.includes(name));
        const fetched = await session.run('train', new Map([...feeds(done), ...given]));
        seconds.push((performance.now() - started) / 1000);
        losses.push(fetched.get('loss')?.data[0] ?? Number.NaN);
        done++;
      }
      return { seconds, losses };
    },
    close: () => session.close(),
  };
}
