// Functions that make texts: generate, the beam search that may choose for it, and the text of only a begin token
// from which it may start.

import { dimUpperBound } from '../../../base/dim.ts';
import { generate as generated } from '../generation.ts';
import { type Intrinsic, numberArg } from '../intrinsic.ts';
import { beginText, idsOf } from '../text-value.ts';
import { complain } from '../trace.ts';
import { asDim } from '../types.ts';
import { errorValue, showType, type Value } from '../values.ts';

const generate: Intrinsic = {
  name: 'generate',
  doc: 'A prompt and, behind what it keeps, `more` entries: each time `write`, a function of what there is so far, gives scores over the vocabulary at every position, and `by` chooses from those of the last: a block, or beam(width: 4). A text ends at its end token.',
  params: [
    { name: 'write', kind: 'block' },
    { name: 'prompt', kind: 'any' },
    { name: 'more', kind: 'static' },
    { name: 'by', kind: 'block' },
  ],
  apply: call => {
    const { frame, span, as } = call;
    const write = call.args.get('write');
    const prompt = call.args.get('prompt');
    const more = call.args.get('more');
    const by = call.args.get('by');
    if (write === undefined || prompt === undefined || more === undefined || by === undefined)
      return errorValue;
    const given = prompt.value;
    const ids = idsOf(given) ?? (given.kind === 'tensor' ? given : undefined);
    if (ids === undefined || ids.element.kind !== 'index' || ids.dims.length === 0) {
      const expected = 'a text, or an index(V)[..., T]';
      complain(
        frame,
        'wrong-kind',
        { where: 'prompt of generate', expected, got: showType(given) },
        prompt.span,
      );
      return errorValue;
    }
    const count = asDim(more.value);
    if (count === undefined) {
      const got = showType(more.value);
      complain(
        frame,
        'wrong-kind',
        { where: 'more of generate', expected: 'a whole number', got },
        more.span,
      );
      return errorValue;
    }
    const most = dimUpperBound(count);
    if (most !== undefined && most < 1) {
      const reason = `must be at least 1; it is ${most}`;
      complain(frame, 'bad-setting', { setting: 'more of generate', reason }, more.span);
      return errorValue;
    }
    if (by.value.kind === 'intrinsic' && by.value.intrinsic === beam) {
      complain(frame, 'missing-argument', { callee: 'beam', name: 'width', type: 'a value' }, by.span);
      return errorValue;
    }
    const info = given.kind === 'record' ? given.modality : undefined;
    return generated({
      frame,
      span,
      name: as?.text ?? 'generate',
      write,
      by,
      prompt: ids,
      info,
      more: count,
    });
  },
};

const begin: Intrinsic = {
  name: 'begin',
  doc: 'A text of only its begin token in each row, from which another may be generated: begin(caption, [B]) is caption[B, 1].',
  params: [
    { name: 'modality', kind: 'static' },
    { name: 'rows', kind: 'static' },
  ],
  apply: call => {
    const { frame } = call;
    const of = call.args.get('modality');
    const rows = call.args.get('rows');
    if (of === undefined || rows === undefined) return errorValue;
    const value = of.value;
    // A field that has the name of its modality still names it.
    const info =
      value.kind === 'modality' ? value.info : value.kind === 'record' ? value.modality : undefined;
    if (info?.spec.kind !== 'text') {
      const got = showType(value);
      complain(
        frame,
        'wrong-kind',
        { where: 'modality of begin', expected: 'a text modality', got },
        of.span,
      );
      return errorValue;
    }
    const items = rows.value.kind === 'list' ? rows.value.items : [rows.value];
    const lead = items.map(asDim).filter(d => d !== undefined);
    if (lead.length !== items.length) {
      const got = showType(rows.value);
      const expected = 'a list of dims, as [B]';
      complain(frame, 'wrong-kind', { where: 'rows of begin', expected, got }, rows.span);
      return errorValue;
    }
    return beginText(frame, call.span, info, lead);
  },
};

const widest = 100;
const mostPenalty = 10;

const beam: Intrinsic = {
  name: 'beam',
  doc: 'Given for `by` of generate: beam search (arXiv:1409.3215). Of all continuations of the `width` texts that are kept of each row, the best `width` go on, and the best at last is the result. A text of n new tokens, its end token among them, scores log P / ((5 + n) / 6)^length_penalty (arXiv:1609.08144); 0, if it is left out, is log P itself.',
  params: [
    { name: 'width', kind: 'static' },
    { name: 'length_penalty', kind: 'static', optional: true },
  ],
  apply: call => {
    const width = numberArg(call, 'width', 1);
    const lengthPenalty = numberArg(call, 'length_penalty', 0);
    if (width === undefined || lengthPenalty === undefined) return errorValue;
    const refuse = (setting: string, reason: string): Value => {
      const at = call.args.get(setting)?.span ?? call.span;
      complain(call.frame, 'bad-setting', { setting: `${setting} of beam`, reason }, at);
      return errorValue;
    };
    if (width !== 'unknown' && (!Number.isInteger(width) || width < 1 || width > widest))
      return refuse('width', `must be a whole number from 1 to ${widest}; it is ${width}`);
    if (lengthPenalty !== 'unknown' && !(lengthPenalty >= 0 && lengthPenalty <= mostPenalty))
      return refuse('length_penalty', `must be from 0 to ${mostPenalty}; it is ${lengthPenalty}`);
    return {
      kind: 'search',
      width: width === 'unknown' ? 1 : width,
      lengthPenalty: lengthPenalty === 'unknown' ? 0 : lengthPenalty,
    };
  },
};

export const generation: readonly Intrinsic[] = [generate, begin, beam];
