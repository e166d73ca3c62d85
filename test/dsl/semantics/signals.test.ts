// Recordings and videos as modalities: their sizes from exact units, their padding, frames as pictures.

import { describe, expect, test } from 'vitest';
import { minimizing } from '../../minimizing.ts';
import { checkSpec } from './check-spec.ts';
import { compiled, reference, takeSteps } from './toy-run.ts';

const body = `
  encoder hear(s: speech[N..., T]) -> float[N..., 4] { return linear(s.features, out: 4) |> mean(axis: -2) }
  objective close(speech: speech[B, T], y: float[B]) { return mean(square(sum(hear(speech), axis: -1) - y)) }
  stage fit { minimize close on a.train batch 3  train all  optimizer adamw(rate: 1e-3)  steps 4 }
}`;
const model = (audio: string): string => `model Hear {\n  modality speech: ${audio}${body}`;

/** The shapes of what feeds the only batch of a model, by component. */
function shapesOf(spec: string): Readonly<Record<string, readonly number[]>> {
  const { train } = minimizing(compiled(spec).stage('fit', reference().target, { measures: false }));
  const feeds = train.batches.flatMap(b => b.fields.flatMap(f => f.feeds));
  return Object.fromEntries(feeds.map(f => [f.component, f.shape]));
}

describe('sizes', () => {
  test.each([
    ['log_mel(bands: 80, window: 25ms, hop: 10ms)', [3, 1000, 80]],
    ['mfcc(coefficients: 13, window: 25ms, hop: 10ms)', [3, 1000, 13]],
    ['log_mel(bands: 8, window: 25ms, hop: 10ms, edges: whole)', [3, 998, 8]],
    ['log_mel(bands: 8, window: 25ms, hop: 12.5ms)', [3, 800, 8]],
    ['log_mel(bands: 8, window: 400 / 16kHz, hop: 25ms * 2 / 5)', [3, 1000, 8]],
    [
      'log_mel(bands: 8, window: 1s / 40, hop: 10ms) when 2ms < 0.003s else mfcc(coefficients: 1, window: 2ms, hop: 1s)',
      [3, 1000, 8],
    ],
  ])('%s', (features, shape) => {
    const shapes = shapesOf(model(`Audio(rate: 16kHz, length: 10s, features: ${features})`));
    expect(shapes).toEqual({ features: shape, keep: shape.slice(0, 2), value: [3] });
  });

  test('a waveform, where no features are asked for', () => {
    const spec = model('Audio(rate: 8kHz, length: 0.5s)').replace(
      'linear(s.features, out: 4) |> mean(axis: -2)',
      'linear(mean(s.samples, axis: -1)[..., new], out: 4)',
    );
    expect(shapesOf(spec)).toEqual({ samples: [3, 4000], keep: [3, 4000], value: [3] });
  });

  test('numbers of a modality, by its name and by a field of its name', () => {
    const sizes = 'Audio(rate: 16kHz, length: 1s, features: log_mel(bands: 8, window: 25ms, hop: 10ms))';
    const spec = model(sizes).replace(
      '- y',
      '- y * speech.max * speech.channels / (100 * 8) * (speech.rate * 1s / 16000)',
    );
    expect(checkSpec(spec).rendered).toBe('');
    const wrong = checkSpec(spec.replace('speech.channels', 'speech.bands'));
    expect(wrong.rendered).toContain('it has features, max, channels, rate');
  });
});

describe('settings', () => {
  const inMel = (setting: string): string =>
    model(`Audio(rate: 16kHz, length: 1s, features: log_mel(bands: 8, window: 25ms, hop: 10ms, ${setting}))`);
  test.each([
    [inMel('fft: 256'), 'fft of log_mel must be even and at least the window, 400 samples; it is 256'],
    [inMel('fft: 401'), 'must be even'],
    [inMel('high: 9kHz'), 'high of log_mel is at most half the rate, 8000Hz; it is 9000Hz'],
    [inMel('low: 8kHz'), 'low of log_mel must be less than high'],
    [inMel('scale: slany'), 'did you mean slaney?'],
    [inMel('scale: "htk"'), 'scale of log_mel is one of slaney, htk'],
    [inMel('low: 20ms'), 'low of log_mel must be a frequency'],
    [inMel('power: 3'), 'power of log_mel must be at most 2'],
    [
      model('Audio(rate: 16000, length: 1s)'),
      'rate of Audio must be a frequency, as 16kHz; this is the number 16000',
    ],
    [model('Audio(rate: 16kHz, length: -1s)'), 'length of Audio must be more than 0; it is -1s'],
    [model('Audio(rate: 16.0005kHz, length: 1s)'), 'rate of Audio must be a whole number of hertz'],
    [model('Audio(rate: 16kHz, length: 2000s)'), 'the limit is 16777216'],
    [model('Audio(rate: 16kHz)'), 'Audio needs length: time'],
    [model('Audio'), 'Audio needs rate: frequency'],
    ['model M { modality clip: Video }', 'Video needs frames: number'],
    ['model M { modality picture: Image }', 'Image needs height: number'],
    ['model M { modality text: Text }', 'Text needs length: number'],
    [
      model('Audio(rate: 16kHz, length: 1s, features: mel(bands: 8))'),
      'there is no kind of features named mel',
    ],
    [
      model('Audio(rate: 16kHz, length: 1s, features: mfcc(coefficients: 41, window: 25ms, hop: 10ms))'),
      'at most the number of bands',
    ],
    [model('Audio(rate: 16kHz, length: 1s, longer: stretch)'), 'longer of Audio is one of cut, refuse'],
    [
      'model M { modality clip: Video(frames: 4, height: 8, width: 8, rate: 4) }',
      'rate of Video must be a frequency',
    ],
    [
      'model M { modality clip: Video(frames: 4, height: 8, width: 8, rate: 4kHz) }',
      'from 0.001fps to 1000fps; it is 4kHz',
    ],
  ])('%#', (spec, says) => {
    expect(checkSpec(spec).rendered).toContain(says);
  });

  test('powers and products that are built to explode are refused', () => {
    const tall = `block b(x: float[N...]) { return x * ((${Array(200).fill('1e300s').join(' * ')}) / 1s) }`;
    expect(checkSpec(tall).codes).toEqual(['too-large']);
    expect(checkSpec('block b(x: float[N...]) { return x * (1s ^ 1000) }').rendered).toContain(
      'from 1 to 64',
    );
    expect(checkSpec('block b(x: float[N...]) { return x * (1s / 0) }').rendered).toContain(
      'the divisor is 0',
    );
  });
});

describe('arithmetic of units', () => {
  test.each([
    ['25ms * 16kHz == 400', true],
    ['0.1s + 0.2s == 0.3s', true],
    ['1s // 30ms == 33 and 1s % 30ms == 10ms', true],
    ['-5ms < 0s and 4fps == 4Hz', true],
    ['1 / 20ms == 50Hz', true],
    ['(2s) ^ 3 / (4s * 2s) == 1s', true],
    ['44.1kHz * 10ms == 441', true],
    ['25ms * 16kHz == 401', false],
    ['1s / 3 * 3 == 1s', true],
  ])('%s', (condition, holds) => {
    const { codes } = checkSpec(`block b(x: float[N...]) {\n  require ${condition}\n  return x\n}`);
    expect(codes).toEqual(holds ? [] : ['requirement-failed']);
  });

  test('times and frequencies as parameters', () => {
    const block =
      'block count(x: float[N...], window: time = 25ms, rate: frequency = 16kHz) {\n  return x * (window * rate)\n}';
    expect(checkSpec(block).rendered).toBe('');
    const call = (args: string): string =>
      checkSpec(`${block}\nblock b(x: float[N...]) { return count(x, ${args}) }`).rendered;
    expect(call('window: 10ms')).toBe('');
    expect(call('window: 10')).toContain('window of count must be a time, as 25ms; this is the number 10');
    expect(call('rate: 10ms')).toContain(
      'rate of count must be a frequency, as 16kHz; this is the time 10ms',
    );
  });
});

const watch = (video: string): string => `model Watch {
  modality clip: ${video}
  modality picture: Image(height: 4, width: 4)
  encoder look(p: picture[N...]) -> float[N..., 6] { return patches(p.pixels, size: 2) |> linear(out: 6) |> mean(axis: -2) }
  encoder watch(c: clip[N..., F]) -> float[N..., 6] { return look(c.frames) |> positions(max: clip.max) |> mean(axis: -2) }
  objective close(clip: clip[B], y: float[B]) { return mean(square(sum(watch(clip), axis: -1) - y)) }
  stage fit { minimize close on a.train batch 3  train all  optimizer adamw(rate: 1e-2)  steps 4 }
}`;

describe('videos', () => {
  const right = watch('Video(frames: 5, height: 4, width: 4, rate: 4fps)');

  test('frames go through an encoder of pictures', () => {
    expect(shapesOf(right)).toEqual({ pixels: [3, 5, 4, 4, 3], keep: [3, 5], value: [3] });
  });

  test.each([
    [right.replace('look(c.frames)', 'look(c)'), 'a video has pictures in its field frames'],
    [watch('Video(frames: 5, height: 8, width: 4, rate: 4fps)'), 'it is 8 × 4, and picture 4 × 4'],
    [right.replace('c.frames', 'c.frame'), 'did you mean frames?'],
  ])('%#', (spec, says) => {
    expect(checkSpec(spec).rendered).toContain(says);
  });
});

test.each([
  [
    'recordings',
    model('Audio(rate: 1kHz, length: 0.1s, features: log_mel(bands: 8, window: 25ms, hop: 10ms))'),
  ],
  ['frames', watch('Video(frames: 5, height: 4, width: 4, rate: 4fps)')],
])('dropped %s change nothing, NaN neither', async (_, spec) => {
  const losses = async (dropped: number): Promise<readonly number[]> =>
    (
      await takeSteps(minimizing(compiled(spec).stage('fit', reference().target)), reference(), {
        dropped,
        steps: 3,
      })
    ).losses;
  const zero = await losses(0);
  expect(new Set(zero).size).toBe(3);
  expect(zero.every(Number.isFinite)).toBe(true);
  expect(await losses(7)).toEqual(zero);
  expect(await losses(Number.NaN)).toEqual(zero);
});
