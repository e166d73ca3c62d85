// Objectives: named losses over fields of the data. An align is one, spelled by its two sides and a loss.

import type { Dim } from '../../base/dim.ts';
import { dimSymbol } from '../../base/dim.ts';
import type { AlignMember, Expr, HeadMember, ObjectiveMember, Param } from '../syntax/ast.ts';
import { callValue, evaluateArgs } from './calls.ts';
import type { Declared } from './declare.ts';
import { evaluate } from './expressions.ts';
import { declarationsOf } from './extend.ts';
import { leadName, modalitiesFirst } from './fields.ts';
import type { Objective } from './model.ts';
import { childScope } from './scope.ts';
import { traceBody } from './statements.ts';
import { complain, type Frame, startBody } from './trace.ts';
import { showExpr } from './type-names.ts';
import type { BoundArg, TensorValue, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

/** The modalities that an expression names: the fields of an align's side. */
export function modalitiesIn(declared: Declared, e: Expr): readonly string[] {
  return namesRead(e).filter(name => declared.modalities.has(name));
}

/** The names that an expression reads, each once, but for those that it calls. */
export function namesRead(e: Expr): readonly string[] {
  const found = new Set<string>();
  const visit = (x: Expr): void => {
    switch (x.kind) {
      case 'name':
        found.add(x.text);
        return;
      case 'call':
        for (const a of x.args) visit(a.value);
        return;
      case 'pipe':
        visit(x.left);
        visit(x.right);
        return;
      case 'as':
        visit(x.value);
        return;
      case 'with':
        visit(x.value);
        for (const f of x.fields) visit(f.value);
        return;
      case 'field':
      case 'index':
        visit(x.object);
        return;
      case 'unary':
        visit(x.operand);
        return;
      case 'binary':
        visit(x.left);
        visit(x.right);
        return;
      case 'record':
        for (const f of x.fields) visit(f.value);
        return;
      case 'list':
        x.items.forEach(visit);
        return;
      default:
        return;
    }
  };
  visit(e);
  return [...found];
}

/** A field that an align or a head reads, as a parameter: `picture: picture[B]`. */
function fieldParam(name: string, member: AlignMember | HeadMember, lead = 'B'): Param {
  const at = { text: name, span: member.span };
  const dim = {
    kind: 'dim',
    value: { kind: 'name', text: lead, span: member.span },
    span: member.span,
  } as const;
  const type = {
    kind: 'tensor',
    qualifier: undefined,
    base: at,
    of: undefined,
    dims: [dim],
    span: member.span,
  } as const;
  return { name: at, type, fallback: undefined, span: member.span };
}

export function objectiveOf(
  declared: Declared,
  member: ObjectiveMember | AlignMember | HeadMember,
): Objective {
  const common = { name: member.name.text, item: declared.item, member, span: member.span };
  if (member.kind === 'objective') return { ...common, params: member.params, sides: undefined };
  const leftFields = modalitiesIn(declared, member.left);
  if (member.kind === 'head') {
    // What it predicts is named last, so its rows are called as they are there.
    const lead = leadName(member.field);
    const read = leftFields.filter(n => n !== member.field.name.text).map(n => fieldParam(n, member, lead));
    return { ...common, params: [...read, member.field], sides: undefined };
  }
  const rightFields = modalitiesIn(declared, member.right);
  const params = [...new Set([...leftFields, ...rightFields])].map(n => fieldParam(n, member));
  return { ...common, params, sides: { left: member.left, right: member.right, leftFields, rightFields } };
}

/** A frame for a body over fields: their values by name, the leading and own dims as ints. */
export function fieldFrame(
  declared: Declared,
  objective: Objective,
  values: ReadonlyMap<string, Value>,
): Frame {
  const scope = childScope(declarationsOf(declared, objective.item).scope);
  const frame = startBody(declared.frame.trace, { scope, path: objective.name });
  for (const p of objective.params) {
    const value = values.get(p.name.text) ?? errorValue;
    scope.names.set(p.name.text, { value, span: p.span });
    bindDims(frame, p, value);
  }
  return frame;
}

function bindDims(frame: Frame, p: Param, value: Value): void {
  if (p.type.kind !== 'tensor') return;
  const dims: readonly Dim[] =
    value.kind === 'tensor' ? value.dims : value.kind === 'record' ? firstDims(value.fields) : [];
  for (const [i, d] of (p.type.dims ?? []).entries()) {
    const dim = dims[i];
    const name = d.kind === 'pack' ? d.name.text : d.value.kind === 'name' ? d.value.text : undefined;
    if (name !== undefined && dim !== undefined && !frame.scope.names.has(name))
      frame.scope.names.set(name, { value: { kind: 'int', dim }, span: d.span });
  }
}

function firstDims(fields: ReadonlyMap<string, Value>): readonly Dim[] {
  for (const v of fields.values()) if (v.kind === 'tensor') return v.dims;
  return [];
}

/** The loss of an objective over its fields' values; undefined where something is wrong, which is reported. */
export function traceObjective(
  declared: Declared,
  objective: Objective,
  values: ReadonlyMap<string, Value>,
): TensorValue | undefined {
  const frame = fieldFrame(declared, objective, values);
  const { member } = objective;
  const loss =
    member.kind === 'objective' ? traceBody(frame, member.body, member.name.text) : traceSided(frame, member);
  if (loss.kind === 'error') return undefined;
  if (loss.kind === 'tensor' && loss.dims.length === 0 && loss.element.kind === 'float') return loss;
  complain(
    frame,
    'not-a-loss',
    { name: objective.name, got: showType(loss) },
    member.kind === 'objective' ? member.name.span : member.by.span,
  );
  return undefined;
}

/** The loss of an align between its sides, or of a head between what it says and the field. */
function traceSided(frame: Frame, member: AlignMember | HeadMember): Value {
  const left: BoundArg = { name: undefined, value: evaluate(frame, member.left), span: member.left.span };
  const other: Expr =
    member.kind === 'align'
      ? member.right
      : { kind: 'name', text: member.field.name.text, span: member.field.span };
  const right: BoundArg = { name: undefined, value: evaluate(frame, other), span: other.span };
  const { by } = member;
  if (left.value.kind === 'error' || right.value.kind === 'error') return errorValue;
  if (by.kind === 'call') {
    const callee = evaluateCallee(frame, by.callee);
    return callValue(
      frame,
      callee.value,
      callee.name,
      [left, right, ...evaluateArgs(frame, by.args)],
      by.span,
      undefined,
    );
  }
  const callee = evaluateCallee(frame, by);
  return callValue(frame, callee.value, callee.name, [left, right], by.span, undefined);
}

function evaluateCallee(frame: Frame, e: Expr): { readonly value: Value; readonly name: string } {
  const name = e.kind === 'name' ? e.text : e.kind === 'field' ? e.field.text : showExpr(e);
  return { value: evaluate(frame, e), name };
}

/** The two sides of an align, for a measure over embeddings. */
export function traceSides(
  declared: Declared,
  objective: Objective,
  values: ReadonlyMap<string, Value>,
): { readonly left: TensorValue; readonly right: TensorValue } | undefined {
  const { sides } = objective;
  if (sides === undefined) return undefined;
  const frame = fieldFrame(declared, objective, values);
  const left = evaluate(frame, sides.left);
  const right = evaluate(frame, sides.right);
  return left.kind === 'tensor' && right.kind === 'tensor' ? { left, right } : undefined;
}

/** Symbolic values for the fields of an objective, whose rows are one dim. */
export function symbolicFields(
  declared: Declared,
  objective: Objective,
  make: (frame: Frame, p: Param, rows: Dim) => Value,
): ReadonlyMap<string, Value> {
  const { frame } = declared;
  const [first] = objective.params;
  const rows = dimSymbol({
    id: `${objective.name}:rows`,
    name: (first === undefined ? undefined : leadName(first)) ?? 'B',
    role: 'data',
  });
  const at = startBody(frame.trace, {
    scope: childScope(declarationsOf(declared, objective.item).scope),
    path: objective.name,
  });
  const values = new Map(
    modalitiesFirst(declared, objective.params).map(p => [p.name.text, make(at, p, rows)]),
  );
  return new Map(objective.params.map(p => [p.name.text, values.get(p.name.text) ?? errorValue]));
}
