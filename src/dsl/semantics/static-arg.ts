// A static argument, known before the model runs, as its parameter's kind.

import type { Span } from '../../base/span.ts';
import type { Param } from '../syntax/ast.ts';
import { refuseUnits } from './quantity.ts';
import { complain, type Frame } from './trace.ts';
import { asDim } from './types.ts';
import { asModel } from './used-model.ts';
import type { Value } from './values.ts';
import { errorValue, int, showType } from './values.ts';

/** Kinds whose values are numbers without a unit. */
const wantsPlain: ReadonlySet<string> = new Set(['int', 'dim', 'number']);

/** A static argument as its parameter's kind. */
export function staticArg(frame: Frame, callee: string, p: Param, value: Value, span: Span): Value {
  if (value.kind === 'error') return value;
  const kind = p.type.kind === 'tensor' ? p.type.base.text : '';
  const where = `${p.name.text} of ${callee}`;
  const refuse = (expected: string): Value => {
    if (value.kind === 'tensor') complain(frame, 'not-static', { where }, span);
    else if (value.kind === 'quantity' && wantsPlain.has(kind)) refuseUnits(frame, where, value, span);
    else
      complain(frame, 'wrong-kind', { where, expected, got: showType(value) }, span, {
        related: [{ span: p.span, message: 'declared here' }],
      });
    return errorValue;
  };
  switch (kind) {
    case 'int':
    case 'dim': {
      const dim = asDim(value);
      if (dim !== undefined) {
        if (kind === 'dim' && typeof dim === 'number' && dim < 1) {
          complain(
            frame,
            'bad-setting',
            { setting: where, reason: `must be at least 1; it is ${dim}` },
            span,
          );
          return errorValue;
        }
        return int(dim);
      }
      if (value.kind === 'number') {
        if (value.value === undefined || Number.isInteger(value.value))
          return value.value === undefined ? value : int(value.value);
        complain(frame, 'not-whole', { where, value: String(value.value) }, span);
        return errorValue;
      }
      return refuse(kind === 'int' ? 'a whole number' : 'a whole number, a space, a vocabulary or labels');
    }
    case 'number':
      if (value.kind === 'number') return value;
      return value.kind === 'int'
        ? { kind: 'number', value: typeof value.dim === 'number' ? value.dim : undefined }
        : refuse('a number');
    case 'time':
      return value.kind === 'quantity' && value.power === 1 ? value : refuse('a time, as 25ms');
    case 'frequency':
      return value.kind === 'quantity' && value.power === -1 ? value : refuse('a frequency, as 16kHz');
    case 'bool':
      return value.kind === 'bool' ? value : refuse('true or false');
    case 'string':
      return value.kind === 'string' ? value : refuse('a string');
    case 'block':
      return value.kind === 'block' ||
        value.kind === 'intrinsic' ||
        value.kind === 'part' ||
        value.kind === 'lambda' ||
        value.kind === 'search' ||
        value.kind === 'unknown-block'
        ? value
        : refuse('a block: its name, its settings as in sample(top_k: 40), or x => …');
    case 'axes':
      return value.kind === 'int' ||
        value.kind === 'list' ||
        (value.kind === 'string' && value.value === 'all')
        ? value
        : refuse('an axis, a list of axes, or all');
    case 'list':
      return value.kind === 'list' ? value : refuse('a list');
    case 'model':
      if (value.kind === 'model') return value;
      if (value.kind === 'file') return asModel(frame, value, span) ?? errorValue;
      return refuse('a model of a used file, as Bert or Bert.tiny');
    default:
      return value;
  }
}
