// Convolutions on NHWC and their gradients by a thread for each element of the result.

import { inputType, intsAttr, outputType, product } from '../node-query.ts';
import {
  groupIndex,
  type Kernel,
  type KernelQuery,
  type KernelRule,
  kernel,
  mostThreads,
  spread,
} from './kernel.ts';

/** x[N, H, W, C], w[KH, KW, C, O], y[N, OH, OW, O] as constants. */
const sizes = (x: readonly number[], w: readonly number[], y: readonly number[], q: KernelQuery): string => {
  const [strides, low] = [intsAttr(q, 'strides'), intsAttr(q, 'low')];
  const named: readonly (readonly [string, number | undefined])[] = [
    ['N', x[0]],
    ['H', x[1]],
    ['W', x[2]],
    ['C', x[3]],
    ['KH', w[0]],
    ['KW', w[1]],
    ['O', w[3]],
    ['OH', y[1]],
    ['OW', y[2]],
    ['SH', strides[0]],
    ['SW', strides[1]],
    ['TOP', low[0]],
    ['LEFT', low[1]],
  ];
  return named.map(([name, value]) => `const ${name} = ${value ?? 1};\n`).join('');
};

function perElement(
  q: KernelQuery,
  name: string,
  constants: string,
  names: readonly [string, string, string],
  text: string,
): readonly Kernel[] {
  const count = product(outputType(q).shape);
  const groups = Math.ceil(count / mostThreads);
  const [a, b, out] = names;
  const same = q.inputs[0] === q.inputs[1];
  return [
    kernel({
      name,
      reads: [
        { name: a, slot: q.inputs[0]!, element: 'f32' },
        ...(same ? [] : [{ name: b, slot: q.inputs[1]!, element: 'f32' } as const]),
      ],
      writes: [{ name: out, slot: q.results[0]!, element: 'f32' }],
      body: `${constants}@compute @workgroup_size(${mostThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let at = ${groupIndex(groups)} * ${mostThreads}u + lane;
  if (at >= ${count}u) { return; }
  let i = i32(at);
  var sum = 0.0;
${same ? text.replaceAll(`${b}[`, `${a}[`) : text}  ${out}[at] = sum;
}
`,
      workgroups: spread(groups),
    }),
  ];
}

/** y(n, oh, ow, o) = Σ x(n, oh·SH + kh − TOP, ow·SW + kw − LEFT, c) · w(kh, kw, c, o) */
const conv2d: KernelRule = q =>
  perElement(
    q,
    'conv2d',
    sizes(inputType(q, 0).shape, inputType(q, 1).shape, outputType(q).shape, q),
    ['x', 'w', 'y'],
    `  let o = i % O;
  let ow = i / O % OW;
  let oh = i / O / OW % OH;
  let n = i / O / OW / OH;
  for (var kh = 0; kh < KH; kh++) {
    let h = oh * SH + kh - TOP;
    if (h < 0 || h >= H) { continue; }
    for (var kw = 0; kw < KW; kw++) {
      let v = ow * SW + kw - LEFT;
      if (v < 0 || v >= W) { continue; }
      for (var c = 0; c < C; c++) {
        sum += x[((n * H + h) * W + v) * C + c] * w[((kh * KW + kw) * C + c) * O + o];
      }
    }
  }
`,
  );

/** dx(n, h, v, c) = Σ dy(n, oh, ow, o) · w(kh, kw, c, o) over the windows that hold (h, v) */
const inputGrad: KernelRule = q =>
  perElement(
    q,
    'conv2d_input_grad',
    sizes(outputType(q).shape, inputType(q, 1).shape, inputType(q, 0).shape, q),
    ['dy', 'w', 'dx'],
    `  let c = i % C;
  let v = i / C % W;
  let h = i / C / W % H;
  let n = i / C / W / H;
  for (var kh = 0; kh < KH; kh++) {
    let up = h + TOP - kh;
    if (up < 0 || up % SH != 0 || up / SH >= OH) { continue; }
    for (var kw = 0; kw < KW; kw++) {
      let left = v + LEFT - kw;
      if (left < 0 || left % SW != 0 || left / SW >= OW) { continue; }
      for (var o = 0; o < O; o++) {
        sum += dy[((n * OH + up / SH) * OW + left / SW) * O + o] * w[((kh * KW + kw) * C + c) * O + o];
      }
    }
  }
`,
  );

/** dw(kh, kw, c, o) = Σ x(n, oh·SH + kh − TOP, ow·SW + kw − LEFT, c) · dy(n, oh, ow, o) */
const weightGrad: KernelRule = q =>
  perElement(
    q,
    'conv2d_weight_grad',
    sizes(inputType(q, 0).shape, outputType(q).shape, inputType(q, 1).shape, q),
    ['x', 'dy', 'dw'],
    `  let o = i % O;
  let c = i / O % C;
  let kw = i / O / C % KW;
  let kh = i / O / C / KW;
  for (var n = 0; n < N; n++) {
    for (var oh = 0; oh < OH; oh++) {
      let h = oh * SH + kh - TOP;
      if (h < 0 || h >= H) { continue; }
      for (var ow = 0; ow < OW; ow++) {
        let v = ow * SW + kw - LEFT;
        if (v < 0 || v >= W) { continue; }
        sum += x[((n * H + h) * W + v) * C + c] * dy[((n * OH + oh) * OW + ow) * O + o];
      }
    }
  }
`,
  );

export const convolutions = {
  conv2d,
  conv2d_input_grad: inputGrad,
  conv2d_weight_grad: weightGrad,
} as const satisfies Readonly<Record<string, KernelRule>>;
