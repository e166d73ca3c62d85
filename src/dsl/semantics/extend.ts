// `model Accent extends Asr`: a model that adds to another. What the other declares is declared here too, with the same
// weights at the same paths; nothing of it is declared anew.

import type { Span } from '../../base/span.ts';
import type { EncoderMember, ExportMember, Expr, ModelItem, NamedMember, Param } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import { type Declared, declareModel } from './declare.ts';
import { evaluate } from './expressions.ts';
import type { Binding } from './scope.ts';
import { complain, type Frame } from './trace.ts';
import { asModel, isSettled, modelKey, showModel, standing } from './used-model.ts';
import type { BlockValue, ModelValue } from './values.ts';
import { showType } from './values.ts';

export interface Base {
  readonly model: ModelValue;
  readonly declared: Declared;
  /** Its members by name, without its parameters. */
  readonly names: ReadonlyMap<string, Binding>;
  /** Where it is named. */
  readonly span: Span;
}

/** Declares the model that another adds to; undefined where something is wrong with it, which is reported. */
export function declareBase(frame: Frame, e: Expr): Base | undefined {
  const { trace, path } = frame;
  const value = evaluate(frame, e);
  if (value.kind === 'error') return undefined;
  if (value.kind !== 'file' && value.kind !== 'model') {
    const expected = 'a model, as in model Accent extends Asr';
    complain(frame, 'wrong-kind', { where: 'what a model extends', expected, got: showType(value) }, e.span);
    return undefined;
  }
  const model = asModel(frame, value, e.span);
  if (model === undefined || !isSettled(frame, model, e.span)) return undefined;
  const declared = standing(frame, e.span, undefined, () => declareModel(trace, model, path));
  if (declared === undefined) return undefined;
  // Its parts by their full names, `Asr.hear`, are the same parts.
  trace.models.set(joinPath(path, model.root), { key: modelKey(model), declared, model, span: e.span });
  const params = new Set(model.item.params.map(p => p.name.text));
  const names = [...declared.scope.names].filter(([name]) => !name.startsWith(' ') && !params.has(name));
  return { model, declared, names: new Map(names), span: e.span };
}

/** Every declaration of a base, outermost last. */
export function* basesOf(declared: Declared): Generator<Base> {
  for (let at = declared.base; at !== undefined; at = at.declared.base) yield at;
}

/** The declarations of a model, or of one that it extends. */
export function declarationsOf(declared: Declared, item: ModelItem): Declared {
  if (declared.item === item) return declared;
  for (const { declared: base } of basesOf(declared)) if (base.item === item) return base;
  return declared;
}

/** The declarations in whose reach a parameter is written: those of the model that declares its member. */
export function homeOf(declared: Declared, param: Param): Declared {
  const holds = ({ members }: ModelItem): boolean =>
    members.some(m => (m.kind === 'export' || m.kind === 'objective') && m.params.includes(param));
  for (const { declared: base } of basesOf(declared)) if (holds(base.item)) return base;
  return declared;
}

/** The members that have a name. */
export const namedMembers = ({ members }: ModelItem): readonly NamedMember[] =>
  members.filter((m): m is NamedMember => m.kind !== 'adapt' && m.kind !== 'migrate');

/** What a model adds may not have a name that the other uses. */
export function refuseRedefinition(frame: Frame, base: Base | undefined, member: NamedMember): boolean {
  for (let at = base; at !== undefined; at = at.declared.base) {
    const before = namedMembers(at.model.item).find(m => m.name.text === member.name.text);
    if (before === undefined) continue;
    complain(
      frame,
      'redefined',
      { name: member.name.text, what: before.kind, base: showModel(at.model) },
      member.name.span,
      { related: [{ span: before.name.span, message: 'the one that is there already' }] },
    );
    return true;
  }
  return false;
}

/** An encoder or an export as a value, with the names that its body sees. */
export function memberBlock({ scope }: Declared, member: EncoderMember | ExportMember): BlockValue {
  const name = member.name.text;
  const value = scope.names.get(name)?.value;
  return value?.kind === 'block' ? value : { kind: 'block', name, callable: member, scope, path: name };
}
