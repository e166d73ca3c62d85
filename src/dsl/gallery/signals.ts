// Mistakes with recordings and videos, and with units of time and frequency.

import { block, type Mistake } from './base.ts';

const hear = `model Hear {
  modality speech: Audio(rate: 16kHz, length: 1s, features: log_mel(bands: 8, window: 25ms, hop: 10ms))
  modality clip: Video(frames: 4, height: 8, width: 8, rate: 4fps)
  modality picture: Image(height: 8, width: 8)
  labels Digit(10)

  encoder look(p: picture[N...]) -> float[N..., 12] {
    return patches(p.pixels, size: 4) |> mean(axis: -2) |> linear(out: 12)
  }
  encoder watch(c: clip[N..., F]) -> float[N..., 12] {
    return look(c.frames) |> positions(max: clip.max) |> mean(axis: -2)
  }
  encoder listen(s: speech[N..., T]) -> float[N..., 12] {
    return linear(s.features, out: 12) |> positions(max: speech.max) |> mean(axis: -2)
  }
  objective digits(speech: speech[B, T], clip: clip[B], digit: index(Digit)[B]) {
    return cross_entropy(linear(listen(speech) + watch(clip), out: Digit), digit)
  }

  stage tune {
    minimize digits on spoken.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 20
  }
}
`;

/** The right model with its only `was` replaced by `wrong`. */
function inHear(was: string, wrong: string): Pick<Mistake, 'wrong' | 'mended'> {
  const [before, after, more] = hear.split(was);
  if (before === undefined || after === undefined || more !== undefined)
    throw new Error(`"${was}" doesn't stand once in the model of signals`);
  return { wrong: `${before}${wrong}${after}`, mended: hear };
}

export const signals: readonly Mistake[] = [
  {
    name: 'a window that is no whole number of samples',
    code: 'not-whole-samples',
    why: 'A recording is cut at samples: a time that ends between two of them would have to be rounded, and every tool rounds in its own way.',
    says: '25.01ms at 16kHz are 400.16',
    ...inHear('window: 25ms', 'window: «25.01ms»'),
  },
  {
    name: 'a length between two samples',
    code: 'not-whole-samples',
    says: 'the nearest that are',
    ...inHear('length: 1s', 'length: «0.99999s»'),
  },
  {
    name: 'a time added to a frequency',
    code: 'units-differ',
    why: 'Seconds and hertz have no sum and no order; where both are meant, one of them is to be turned over.',
    says: 'the time 25ms and the frequency 16kHz',
    ...block(
      'block samples(x: float[N..., D]) {\n  let n = «25ms + 16kHz»\n  return x / n\n}',
      'block samples(x: float[N..., D]) {\n  let n = 25ms * 16kHz\n  return x / n\n}',
    ),
  },
  {
    name: 'a time compared with a plain number',
    code: 'units-differ',
    says: '> joins the time 20ms and the number 10',
    ...block(
      'block late(x: float[N..., D], by: time = 20ms) {\n  require «20ms > 10»\n  return x\n}',
      'block late(x: float[N..., D], by: time = 20ms) {\n  require 20ms > 10ms\n  return x\n}',
    ),
  },
  {
    name: 'two times multiplied',
    code: 'units-remain',
    why: 'Where a size or a factor is wanted, all units must have cancelled: what is left over is a mistake in the formula.',
    says: 'the time 10ms * the time 25ms is the quantity 0.00025 s^2',
    ...block(
      'block wide(x: float[N..., D]) {\n  return linear(x, «out: 10ms * 25ms»)\n}',
      'block wide(x: float[N..., D]) {\n  return linear(x, out: 10ms * 16kHz)\n}',
    ),
  },
  {
    name: 'milliseconds where samples are wanted',
    code: 'units-remain',
    says: 'max of positions is a plain number, and this is the time 1s',
    ...inHear('positions(max: speech.max)', 'positions(«max: 1s»)'),
  },
];
