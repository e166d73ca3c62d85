// `Text(tokenizer: bpe(4096), length: 64, special: [mask])`: its vocabulary as a dim, its special tokens as values.

import type { Dim } from '../../base/dim.ts';
import { nearestName } from '../../base/nearest-name.ts';
import {
  ends,
  refusedToken,
  specialTokens,
  type TokenizerSpec,
  tokenizerKinds,
} from '../../base/special-tokens.ts';
import type { CallExpr, Expr, ModalityMember } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import { scalar } from './emit.ts';
import { modalitySettings } from './modality-settings.ts';
import type { ModalityInfo } from './model.ts';
import { type NumberSetting, placeArgs, readNumbers } from './settings.ts';
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
  const read = readTokenizer(frame, tokenizer, special ?? []);
  const length = numbers?.get('length');
  if (read === undefined || length === undefined || special === undefined) return undefined;
  const dim = named(frame, name, read.vocabulary);
  return {
    name,
    path: joinPath(frame.path, name),
    spec: { kind: 'text', tokenizer: read, length },
    axes: [length],
    components: [{ name: 'ids', element: { kind: 'index', of: dim }, inner: [] }],
    vocabulary: dim,
    span: member.span,
  };
}

/** `bpe(4096)`; undefined where something is wrong, which is reported. */
function readTokenizer(frame: Frame, e: Expr, special: readonly string[]): TokenizerSpec | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : '';
  const kind = tokenizerKinds.find(k => k === name);
  if (e.kind !== 'call' || kind === undefined) {
    complain(
      frame,
      'unknown-name',
      {
        name: name === '' ? showExpr(e) : name,
        what: 'tokenizer',
        suggestion: nearestName(name, tokenizerKinds),
      },
      e.kind === 'call' ? e.callee.span : e.span,
      { help: 'write bpe(SIZE), wordpiece(SIZE), characters() or bytes(), fitted on the training split' },
    );
    return undefined;
  }
  const settings: readonly NumberSetting[] = modalitySettings[kind];
  const args = placeArgs(
    frame,
    e,
    kind,
    settings.map(s => s.name),
  );
  // Further special tokens need room of their own.
  const sizes = settings.map(s => ({ ...s, least: (s.least ?? 0) + special.length }));
  const numbers = readNumbers(frame, args, sizes);
  if (numbers === undefined) return undefined;
  const bytes = 256 + specialTokens({ kind, special }).length;
  return { kind, vocabulary: numbers.get('vocabulary') ?? bytes, special };
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
