// One call of a block: its parameters bound, its body traced, its promise held to, its weights placed.

import { dimKey, showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { Expr, Name, Param, TypeExpr } from '../syntax/ast.ts';
import { bareDims, inBindingOrder } from './binding-order.ts';
import { assignArgs } from './calls.ts';
import { copiedPath, nameInCopy, originalPath } from './copy.ts';
import { asTensor } from './emit.ts';
import { evaluate } from './expressions.ts';
import { matchParam } from './match.ts';
import { unfold } from './pack.ts';
import { keepsPromise } from './promise.ts';
import { promisedValue } from './promised.ts';
import { noteRename } from './renames.ts';
import { childScope, lookUp } from './scope.ts';
import { traceBody } from './statements.ts';
import { staticArg } from './static-arg.ts';
import {
  complain,
  type Frame,
  here,
  keepKey,
  type NamedValue,
  nested,
  type PartCall,
  spend,
  startBody,
} from './trace.ts';
import { isStaticType } from './type-names.ts';
import type { Binding } from './types.ts';
import type { BlockValue, BoundArg, Callable, Origin, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

export function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

export function callBlock(
  frame: Frame,
  block: BlockValue,
  args: readonly BoundArg[],
  span: Span,
  as: Name | undefined,
): Value {
  const { trace } = frame;
  if (!spend(frame, span, 20)) return errorValue;
  const assigned = assignArgs(frame, block, args, span);
  if (assigned === undefined) return errorValue;
  if ([...assigned.values()].some(a => a.value.kind === 'error')) return errorValue;
  // A part called twice on the same values is evaluated once, with one set of draws.
  const own = ownPath(frame, block, span);
  const same =
    own === undefined ? undefined : callKey(`${own}${trace.steps.map(at => `@${at}`).join('')}`, assigned);
  const known = same === undefined ? undefined : trace.evaluated.get(same);
  if (known !== undefined) return known;
  const key = callableKey(block.callable);
  if (trace.stack.includes(key)) {
    complain(frame, 'recursive-block', { name: block.name }, span);
    return errorValue;
  }
  return nested(frame, span, 4, errorValue, () => {
    if (!trace.sound(block)) return promisedValue(frame, block, assigned, span);
    trace.stack.push(key);
    try {
      const value = traceCall(frame, block, assigned, span, as);
      if (same !== undefined && value.kind !== 'error') trace.evaluated.set(same, value);
      return value;
    } finally {
      trace.stack.pop();
    }
  });
}

/** Where a part's weights stand, whoever calls it; undefined where that depends on the call. */
export function ownPath(frame: Frame, { path, copy }: BlockValue, span: Span): string | undefined {
  const under = copy === undefined ? frame.copy : undefined;
  return path === undefined || under === undefined ? path : copiedPath(frame, under, path, span);
}

/** A text that is equal for calls of one part with equal arguments; undefined where an argument has none. */
function callKey(path: string, assigned: ReadonlyMap<string, BoundArg>): string | undefined {
  const parts = [...assigned].map(([name, a]) => {
    const key = valueKey(a.value);
    return key === undefined ? undefined : `${name}=${key}`;
  });
  return parts.includes(undefined) ? undefined : `${path}(${parts.sort().join(', ')})`;
}

export function valueKey(v: Value): string | undefined {
  switch (v.kind) {
    case 'tensor':
      return `%${v.id}${v.quality ?? ''}[${v.keeps.map(keepKey).join()}]`;
    case 'int':
      return dimKey(v.dim);
    case 'quantity':
      return `${v.amount?.numerator}/${v.amount?.denominator} s^${v.power}`;
    case 'number':
    case 'bool':
    case 'string':
      return `${v.kind} ${v.value}`;
    case 'record': {
      const fields = [...v.fields].map(([name, field]) => [name, valueKey(field)] as const);
      return fields.some(([, key]) => key === undefined)
        ? undefined
        : `{${fields.map(f => f.join(':')).join()}}`;
    }
    case 'list': {
      const keys = v.items.map(valueKey);
      return keys.includes(undefined) ? undefined : `[${keys.join()}]`;
    }
    case 'block':
      return `${callableKey(v.callable)}@${v.path ?? ''}`;
    case 'intrinsic':
      return v.intrinsic.name;
    case 'search':
      return `beam(${v.width}, ${v.lengthPenalty})`;
    default:
      return undefined;
  }
}

/** One text for each block, encoder and export. */
export function callableKey(callable: Callable): string {
  return `${callable.name.span.file}:${callable.name.span.start}`;
}

function traceCall(
  frame: Frame,
  block: BlockValue,
  assigned: ReadonlyMap<string, BoundArg>,
  span: Span,
  as: Name | undefined,
): Value {
  const { trace } = frame;
  const name = as?.text ?? block.name;
  const path = ownPath(frame, block, span) ?? joinPath(frame.path, name);
  const isByName = as === undefined && block.path === undefined && name === block.callable.name.text;
  if (isByName) noteRename(frame, name, block.callable.renamed);
  const scope = childScope(block.scope);
  const copy = block.copy ?? frame.copy;
  const body = startBody(trace, { scope, path, via: here(frame, span), copy });
  const binding: Binding = { scope, bound: new Map(), pack: undefined };
  if (block.path === undefined && isTwin(frame, name, as?.span ?? span, false)) return errorValue;
  if (block.path === undefined && !nameInCopy(frame, name, as?.span ?? span)) return errorValue;
  const owned = trace.weights.size + trace.draws.size;
  const firstNode = nodesOf(trace);
  if (!bindParams(frame, body, binding, block, assigned)) return errorValue;
  const result = traceBody(body, block.callable.body, block.name);
  const owns = block.path === undefined && trace.weights.size + trace.draws.size > owned;
  if (block.path === undefined && !isTwin(frame, name, as?.span ?? span, owns))
    frame.uses.set(name, { span, owns });
  if (result.kind === 'error') return result;
  const promised = block.callable.result;
  if (promised !== undefined && !keepsPromise(body, binding, block.name, promised, result)) return errorValue;
  const leads = promised === undefined || startsWithPack(promised);
  const out = unfold(frame, binding.pack, result, leads);
  const original = block.copy === undefined ? undefined : `copy of ${originalPath(block.copy, path)}`;
  trace.calls.push({
    path,
    name: original ?? block.name,
    block: original ?? block.callable.name.text,
    within: frame.path,
    depth: trace.stack.length,
    args: assigned,
    result: out,
    firstNode,
    lastNode: nodesOf(trace),
    span: here(frame, span),
  });
  return withOrigins(out, block, assigned);
}

/** The tensors that go into a call. */
export function readsOf({ args }: PartCall): readonly NamedValue[] {
  return [...args].flatMap(([param, a]) => tensorsIn(a.value, param));
}

/** The tensors that come out of a call. */
export function makesOf({ result }: PartCall): readonly NamedValue[] {
  return tensorsIn(result, '');
}

/** The types of a call's tensors and records. */
export function inputTypes({ args }: PartCall): string {
  return [...args.values()]
    .filter(a => a.value.kind === 'tensor' || a.value.kind === 'record')
    .map(a => showType(a.value))
    .join(', ');
}

/** The tensors of a value by name: a record's are `name.field`. */
export function tensorsIn(value: Value, name: string): readonly NamedValue[] {
  if (value.kind === 'tensor') return [{ name, id: value.id }];
  if (value.kind !== 'record') return [];
  return [...value.fields].flatMap(([field, v]) => tensorsIn(v, name === '' ? field : `${name}.${field}`));
}

function startsWithPack(type: TypeExpr): boolean {
  return type.kind === 'record'
    ? type.fields.some(f => startsWithPack(f.type))
    : type.dims?.[0]?.kind === 'pack';
}

/** Two parts of one body may not have one name where they own something; reported if so. */
export function isTwin(frame: Frame, name: string, span: Span, owns: boolean): boolean {
  const before = frame.uses.get(name);
  if (before === undefined || !(before.owns || owns)) return false;
  complain(frame, 'twin-parts', { name }, span, {
    related: [{ span: here(frame, before.span), message: 'the first one' }],
  });
  return true;
}

/** Binds given static arguments, then tensors with their dims, then what was left to defaults. */
export function bindParams(
  caller: Frame,
  body: Frame,
  binding: Binding,
  block: BlockValue,
  assigned: ReadonlyMap<string, BoundArg>,
): boolean {
  const { params } = block.callable;
  const late: Param[] = [];
  let ok = true;
  const bind = (p: Param, value: Value): void => {
    body.scope.names.set(p.name.text, { value, span: p.span });
    if (value.kind === 'error') ok = false;
  };
  for (const p of params) {
    if (!isStaticType(p.type)) continue;
    const given = assigned.get(p.name.text);
    if (given !== undefined) bind(p, staticArg(caller, block.name, p, given.value, given.span));
    else if (
      p.fallback !== undefined &&
      namesOf(p.fallback).every(n => lookUp(body.scope, n) !== undefined)
    ) {
      bind(p, staticArg(body, block.name, p, evaluate(body, p.fallback), p.fallback.span));
    } else late.push(p);
  }
  const tensors = inBindingOrder(params).filter(p => !isStaticType(p.type));
  for (const [i, p] of tensors.entries()) {
    const given = assigned.get(p.name.text);
    const fallback = given === undefined && p.fallback !== undefined ? evaluate(body, p.fallback) : undefined;
    const raw = given?.value ?? fallback ?? errorValue;
    const span = given?.span ?? p.fallback?.span ?? p.span;
    const bare = p.type.kind === 'tensor' && p.type.base.text === 'float' && p.type.dims === undefined;
    const value =
      bare || (p.type.kind === 'tensor' && p.type.base.text === 'tensor' && raw.kind !== 'record')
        ? asTensor(caller, raw, span, `${p.name.text} of ${block.name}`)
        : raw;
    const matched = matchParam(
      caller,
      body,
      binding,
      { callee: block.name, name: p.name.text, type: p.type, span, paramSpan: p.span },
      value,
    );
    bind(p, matched);
    if (matched.kind === 'error') leaveOpen(binding, p, tensors.slice(i + 1));
  }
  // Defaults may be of dims that a wrong argument has left open.
  if (!ok) return false;
  for (const p of late)
    if (p.fallback !== undefined)
      bind(p, staticArg(body, block.name, p, evaluate(body, p.fallback), p.fallback.span));
  return ok;
}

/** What a wrong argument would have bound, and none behind it will, is an error already told where it is read. */
function leaveOpen(binding: Binding, wrong: Param, behind: readonly Param[]): void {
  const open = behind.map(p => bareDims(p.type));
  for (const name of bareDims(wrong.type))
    if (!open.some(dims => dims.has(name)) && lookUp(binding.scope, name) === undefined)
      binding.scope.names.set(name, { value: errorValue, span: wrong.span });
}

function namesOf(e: Expr): readonly string[] {
  switch (e.kind) {
    case 'name':
      return [e.text];
    case 'unary':
      return namesOf(e.operand);
    case 'binary':
      return [...namesOf(e.left), ...namesOf(e.right)];
    case 'call':
      return e.args.flatMap(a => namesOf(a.value));
    case 'list':
      return e.items.flatMap(namesOf);
    default:
      return [];
  }
}

/** Sizes that came from an argument remember where it was written. */
function withOrigins(value: Value, block: BlockValue, assigned: ReadonlyMap<string, BoundArg>): Value {
  if (value.kind !== 'tensor') return value;
  let origins: Map<string, Origin> | undefined;
  for (const p of block.callable.params) {
    const given = assigned.get(p.name.text);
    if (given?.value.kind !== 'int' || !isStaticType(p.type)) continue;
    const key = dimKey(given.value.dim);
    if (!value.dims.some(d => dimKey(d) === key) || value.origins.has(key)) continue;
    origins ??= new Map(value.origins);
    origins.set(key, {
      span: given.span,
      text: `${showDim(given.value.dim)} comes from ${p.name.text} of ${block.name}`,
    });
  }
  return origins === undefined ? value : { ...value, origins };
}

/** How many nodes the graph has so far. */
export function nodesOf(trace: Frame['trace']): number {
  return trace.builder.finish().nodes.length;
}
