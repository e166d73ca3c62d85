// The layers of gpt-4x256 and a step of Adam in stock TensorFlow.js, to count what it runs.

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';

/** A view of the same memory, which no GPU works for. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Identity', 'ExpandDims']);

/** The kernels of one train step, by TensorFlow.js's names. */
export async function tfjsKernels(depth: number, heads: number): Promise<readonly string[]> {
  await tf.setBackend('cpu');
  const [batch, tokens, width, vocabulary] = [2, 4, 4 * heads, 16];
  const weight = (shape: number[]): tf.Variable => tf.variable(tf.randomNormal(shape, 0, 0.02, 'float32', 1));
  const linear = (from: number, to: number) => {
    const [matrix, bias] = [weight([from, to]), weight([to])];
    return (x: tf.Tensor): tf.Tensor =>
      tf.add(tf.matMul(tf.reshape(x, [batch * tokens, from]), matrix), bias);
  };
  const norm = () => {
    const [scale, shift] = [weight([width]), weight([width])];
    return (x: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(x, -1, true);
      const centred = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(centred, scale), shift);
    };
  };
  const gelu = (x: tf.Tensor): tf.Tensor => {
    const cube = tf.mul(tf.mul(x, x), x);
    const inner = tf.mul(tf.add(x, tf.mul(cube, 0.044715)), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  };
  const hidden = tf.tensor(
    Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -1e9 : 0)),
    [tokens, tokens],
  );
  const attention = () => {
    const [q, k, v, out] = [
      linear(width, width),
      linear(width, width),
      linear(width, width),
      linear(width, width),
    ];
    const split = (x: tf.Tensor): tf.Tensor =>
      tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
    return (x: tf.Tensor): tf.Tensor => {
      const [a, b, c] = [split(q(x)), split(k(x)), split(v(x))];
      const scores = tf.add(tf.mul(tf.matMul(a, b, false, true), (width / heads) ** -0.5), hidden);
      return out(tf.transpose(tf.matMul(tf.softmax(scores), c), [0, 2, 1, 3]));
    };
  };
  const blocks = Array.from({ length: depth }, () => {
    const parts = {
      norm1: norm(),
      attention: attention(),
      norm2: norm(),
      up: linear(width, 4 * width),
      down: linear(4 * width, width),
    };
    return (h: tf.Tensor): tf.Tensor => {
      const mixed = tf.add(h, parts.attention(parts.norm1(h)));
      return tf.add(mixed, parts.down(gelu(parts.up(parts.norm2(mixed)))));
    };
  });
  const [token, position, last, head] = [
    weight([vocabulary, width]),
    weight([tokens, width]),
    norm(),
    linear(width, vocabulary),
  ];
  const ids = tf.tensor(
    Array.from({ length: batch * tokens }, (_, i) => (5 * i) % vocabulary),
    [batch, tokens],
    'int32',
  );
  const targets = tf.oneHot(tf.reshape(ids, [batch * tokens]), vocabulary);
  const loss = (): tf.Scalar => {
    let h = tf.reshape(tf.add(tf.gather(token, ids), position), [batch * tokens, width]);
    for (const block of blocks) h = block(h);
    return tf.losses.softmaxCrossEntropy(targets, head(last(h))) as tf.Scalar;
  };
  const adam = tf.train.adam(1e-3);
  const step = (): void => {
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss);
      adam.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      value.dataSync();
    });
  };
  // The first step makes the moments.
  step();
  const { kernels } = await tf.profile(step);
  return kernels.map(k => k.name).filter(name => !views.has(name));
}
