// What the compiler itself knows how to do: the functions on which the standard library stands. Each is one record;
// their tables are in intrinsics/.

import type { Span } from '../../base/span.ts';
import type { Name } from '../syntax/ast.ts';
import { asTensor } from './emit.ts';
import { refuseUnits } from './quantity.ts';
import { complain, type Frame } from './trace.ts';
import type { ErrorValue, TensorValue, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

export interface IntrinsicParam {
  readonly name: string;
  /** tensor: a value of the graph; static: known before the model runs; any: either; block: something to call. */
  readonly kind: 'tensor' | 'static' | 'any' | 'block';
  readonly optional?: true;
}

export interface Intrinsic {
  readonly name: string;
  readonly doc: string;
  readonly params: readonly IntrinsicParam[];
  /** Takes any further arguments too, named (einops sizes) or not (concat). */
  readonly more?: 'positional' | 'named';
  readonly apply: (call: IntrinsicCall) => Value;
}

export interface GivenArg {
  readonly value: Value;
  readonly span: Span;
}

export interface IntrinsicCall {
  readonly frame: Frame;
  readonly name: string;
  readonly span: Span;
  /** What the call is named. */
  readonly as: Name | undefined;
  readonly args: ReadonlyMap<string, GivenArg>;
  readonly rest: readonly (GivenArg & { readonly name: string | undefined })[];
}

/** The tensor given for a parameter; a static number becomes a scalar. */
export function tensorArg(call: IntrinsicCall, name: string): TensorValue | ErrorValue {
  const given = call.args.get(name);
  if (given === undefined) return errorValue;
  return asTensor(call.frame, given.value, given.span, `${name} of ${call.name}`);
}

/** The whole number given for a parameter. */
export function intArg(call: IntrinsicCall, name: string, fallback: number): number | undefined {
  const given = call.args.get(name);
  if (given === undefined) return fallback;
  if (given.value.kind === 'int' && typeof given.value.dim === 'number') return given.value.dim;
  if (given.value.kind !== 'error') {
    complain(
      call.frame,
      'wrong-kind',
      { where: `${name} of ${call.name}`, expected: 'a whole number', got: showType(given.value) },
      given.span,
    );
  }
  return undefined;
}

/** The number given for a parameter; 'unknown' where it is a parameter of the block being defined. */
export function numberArg(
  call: IntrinsicCall,
  name: string,
  fallback: number,
): number | 'unknown' | undefined {
  const given = call.args.get(name);
  if (given === undefined) return fallback;
  if (given.value.kind === 'number') return given.value.value ?? 'unknown';
  if (given.value.kind === 'int') return typeof given.value.dim === 'number' ? given.value.dim : 'unknown';
  if (given.value.kind === 'quantity')
    refuseUnits(call.frame, `${name} of ${call.name}`, given.value, given.span);
  else if (given.value.kind !== 'error') {
    complain(
      call.frame,
      'wrong-kind',
      { where: `${name} of ${call.name}`, expected: 'a number', got: showType(given.value) },
      given.span,
    );
  }
  return undefined;
}

/** An axis counted from 0; reported where the tensor has none such. */
export function axisOf(call: IntrinsicCall, v: TensorValue, axis: number, span: Span): number | undefined {
  const at = axis < 0 ? v.dims.length + axis : axis;
  if (at >= 0 && at < v.dims.length) return at;
  complain(call.frame, 'axis-out-of-range', { axis, type: showType(v) }, span);
  return undefined;
}

/** `axis: -1` or `axis: [-2, -1]`; `fallback` where it isn't given. Sorted, counted from 0. */
export function axesArg(
  call: IntrinsicCall,
  v: TensorValue,
  fallback: readonly number[],
): readonly number[] | undefined {
  const given = call.args.get('axis');
  if (given === undefined) return fallback;
  const items = given.value.kind === 'list' ? given.value.items : [given.value];
  const axes: number[] = [];
  for (const item of items) {
    if (item.kind !== 'int' || typeof item.dim !== 'number') {
      if (item.kind !== 'error') {
        complain(
          call.frame,
          'wrong-kind',
          {
            where: `axis of ${call.name}`,
            expected: 'a whole number or a list of them',
            got: showType(item),
          },
          given.span,
        );
      }
      return undefined;
    }
    const axis = axisOf(call, v, item.dim, given.span);
    if (axis === undefined) return undefined;
    axes.push(axis);
  }
  return [...new Set(axes)].sort((a, b) => a - b);
}
