// States in training: what they hold after steps, on both engines, in copies, in parts that learn and that don't.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../../src/backends/onnx/engine.ts';
import type { HostTensor } from '../../../src/base/tensor.ts';
import { minimizing } from '../../minimizing.ts';
import { checkSpec } from './check-spec.ts';
import { bitsOf, compiled, reference, takeSteps } from './toy-run.ts';

const clauses = 'optimizer adamw(rate: 0.1)\n    steps 10';

/** Values centred by a running mean, and a teacher that follows. */
const spec = `/// x less its running mean; while learning less its batch's.
block centered(x: float[N..., D], momentum: number = 0.1) -> float[N..., D] {
  param shift: float[D] = zeros()
  state center: float[D] = constant(0.5)
  let m = mean(x, axis: 0)
  update center = (1 - momentum) * center + momentum * m
  return x - (m when learning else center) + shift
}

model Centered {
  modality caption: Text(tokenizer: bpe(300), length: 6)
  state steps: index(3) = 2
  state most: float = 0

  encoder read(c: caption[N..., T]) -> float[N..., 4] {
    return embedding(c.ids, width: 4) |> centered() |> dropout(rate: 0.5) |> mean(axis: -2)
  }
  part slow = copy read by ema(0.75)
  part once = linear(out: 4, bias: false)

  objective near(caption: caption[B], score: float[B]) {
    update steps = steps
    update most = max(most, max(score))
    return mean(square(sum(read(caption), axis: -1) - score)) + mean(square(read(caption) - stop(slow(caption)) - 1))
  }
  objective twice(left: caption[B], right: caption[B], score: float[B]) {
    let both = centered_part(once(read(left))) + centered_part(once(read(right)))
    return mean(square(sum(both, axis: -1) - score))
  }
  part centered_part = centered(momentum: 0.5)

  stage learn { minimize near on a.train batch 5  train all  ${clauses} }
  stage head from learn { minimize twice on a.train batch 5  freeze read  train rest  ${clauses} }
}
`.replace('  objective twice', '  objective twice');

const numbers = (t: HostTensor | undefined): number[] => [...(t?.data ?? [])];

describe('a stage with states', () => {
  test('reports no mistake', () => {
    expect(checkSpec(spec).rendered).toBe('');
  });

  test('renews those of parts that learn, and copies of what it trains', () => {
    const { stage } = compiled(spec);
    const { renewed, weights } = minimizing(stage('learn', reference().target));
    expect(renewed).toEqual([
      'most',
      'read.centered.center',
      'slow.centered.center',
      'slow.centered.shift',
      'slow.embedding.weight',
      'steps',
    ]);
    expect(weights.filter(w => w.kind === 'state').map(w => w.path)).toEqual([...renewed].sort());
    expect(minimizing(stage('head', reference().target)).renewed).toEqual(['centered_part.center']);
  });

  test('a copy follows the weights that the step made', async () => {
    const program = minimizing(compiled(spec).stage('learn', reference().target));
    const { before, weights } = await takeSteps(program, reference());
    for (const path of ['embedding.weight', 'centered.shift', 'centered.center']) {
      const old = numbers(before.get(`slow.${path}`));
      expect(old).toEqual(numbers(before.get(`read.${path}`)));
      const now = numbers(weights.get(`read.${path}`));
      const expected = old.map((v, i) => expect.closeTo(0.75 * v + 0.25 * (now[i] ?? 0), 6));
      expect(numbers(weights.get(`slow.${path}`))).toEqual(expected);
    }
  });

  test('a state keeps what an update gave, whole numbers too', async () => {
    const program = minimizing(compiled(spec).stage('learn', reference().target));
    const { weights } = await takeSteps(program, reference(), { steps: 3 });
    expect(numbers(weights.get('steps'))).toEqual([2]);
    expect(numbers(weights.get('most'))[0]).toBeGreaterThan(0);
  });

  test('what is frozen reads its running value and keeps it', async () => {
    const program = minimizing(compiled(spec).stage('head', reference().target));
    expect(program.train.plan.graph.inputs.map(i => `${i.role} ${i.name}`)).toContain(
      'state read.centered.center',
    );
    const { before, weights } = await takeSteps(program, reference(), { steps: 2 });
    expect(bitsOf(weights.get('read.centered.center'))).toEqual(bitsOf(before.get('read.centered.center')));
  });

  test('gives the same on onnx', async () => {
    for (const name of ['learn', 'head']) {
      const [a, b] = await Promise.all(
        [reference(), createOnnxEngine()].map(engine =>
          takeSteps(minimizing(compiled(spec).stage(name, engine.target)), engine, { steps: 5 }),
        ),
      );
      for (const [i, loss] of (a?.losses ?? []).entries()) expect(b?.losses[i]).toBeCloseTo(loss, 4);
      for (const [path, weight] of a?.weights ?? [])
        for (const [i, v] of numbers(weight).entries())
          expect(numbers(b?.weights.get(path))[i], path).toBeCloseTo(v, 4);
    }
  });

  test('what dropped positions hold changes no state', async () => {
    const program = minimizing(compiled(spec).stage('learn', reference().target));
    const expected = await takeSteps(program, reference(), { dropped: 0, steps: 2 });
    const found = await takeSteps(program, reference(), { dropped: 17, steps: 2 });
    for (const [path, weight] of expected.weights)
      expect(bitsOf(found.weights.get(path)), path).toEqual(bitsOf(weight));
  });
});

/** Two calls of a part in one step, by their inputs. */
const calls = (body: string): string => `model Calls {
  modality picture: Image(height: 1, width: 2)
  block drift(x: float[N..., D]) -> float[N..., D] {
    let y = linear(x, out: D)
    state last: float[D] = constant(3)
    update last = 0.5 * last + mean(x, axis: 0)
    ${body}
  }
  part drifting = drift()
  objective close(one: picture[B], two: picture[B]) {
    let a = drifting(mean(one.pixels, axis: [-3, -2]))
    let b = drifting(mean(two.pixels, axis: [-3, -2]))
    return mean(square(a)) + mean(square(b))
  }
  stage fit { minimize close on a.train batch 2  train all  ${clauses} }
}
`;

describe('a part called twice in one step', () => {
  const pixels = (value: number): HostTensor => ({
    dtype: 'f32',
    shape: [2, 1, 2, 3],
    data: new Float32Array(12).fill(value),
  });
  const feeds = new Map<string, HostTensor>([
    ['b0/keep', { dtype: 'bool', shape: [2], data: new Uint8Array([1, 1]) }],
    ['b0/one.pixels', pixels(1)],
    ['b0/two.pixels', pixels(10)],
  ]);

  test('goes on from what its first call left', async () => {
    const program = minimizing(compiled(calls('return y')).stage('fit', reference().target));
    const { weights } = await takeSteps(program, reference(), { feeds });
    expect(numbers(weights.get('drifting.last'))).toEqual([11.25, 11.25, 11.25]);
  });

  test('each call reads the state as it was before it', async () => {
    const program = minimizing(compiled(calls('return y * 0 + last')).stage('fit', reference().target));
    const { losses } = await takeSteps(program, reference(), { feeds });
    expect(losses[0]).toBeCloseTo(3 * 3 + 2.5 * 2.5, 5);
  });

  test('sends no gradient through the update of the first', () => {
    const spec = calls('return 0 * x + last').replace(
      'update last = 0.5 * last + mean(x',
      'update last = 0.5 * last + mean(y',
    );
    expect(checkSpec(spec).codes).toEqual(['dead-objective']);
  });
});

describe('a copy', () => {
  test('has its own of all that its original reads, of the model too', async () => {
    const text = `model Copies {
  modality picture: Image(height: 2, width: 2)
  param temperature: float = 2
  encoder look(p: picture[N...]) -> float[N..., 3] {
    return mean(p.pixels, axis: [-3, -2]) |> linear(out: 3)
  }
  encoder scaled(p: picture[N...]) -> float[N..., 3] { return temperature * look(p) }
  part slow = copy scaled by ema(0.5)
  objective near(picture: picture[B]) {
    return mean(square(scaled(picture) - 1)) + mean(square(slow(picture)))
  }
  stage fit { minimize near on a.train batch 2  train all  optimizer sgd(rate: 0.1)  steps 2 }
}
`;
    const program = minimizing(compiled(text).stage('fit', reference().target));
    expect(program.renewed).toEqual(['slow.look.linear.bias', 'slow.look.linear.weight', 'slow.temperature']);
    expect(program.trained).toEqual(['look.linear.bias', 'look.linear.weight', 'temperature']);
    const { before, weights } = await takeSteps(program, reference());
    const [old, now, slow] = [
      before.get('temperature'),
      weights.get('temperature'),
      weights.get('slow.temperature'),
    ];
    expect(numbers(now)).not.toEqual(numbers(old));
    expect(numbers(slow)[0]).toBeCloseTo(((numbers(old)[0] ?? 0) + (numbers(now)[0] ?? 0)) / 2, 6);
  });
});
