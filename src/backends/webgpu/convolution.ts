// Convolutions over NHWC and their two adjoints as products whose operands are read where the window stands: nothing is
// unfolded in memory.

import { input, inputType, intsAttr, outputType } from '../node-query.ts';
import { bindings } from './bindings.ts';
import type { Kernel, KernelQuery, KernelRule } from './kernel.ts';
import { type Operand, productKernels } from './product.ts';

type Shape = readonly number[];

/** x[N, H, W, C], w[KH, KW, C, O], y[N, OH, OW, O]. */
interface Window {
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly strides: Shape;
  readonly low: Shape;
}

const windowOf = (q: KernelQuery, x: Shape, w: Shape, y: Shape): Window => ({
  x,
  w,
  y,
  strides: intsAttr(q, 'strides'),
  low: intsAttr(q, 'low'),
});

/** The index into x of `n`, `c` and the pixel under output (oh, ow) and kernel position (kh, kw); else 0 is returned. */
const underWindow = ({ x: [, H, W, C], strides: [down, across], low: [top, left] }: Window): string => `
  let h = i32(oh * ${down}u + kh) - ${top};
  let v = i32(ow * ${across}u + kw) - ${left};
  if (h < 0 || h >= ${H} || v < 0 || v >= ${W}) { return 0.0; }
  let at = ((n * ${H}u + u32(h)) * ${W}u + u32(v)) * ${C}u + c;`;

/** `parts` of a folded index, the last of which goes fastest. */
const unfold = (index: string, parts: readonly (readonly [name: string, size: number])[]): string => {
  let below = 1;
  return parts
    .toReversed()
    .map(([name, size], i) => {
      const shifted = below === 1 ? index : `(${index} / ${below}u)`;
      below *= size;
      return `  let ${name} = ${i === parts.length - 1 ? shifted : `${shifted} % ${size}u`};\n`;
    })
    .join('');
};

function convolved(
  q: KernelQuery,
  name: string,
  sizes: { readonly rows: number; readonly columns: number; readonly depth: number },
  left: (buffer: string) => Operand,
  right: (buffer: string) => Operand,
): readonly Kernel[] {
  const { all: reads, named } = bindings([
    ['a', input(q, 0)],
    ['d', input(q, 1)],
  ]);
  return productKernels(q, {
    name,
    batch: 1,
    ...sizes,
    left: left(named('a')),
    right: right(named('d')),
    reads,
  });
}

/** y(n, oh, ow, o) = Σ x(n, oh·SH + kh − top, ow·SW + kw − left, c) · w(kh, kw, c, o) */
const conv2d: KernelRule = q => {
  const at = windowOf(q, inputType(q, 0).shape, inputType(q, 1).shape, outputType(q).shape);
  const [KH, KW, C, O] = at.w as readonly [number, number, number, number];
  const [N, OH, OW] = at.y as readonly [number, number, number];
  return convolved(
    q,
    'conv2d',
    { rows: N * OH * OW, columns: O, depth: KH * KW * C },
    x => ({
      element: `${unfold('m', [
        ['n', N],
        ['oh', OH],
        ['ow', OW],
      ])}${unfold('k', [
        ['kh', KH],
        ['kw', KW],
        ['c', C],
      ])}${underWindow(at)}
  return ${x}[at];`,
      along: 'depth',
    }),
    w => ({ element: `  return ${w}[k * ${O}u + n];`, along: 'side' }),
  );
};

/** dx(n, h, v, c) = Σ dy(n, oh, ow, o) · w(kh, kw, c, o) over the windows that hold (h, v) */
const inputGrad: KernelRule = q => {
  const at = windowOf(q, outputType(q).shape, inputType(q, 1).shape, inputType(q, 0).shape);
  const [N, H, W, C] = at.x as readonly [number, number, number, number];
  const [KH, KW, , O] = at.w as readonly [number, number, number, number];
  const [, OH, OW] = at.y as readonly [number, number, number];
  const [down, across] = at.strides;
  return convolved(
    q,
    'conv2d_input_grad',
    { rows: N * H * W, columns: C, depth: KH * KW * O },
    dy => ({
      element: `${unfold('m', [
        ['n', N],
        ['h', H],
        ['v', W],
      ])}${unfold('k', [
        ['kh', KH],
        ['kw', KW],
        ['o', O],
      ])}
  let up = i32(h + ${at.low[0]}u) - i32(kh);
  let left = i32(v + ${at.low[1]}u) - i32(kw);
  if (up < 0 || left < 0 || up % ${down} != 0 || left % ${across} != 0) { return 0.0; }
  let oh = u32(up) / ${down}u;
  let ow = u32(left) / ${across}u;
  if (oh >= ${OH}u || ow >= ${OW}u) { return 0.0; }
  return ${dy}[((n * ${OH}u + oh) * ${OW}u + ow) * ${O}u + o];`,
      along: 'depth',
    }),
    w => ({ element: `  return ${w}[(k / ${O}u * ${C}u + n) * ${O}u + k % ${O}u];`, along: 'depth' }),
  );
};

/** dw(kh, kw, c, o) = Σ x(n, oh·SH + kh − top, ow·SW + kw − left, c) · dy(n, oh, ow, o) */
const weightGrad: KernelRule = q => {
  const at = windowOf(q, inputType(q, 0).shape, outputType(q).shape, inputType(q, 1).shape);
  const [KH, KW, C, O] = at.w as readonly [number, number, number, number];
  const [N, OH, OW] = at.y as readonly [number, number, number];
  return convolved(
    q,
    'conv2d_weight_grad',
    { rows: KH * KW * C, columns: O, depth: N * OH * OW },
    x => ({
      element: `${unfold('m', [
        ['kh', KH],
        ['kw', KW],
        ['c', C],
      ])}${unfold('k', [
        ['n', N],
        ['oh', OH],
        ['ow', OW],
      ])}${underWindow(at)}
  return ${x}[at];`,
      along: 'side',
    }),
    dy => ({ element: `  return ${dy}[k * ${O}u + n];`, along: 'side' }),
  );
};

export const convolutions = {
  conv2d,
  conv2d_input_grad: inputGrad,
  conv2d_weight_grad: weightGrad,
} as const satisfies Readonly<Record<string, KernelRule>>;
