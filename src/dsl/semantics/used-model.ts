// Models as values: `Bert`, `Bert.tiny`, `Bert(width: 64)`, and what a model takes of another one. A model that is
// used stands once in the one that uses it, at the path of its name there: `Bert.read` owns `Bert.read.*`.

import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { FieldExpr } from '../syntax/ast.ts';
import { joinPath, valueKey } from './call-block.ts';
import { type Declared, declareModel } from './declare.ts';
import { modelIn } from './scope.ts';
import { complain, type Frame, nested, spend } from './trace.ts';
import { showTypeExpr } from './type-names.ts';
import type { BoundArg, FileValue, ModelValue, Value } from './values.ts';
import { errorValue } from './values.ts';

/** One text for each model in each setting. */
export function modelKey({ library, item, variant, args }: Omit<ModelValue, 'kind' | 'root'>): string {
  const given = args.map((a, i) => `${a.name ?? i}=${valueKey(a.value) ?? `?${a.span.start}`}`);
  return `${library.file.file} ${item.name.text} ${variant?.name.text ?? ''}(${given.join()})`;
}

/** How a model is named in messages: `Bert`, `Bert.tiny`, `Bert(…)`. */
export function showModel({ root, variant, args }: ModelValue): string {
  return `${root}${variant === undefined ? '' : `.${variant.name.text}`}${args.length === 0 ? '' : '(…)'}`;
}

/** A model of a used file, by its name there: at the file's root where the file has no other. */
export function modelOfFile(file: FileValue, model: ModelValue): ModelValue {
  const isOnly = file.library.models.length === 1;
  return { ...model, root: isOnly ? file.root : joinPath(file.root, model.item.name.text) };
}

/** The model that a value stands for: a file stands for its only one. Undefined, and reported, where it has several. */
export function asModel(frame: Frame, value: FileValue | ModelValue, span: Span): ModelValue | undefined {
  if (value.kind === 'model') return value;
  const { library, name, root } = value;
  const [item, other] = library.models;
  if (item !== undefined && other === undefined)
    return { kind: 'model', root, library, item, variant: undefined, args: [] };
  complain(frame, 'which-model', { file: name, known: library.models.map(m => m.name.text) }, span);
  return undefined;
}

/** A model with settings of its own: `Bert(width: 64)`. */
export function withSettings(model: ModelValue, args: readonly BoundArg[]): ModelValue {
  return { ...model, args };
}

/** Whether what is called is a model, which takes settings and gives a model. */
export function isModelCallee(value: Value): value is FileValue | ModelValue {
  return value.kind === 'file' || (value.kind === 'model' && value.variant === undefined);
}

/** What a used file or model has by a name, and the declarations that it is of. */
export interface UsedMember {
  readonly value: Value;
  readonly declared?: Declared;
  readonly span?: Span | undefined;
}

/** `Bert.half`, a block of a used file; `Bert.tiny`, a model of it; `Bert.read`, a member of its model. */
export function memberOf(frame: Frame, object: FileValue | ModelValue, e: FieldExpr): UsedMember {
  const { text: field, span } = e.field;
  if (object.kind === 'file') {
    const found = object.library.scope.names.get(field);
    if (found?.value.kind === 'model') return { ...found, value: modelOfFile(object, found.value) };
    if (found?.value.kind === 'file')
      return { ...found, value: { ...found.value, root: joinPath(object.root, found.value.root) } };
    if (found !== undefined) return found;
  }
  const hasModel = object.kind === 'model' || object.library.models.length > 0;
  const model = hasModel ? asModel(frame, object, e.object.span) : undefined;
  const declared = model && instanceOf(frame, model, e.object.span);
  if (hasModel && declared === undefined) return { value: errorValue };
  const member = declared?.scope.names.get(field);
  if (declared !== undefined && member !== undefined) return { ...member, declared };
  const names = object.kind === 'file' ? [...object.library.scope.names.keys()] : [];
  const known = [...names, ...(declared?.scope.names.keys() ?? [])].filter(n => !n.startsWith(' '));
  const of = object.kind === 'file' ? object.name : showModel(object);
  const suggestion = nearestName(field, known);
  if (hasModel) complain(frame, 'not-in-model', { name: field, of, known, suggestion }, span);
  else complain(frame, 'unknown-field', { field, of, known, suggestion }, span);
  return { value: errorValue };
}

/** The declarations of a used model in this graph, made when they are first asked for; undefined where it is wrong. */
export function instanceOf(frame: Frame, model: ModelValue, span: Span): Declared | undefined {
  const { trace } = frame;
  const user = modelIn(frame.scope);
  if (user === undefined) {
    complain(frame, 'model-in-block', { model: model.root }, span);
    return undefined;
  }
  const root = joinPath(user.root, model.root);
  const key = modelKey(model);
  const known = trace.models.get(root);
  if (known !== undefined) {
    if (known.key === key) return known.declared;
    complain(
      frame,
      'two-settings',
      { root: model.root, a: showModel(known.model), b: showModel(model) },
      span,
      { related: [{ span: known.span, message: `${showModel(known.model)} here` }] },
    );
    return undefined;
  }
  if (!isSettled(frame, model, span) || !spend(frame, span, 200)) return undefined;
  const declared = standing(frame, span, undefined, () => declareModel(trace, model, root));
  if (declared !== undefined) trace.models.set(root, { key, declared, model, span });
  return declared;
}

/** One model more that this one stands on; some fifty on each other are refused, which is reported. */
export function standing<T>(frame: Frame, span: Span, otherwise: T, inner: () => T): T {
  return nested(frame, span, 20, otherwise, inner);
}

/** Whether a model has all its settings and nothing is wrong in it; reported where that isn't known already. */
export function isSettled(frame: Frame, model: ModelValue, span: Span): boolean {
  if (!isComplete(frame, model, span)) return false;
  const state = standing(frame, span, 'wrong', () => frame.trace.check(model));
  if (state === 'busy') complain(frame, 'model-cycle', { model: model.root }, span);
  return state === 'right';
}

function isComplete(frame: Frame, model: ModelValue, span: Span): boolean {
  const { item, variant, args, library } = model;
  if (variant !== undefined) return true;
  const open = item.params.filter(
    (p, i) => p.fallback === undefined && args[i] === undefined && !args.some(a => a.name === p.name.text),
  );
  if (open.length === 0) return true;
  const names = open.map(p => p.name.text);
  const [own] = library.variants.filter(v => v.model.text === item.name.text);
  const call = `${model.root}(${open.map(p => `${p.name.text}: ${showTypeExpr(p.type)}`).join(', ')})`;
  const help =
    own === undefined ? `give them: ${call}` : `take a variant, ${model.root}.${own.name.text}, or ${call}`;
  complain(frame, 'config-needed', { model: item.name.text, names }, span, { help });
  return false;
}
