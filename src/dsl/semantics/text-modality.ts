// `Text(tokenizer: bpe(4096), length: 64, special: [mask])`: its vocabulary as a dim, its special tokens as values.

import type { Dim } from '../../base/dim.ts';
import { ends, refusedToken, specialTokens } from '../../base/special-tokens.ts';
import type { CallExpr, Expr, ModalityMember } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import { scalar } from './emit.ts';
import { modalitySettings } from './modality-settings.ts';
import type { ModalityInfo } from './model.ts';
import { placeArgs, readNumbers } from './settings.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';
import { int, type Value } from './values.ts';

export function textInfo(
  frame: Frame,
  member: ModalityMember,
  call: CallExpr,
  named: (frame: Frame, name: string, size: number) => Dim,
): ModalityInfo | undefined {
  const name = member.name.text;
  const args = placeArgs(frame, call, 'Text', ['tokenizer', 'length', 'special']);
  const numbers = readNumbers(frame, args, modalitySettings.Text);
  const special = readSpecial(frame, args.placed.get('special'));
  const tokenizer = args.placed.get('tokenizer');
  if (tokenizer === undefined) {
    const type = 'a tokenizer, as bpe(4096)';
    if (args.fits)
      complain(frame, 'missing-argument', { callee: 'Text', name: 'tokenizer', type }, call.span);
    return undefined;
  }
  const kind = tokenizer.kind === 'call' && tokenizer.callee.kind === 'name' ? tokenizer.callee.text : '';
  if (tokenizer.kind !== 'call' || kind !== 'bpe') {
    complain(
      frame,
      'unknown-name',
      {
        name: kind === '' ? showExpr(tokenizer) : kind,
        what: 'tokenizer',
        suggestion: undefined,
      },
      tokenizer.kind === 'call' ? tokenizer.callee.span : tokenizer.span,
      { help: 'write bpe(SIZE): pairs of bytes, fitted on the training split' },
    );
    return undefined;
  }
  const sizes = placeArgs(frame, tokenizer, 'bpe', ['vocabulary']);
  const [setting] = modalitySettings.bpe;
  const size = readNumbers(frame, sizes, [{ ...setting, least: setting.least + (special?.length ?? 0) }]);
  const vocabulary = size?.get('vocabulary');
  const length = numbers?.get('length');
  if (vocabulary === undefined || length === undefined || special === undefined) return undefined;
  const dim = named(frame, name, vocabulary);
  return {
    name,
    path: joinPath(frame.path, name),
    spec: { kind: 'text', tokenizer: { kind: 'bpe', vocabulary, special }, length },
    axes: [length],
    components: [{ name: 'ids', element: { kind: 'index', of: dim }, inner: [] }],
    vocabulary: dim,
    span: member.span,
  };
}

/** `[cls, sep, mask]`: the names of further special tokens; undefined where something is wrong, which is reported. */
function readSpecial(frame: Frame, e: Expr | undefined): readonly string[] | undefined {
  if (e === undefined) return [];
  const say = (token: string, why: string, at: Expr): undefined => {
    complain(frame, 'special-token', { token, why }, at.span);
    return undefined;
  };
  if (e.kind !== 'list') return say(showExpr(e), 'special is a list of names', e);
  const names: string[] = [];
  let right = true;
  for (const item of e.items) {
    const token = showExpr(item);
    const why =
      item.kind !== 'name'
        ? 'it is no name'
        : names.includes(token)
          ? 'it is one already'
          : refusedToken(token);
    if (why !== undefined) {
      say(token, why, item);
      right = false;
    } else names.push(token);
  }
  return right ? names : undefined;
}

/** What a text modality gives by name: `text.max`, and the id of each special token as an index into its vocabulary. */
export function textField(frame: Frame, info: ModalityInfo, field: string): Value | undefined {
  const { spec, vocabulary } = info;
  if (spec.kind !== 'text' || vocabulary === undefined) return undefined;
  if (field === 'max') return int(spec.length);
  const names = specialTokens(spec.tokenizer);
  const { begin, end } = ends(names);
  const id = field === 'begin' ? begin : field === 'end' ? end : names.indexOf(field);
  return id < 0 ? undefined : scalar(frame, id, { kind: 'index', of: vocabulary });
}

/** The names that `textField` knows. */
export const textFields = (info: ModalityInfo): readonly string[] =>
  info.spec.kind === 'text' ? ['max', ...specialTokens(info.spec.tokenizer)] : [];
