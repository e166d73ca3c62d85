// Expressions, evaluated: static ones to what they are, the others to values of the graph.

import { nearestName } from '../../base/nearest-name.ts';
import type { Expr, FieldExpr, NameExpr, NumberExpr, WhenExpr } from '../syntax/ast.ts';
import { adapted } from './adapt.ts';
import { evaluateBinary, evaluateUnary } from './arithmetic.ts';
import { joined } from './branches.ts';
import { ownPath } from './call-block.ts';
import { evaluateCall, evaluatePipe } from './calls.ts';
import { evaluateIndex } from './index-expr.ts';
import { evaluateLambda } from './lambda.ts';
import { meantName } from './meant-name.ts';
import { modalityField, modalityFields, recordFields, videoFrames } from './modality-fields.ts';
import { calledHere } from './names-elsewhere.ts';
import { noteRename } from './renames.ts';
import { isLocal, lookUp, namesInReach } from './scope.ts';
import { isLearning, stateNow } from './state.ts';
import type { EarlierWeights, Frame } from './trace.ts';
import { complain, here, nested, spend } from './trace.ts';
import { quantity, units } from './units.ts';
import { memberOf } from './used-model.ts';
import type { Value } from './values.ts';
import { errorValue, int, showType } from './values.ts';
import { evaluateWith } from './with-expr.ts';

export function evaluate(frame: Frame, e: Expr): Value {
  if (!spend(frame, e.span, 1)) return errorValue;
  return nested(frame, e.span, 1, errorValue, () => evaluateKind(frame, e));
}

function evaluateKind(frame: Frame, e: Expr): Value {
  switch (e.kind) {
    case 'number':
      return evaluateNumber(frame, e);
    case 'string':
      return { kind: 'string', value: e.value };
    case 'bool':
      return { kind: 'bool', value: e.value, facts: [] };
    case 'name':
      return evaluateName(frame, e);
    case 'list':
      return { kind: 'list', items: e.items.map(item => evaluate(frame, item)) };
    case 'record': {
      const fields = new Map<string, Value>();
      for (const f of e.fields) {
        if (fields.has(f.name.text))
          complain(frame, 'defined-twice', { name: f.name.text, what: 'field' }, f.name.span);
        fields.set(f.name.text, evaluate(frame, f.value));
      }
      return { kind: 'record', fields, modality: undefined, lead: [] };
    }
    case 'unary':
      return evaluateUnary(frame, e);
    case 'binary':
      return evaluateBinary(frame, e);
    case 'call':
      return evaluateCall(frame, e, undefined, undefined);
    case 'field':
      return evaluateField(frame, e);
    case 'index':
      return evaluateIndex(frame, e);
    case 'as':
      noteRename(frame, e.name.text, e.renamed);
      if (e.value.kind === 'call') return evaluateCall(frame, e.value, e.name, undefined);
      if (e.value.kind === 'pipe') return evaluatePipe(frame, e.value, e.name);
      complain(frame, 'nothing-to-name', {}, e.span);
      return evaluate(frame, e.value);
    case 'with':
      return evaluateWith(frame, e);
    case 'pipe':
      return evaluatePipe(frame, e, undefined);
    case 'when':
      return evaluateWhen(frame, e);
    case 'lambda':
      return evaluateLambda(frame, e);
    default:
      return e satisfies never;
  }
}

function evaluateNumber(frame: Frame, e: NumberExpr): Value {
  if (e.unit !== undefined) {
    const unit = Object.hasOwn(units, e.unit) ? units[e.unit] : undefined;
    if (unit === undefined) {
      complain(frame, 'unknown-unit', { unit: e.unit }, e.span);
      return errorValue;
    }
    return quantity(e.value, unit, e.unit);
  }
  return Number.isSafeInteger(e.value) && /^\d+$/.test(e.text)
    ? int(e.value)
    : { kind: 'number', value: e.value };
}

function evaluateName(frame: Frame, e: NameExpr): Value {
  const earlier = frame.earlier?.read(e.text);
  if (earlier !== undefined) return earlier;
  const found = lookUp(frame.scope, e.text);
  if (found?.value.kind === 'tensor' && !isLocal(frame.scope, e.text))
    return stateNow(frame, found.value, e.span);
  if (found !== undefined) return found.value;
  complain(
    frame,
    'unknown-name',
    {
      name: e.text,
      what: 'value',
      suggestion: calledHere(e.text) ?? meantName(frame.scope, e.text, namesInReach(frame.scope)),
    },
    e.span,
  );
  return errorValue;
}

function evaluateField(frame: Frame, e: FieldExpr): Value {
  const earlier = frame.earlier && earlierWeight(frame, frame.earlier, e);
  if (earlier !== undefined) return earlier;
  const object = evaluate(frame, e.object);
  const field = e.field.text;
  const unknown = (of: string, known: readonly string[]): Value => {
    complain(
      frame,
      'unknown-field',
      { field, of, known, suggestion: nearestName(field, known) },
      e.field.span,
    );
    return errorValue;
  };
  switch (object.kind) {
    case 'error':
      return object;
    case 'record':
      return (
        object.fields.get(field) ??
        (field === 'starts' ? object.starts?.() : undefined) ??
        videoFrames(object, field) ??
        // A field that has the name of its modality still gives what the modality does.
        (object.modality === undefined ? undefined : modalityField(frame, object.modality, field)) ??
        unknown(showType(object), recordFields(object))
      );
    case 'file':
    case 'model':
      return memberOf(frame, object, e).value;
    case 'part':
    case 'block': {
      const path = ownPath(
        frame,
        object.kind === 'part' ? { ...object.block, path: object.path } : object,
        e.span,
      );
      const name = object.kind === 'part' ? object.name : object.name;
      if (path === undefined) return unknown(showType(object), []);
      const weight = frame.trace.weights.get(`${path}.${field}`);
      if (weight !== undefined) {
        const now = stateNow(frame, weight.value, e.span);
        const isWeight = weight.kind === 'weight' || weight.follows !== undefined;
        return isWeight ? adapted(frame, weight.path, now, here(frame, weight.span)) : now;
      }
      const known = [...frame.trace.weights.keys()]
        .filter(p => p.startsWith(`${path}.`))
        .map(p => p.slice(path.length + 1));
      if (known.length > 0) return unknown(name, known);
      // What is wrong with its settings has been said.
      if (object.kind === 'part' && object.args.some(a => a.value.kind === 'error')) return errorValue;
      complain(frame, 'part-not-called', { part: name, field }, e.span);
      return errorValue;
    }
    case 'modality':
      return (
        modalityField(frame, object.info, field) ?? unknown(showType(object), modalityFields(object.info))
      );
    default:
      return unknown(showType(object), []);
  }
}

/** An old weight by its path; undefined where the names stand for something else. */
function earlierWeight(frame: Frame, weights: EarlierWeights, e: FieldExpr): Value | undefined {
  const path = dottedPath(e);
  if (path === undefined) return undefined;
  const found = weights.read(path);
  const [root = ''] = path.split('.');
  if (found !== undefined || lookUp(frame.scope, root) !== undefined) return found;
  const suggestion = nearestName(path, weights.known());
  complain(frame, 'unknown-name', { name: path, what: 'old weight', suggestion }, e.span);
  return errorValue;
}

/** `layers.0.weight` as it is written; undefined for fields of anything but names. */
export function dottedPath(e: Expr): string | undefined {
  const names: string[] = [];
  let at: Expr = e;
  for (; at.kind === 'field'; at = at.object) names.unshift(at.field.text);
  return at.kind === 'name' ? [at.text, ...names].join('.') : undefined;
}

/** `x when learning else y`: static for each part and stage; where unknown, both must have one type. */
function evaluateWhen(frame: Frame, e: WhenExpr): Value {
  const condition =
    e.condition.kind === 'name' && e.condition.text === 'learning'
      ? { kind: 'bool' as const, value: isLearning(frame), facts: [] }
      : evaluate(frame, e.condition);
  if (condition.kind === 'error') return errorValue;
  if (condition.kind !== 'bool') {
    complain(frame, 'not-static', { where: 'the condition of when' }, e.condition.span);
    return errorValue;
  }
  if (condition.value === true) return evaluate(frame, e.value);
  if (condition.value === false) return evaluate(frame, e.otherwise);
  const a = evaluate(frame, e.value);
  const b = evaluate(frame, e.otherwise);
  if (a.kind === 'error' || b.kind === 'error') return errorValue;
  const [left, right] = [
    showType({ ...a, quality: undefined } as Value),
    showType({ ...b, quality: undefined } as Value),
  ];
  if (left !== right) {
    complain(frame, 'branches-differ', { a: left, b: right }, e.span);
    return errorValue;
  }
  return joined([a, b]);
}
