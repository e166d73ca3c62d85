// rearrange(x, "n t (h d) -> n h t d", h: heads): split, permute and merge axes by name, as einops does
// (Rogozhnikov, ICLR 2022). A reshape, a transpose and a reshape.

import type { Dim } from '../../../base/dim.ts';
import { dimEqual, dimExactDiv, dimMul, dimProduct, showDim } from '../../../base/dim.ts';
import { emitOp } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { tensorArg } from '../intrinsic.ts';
import { complain } from '../trace.ts';
import type { TensorValue, Value } from '../values.ts';
import { errorValue, showType } from '../values.ts';
import type { PatternSide } from './pattern.ts';
import { namesOf, parseSide, splitArrow, twice } from './pattern.ts';

export const rearrange: Intrinsic = {
  name: 'rearrange',
  doc: 'Splits, permutes and merges axes by name: rearrange(x, "n t (h d) -> n h t d", h: 8).',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'pattern', kind: 'static' },
  ],
  more: 'named',
  apply: call => {
    const x = tensorArg(call, 'x');
    const given = call.args.get('pattern');
    if (x.kind === 'error' || given === undefined || given.value.kind === 'error') return errorValue;
    if (given.value.kind !== 'string') {
      complain(
        call.frame,
        'wrong-kind',
        { where: 'the pattern of rearrange', expected: 'a string', got: showType(given.value) },
        given.span,
      );
      return errorValue;
    }
    const pattern = given.value.value;
    const refuse = (reason: string): Value => {
      complain(call.frame, 'pattern-wrong', { pattern, reason }, given.span, {
        notes: [`x is ${showType(x)}`],
      });
      return errorValue;
    };
    const sides = splitArrow(pattern);
    if (sides === undefined) return refuse('it has the form "before -> after"');
    const left = parseSide(sides[0]);
    const right = parseSide(sides[1]);
    if ('wrong' in left) return refuse(left.wrong);
    if ('wrong' in right) return refuse(right.wrong);
    const [from, to] = [namesOf(left), namesOf(right)];
    const doubled = twice(from) ?? twice(to);
    if (doubled !== undefined) return refuse(`${doubled} stands twice on one side`);
    const lost = from.find(n => !to.includes(n));
    if (lost !== undefined) return refuse(`${lost} is lost: it stands on the left only`);
    const found = to.find(n => !from.includes(n));
    if (found !== undefined) return refuse(`${found} stands on the right only`);
    if (left.length !== x.dims.length)
      return refuse(`its left side has ${left.length} axes, the tensor ${x.dims.length}`);
    const sizes = sizesOf(call, x, left);
    if ('wrong' in sizes) return refuse(sizes.wrong);
    return apply(call, x, left, right, sizes.sizes);
  },
};

function sizesOf(
  call: IntrinsicCall,
  x: TensorValue,
  left: PatternSide,
): { readonly sizes: ReadonlyMap<string, Dim> } | { readonly wrong: string } {
  const sizes = new Map<string, Dim>();
  for (const arg of call.rest) {
    if (arg.name === undefined) return { wrong: 'sizes are given by name' };
    if (!namesOf(left).includes(arg.name)) return { wrong: `it has no axis ${arg.name}` };
    if (arg.value.kind !== 'int')
      return { wrong: `the size of ${arg.name} must be a whole number; it is ${showType(arg.value)}` };
    sizes.set(arg.name, arg.value.dim);
  }
  for (const [i, group] of left.entries()) {
    const whole = x.dims[i] ?? 1;
    const unknown = group.names.filter(n => n !== '1' && !sizes.has(n));
    const known = dimProduct(group.names.map(n => (n === '1' ? 1 : (sizes.get(n) ?? 1))));
    const [name, more] = unknown;
    if (more !== undefined)
      return {
        wrong: `say the size of ${unknown.slice(0, -1).join(' and ')}: all it knows is ${group.names.join('·')} = ${showDim(whole)}`,
      };
    if (name === undefined) {
      if (dimEqual(known, whole) === 'different')
        return { wrong: `(${group.names.join(' ')}) is ${showDim(known)}, the axis has ${showDim(whole)}` };
      continue;
    }
    if (typeof whole === 'number' && typeof known === 'number' && whole % known !== 0) {
      return { wrong: `${whole} can't be split into ${name} times ${known}: ${known} doesn't divide it` };
    }
    sizes.set(name, dimExactDiv(whole, known));
  }
  return { sizes };
}

function apply(
  call: IntrinsicCall,
  x: TensorValue,
  left: PatternSide,
  right: PatternSide,
  sizes: ReadonlyMap<string, Dim>,
): Value {
  const sizeOf = (name: string): Dim => (name === '1' ? 1 : (sizes.get(name) ?? 1));
  const from = namesOf(left);
  const to = namesOf(right);
  const { frame, span } = call;
  let at: TensorValue = x;
  const step = (op: string, attrs: Record<string, readonly Dim[]>): boolean => {
    const next = emitOp(frame, span, op, [at], attrs, { element: x.element });
    if (next.kind === 'error') return false;
    at = next;
    return true;
  };
  const split = from.map(sizeOf);
  const isWhole = left.length === from.length && left.every(g => g.names.length === 1 && g.names[0] !== '1');
  if (!isWhole && !step('reshape', { shape: split })) return errorValue;
  const perm = to.map(n => from.indexOf(n));
  if (perm.some((p, i) => p !== i) && !step('transpose', { perm })) return errorValue;
  const merged = right.map(g => g.names.map(sizeOf).reduce<Dim>(dimMul, 1));
  const isSplit = right.length === to.length && right.every(g => g.names.length === 1 && g.names[0] !== '1');
  if (!isSplit && !step('reshape', { shape: merged })) return errorValue;
  return at;
}
