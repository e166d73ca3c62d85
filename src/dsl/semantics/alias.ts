// `modality text = Bert.text`: what another model declares, under a name of this one. It stays what it is there: one
// nominal dim, one tokenizer.

import type { AliasMember, Expr } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import type { LabelSet, ModalityInfo } from './model.ts';
import { complain, type Frame } from './trace.ts';
import { memberOf, type UsedMember } from './used-model.ts';
import type { Value } from './values.ts';
import { showType } from './values.ts';

/** What an alias stands for, with its record where it is a modality or labels. */
export interface Alias {
  readonly what: AliasMember['what'];
  readonly value: Value;
  readonly modality?: ModalityInfo;
  readonly labels?: LabelSet;
}

/** Undefined where it isn't what it is said to be, which is reported. */
export function readAlias(frame: Frame, member: AliasMember): Alias | undefined {
  const { value: e, what } = member;
  const object = e.kind === 'field' ? evaluate(frame, e.object) : undefined;
  if (object?.kind === 'error') return undefined;
  const isOther = e.kind === 'field' && (object?.kind === 'file' || object?.kind === 'model');
  const found = isOther ? memberOf(frame, object, e) : { value: evaluate(frame, e) };
  if (found.value.kind === 'error') return undefined;
  const alias = isOther ? aliasOf(found, e.field.text, member) : undefined;
  if (alias?.what === what) return alias;
  const got = alias === undefined ? showType(found.value) : `${alias.what} ${showName(e)}`;
  complain(frame, 'alias-kind', { what, name: member.name.text, got }, e.span, {
    related: found.span === undefined ? [] : [{ span: found.span, message: 'declared here' }],
  });
  return undefined;
}

const showName = (e: Expr): string => (e.kind === 'field' ? e.field.text : '');

function aliasOf({ value, declared }: UsedMember, field: string, member: AliasMember): Alias | undefined {
  const name = member.name.text;
  const info = declared?.modalities.get(field);
  if (info !== undefined) {
    const modality = { ...info, name, span: member.span };
    return { what: 'modality', value: { kind: 'modality', info: modality }, modality };
  }
  const labels = declared?.labels.get(field);
  if (labels !== undefined) return { what: 'labels', value, labels: { ...labels, name } };
  if (value.kind === 'space') return { what: 'space', value };
  return declared?.vocabularies.has(field) === true ? { what: 'vocabulary', value } : undefined;
}
