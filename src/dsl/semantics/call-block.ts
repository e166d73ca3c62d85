// One call of a block: its parameters bound, its body traced, its promise held to, its weights placed.

import type { Dim } from '../../base/dim.ts';
import { dimKey, showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { Expr, Name, Param, TypeExpr } from '../syntax/ast.ts';
import { assignArgs } from './calls.ts';
import { asTensor } from './emit.ts';
import { evaluate } from './expressions.ts';
import { childScope, lookUp } from './scope.ts';
import { traceBody } from './statements.ts';
import { compareDims, complain, type Frame, here } from './trace.ts';
import type { Binding } from './types.ts';
import { asDim, isStaticType, matchParam, showTypeExpr, unfold, wantedOf } from './types.ts';
import type { BlockValue, BoundArg, Origin, TensorValue, Value } from './values.ts';
import { errorValue, int, showElement, showType } from './values.ts';

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
  const assigned = assignArgs(frame, block, args, span);
  if (assigned === undefined) return errorValue;
  if ([...assigned.values()].some(a => a.value.kind === 'error')) return errorValue;
  const key = `${block.callable.name.span.file}:${block.callable.name.span.start}`;
  if (trace.stack.includes(key)) {
    complain(frame, 'recursive-block', { name: block.name }, span);
    return errorValue;
  }
  const name = as?.text ?? block.name;
  const path = block.path ?? joinPath(frame.path, name);
  const scope = childScope(block.scope);
  const body: Frame = { trace, scope, path, via: here(frame, span), carries: new Map(), uses: new Map() };
  const binding: Binding = { scope, bound: new Map(), pack: undefined };
  const owned = trace.weights.size + trace.draws.size;
  const firstNode = nodesOf(trace);
  if (!bindParams(frame, body, binding, block, assigned)) return errorValue;
  trace.stack.push(key);
  const result = traceBody(body, block.callable.body, block.name);
  trace.stack.pop();
  const owns = block.path === undefined && trace.weights.size + trace.draws.size > owned;
  if (block.path === undefined) noteUse(frame, name, as?.span ?? span, owns);
  if (result.kind === 'error') return result;
  const promised = block.callable.result;
  if (promised !== undefined && !keepsPromise(body, binding, block.name, promised, result)) return errorValue;
  const leads = promised === undefined || startsWithPack(promised);
  const out = unfold(frame, binding.pack, result, leads);
  trace.calls.push({
    path,
    name: block.name,
    input: [...assigned.values()]
      .filter(a => a.value.kind === 'tensor' || a.value.kind === 'record')
      .map(a => showType(a.value))
      .join(', '),
    output: showType(out),
    firstNode,
    lastNode: nodesOf(trace),
    span: here(frame, span),
  });
  return withOrigins(out, block, assigned);
}

function startsWithPack(type: TypeExpr): boolean {
  return type.kind === 'record'
    ? type.fields.some(f => startsWithPack(f.type))
    : type.dims?.[0]?.kind === 'pack';
}

/** Two parts of one body may not have one name where they own something. */
function noteUse(frame: Frame, name: string, span: Span, owns: boolean): void {
  const before = frame.uses.get(name);
  if (before !== undefined && (before.owns || owns)) {
    complain(frame, 'twin-parts', { name }, span, {
      related: [{ span: here(frame, before.span), message: 'the first one' }],
    });
    return;
  }
  frame.uses.set(name, { span, owns });
}

/** Binds given static arguments, then tensors with their dims, then what was left to defaults. */
function bindParams(
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
  for (const p of params) {
    if (isStaticType(p.type)) continue;
    const given = assigned.get(p.name.text);
    const fallback = given === undefined && p.fallback !== undefined ? evaluate(body, p.fallback) : undefined;
    const raw = given?.value ?? fallback ?? errorValue;
    const span = given?.span ?? p.fallback?.span ?? p.span;
    const bare = p.type.kind === 'tensor' && p.type.base.text === 'float' && p.type.dims === undefined;
    const value =
      bare || (p.type.kind === 'tensor' && p.type.base.text === 'tensor' && raw.kind !== 'record')
        ? asTensor(caller, raw, span, `${p.name.text} of ${block.name}`)
        : raw;
    bind(
      p,
      matchParam(
        caller,
        body,
        binding,
        { callee: block.name, name: p.name.text, type: p.type, span, paramSpan: p.span },
        value,
      ),
    );
  }
  for (const p of late)
    if (p.fallback !== undefined)
      bind(p, staticArg(body, block.name, p, evaluate(body, p.fallback), p.fallback.span));
  return ok;
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

/** A static argument as its parameter's kind. */
export function staticArg(frame: Frame, callee: string, p: Param, value: Value, span: Span): Value {
  if (value.kind === 'error') return value;
  const kind = p.type.kind === 'tensor' ? p.type.base.text : '';
  const where = `${p.name.text} of ${callee}`;
  const refuse = (expected: string): Value => {
    if (value.kind === 'tensor') complain(frame, 'not-static', { where }, span);
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
    case 'bool':
      return value.kind === 'bool' ? value : refuse('true or false');
    case 'string':
      return value.kind === 'string' ? value : refuse('a string');
    case 'block':
      return value.kind === 'block' ||
        value.kind === 'intrinsic' ||
        value.kind === 'part' ||
        value.kind === 'unknown-block'
        ? value
        : refuse('a block, by its name');
    case 'axes':
      return value.kind === 'int' ||
        value.kind === 'list' ||
        (value.kind === 'string' && value.value === 'all')
        ? value
        : refuse('an axis, a list of axes, or all');
    case 'list':
      return value.kind === 'list' ? value : refuse('a list');
    default:
      return value;
  }
}

/** Whether a result is what was promised; told with both sides otherwise. */
export function keepsPromise(
  body: Frame,
  binding: Binding,
  name: string,
  type: TypeExpr,
  value: Value,
): boolean {
  if (value.kind === 'error') return false;
  const why = (reason: string): boolean => {
    complain(
      body,
      'broken-promise',
      { name, promised: showPromise(body, type), returned: showType(value), why: reason },
      returnSpan(body, type),
      {
        related: [
          { span: here(body, type.span), message: `promised: ${showPromise(body, type)}` },
          ...(value.kind === 'tensor' ? originsOf(value) : []),
        ],
      },
    );
    return false;
  };
  if (type.kind === 'record') {
    if (value.kind !== 'record') return why('');
    const missing = type.fields.find(f => !value.fields.has(f.name.text));
    if (missing !== undefined) return why(`the field ${missing.name.text} is missing`);
    return type.fields.every(f =>
      keepsPromise(
        body,
        binding,
        `${name}.${f.name.text}`,
        f.type,
        value.fields.get(f.name.text) ?? errorValue,
      ),
    );
  }
  if (type.base.text === 'tensor') return value.kind === 'tensor' || why('');
  if (value.kind !== 'tensor') return why('');
  const wanted = wantedOf(body, type, undefined);
  if (wanted === undefined) return false;
  const dims: Dim[] = [];
  for (const d of wanted.dims) {
    const found =
      d.kind === 'pack'
        ? (binding.pack?.folded ?? asDim(lookUp(body.scope, d.name.text)?.value ?? errorValue))
        : dimIn(body, d.value);
    if (found === undefined) return why(`the dim in ${showTypeExpr(type)} isn't one of the parameters'`);
    dims.push(found);
  }
  if (wanted.space !== undefined) dims.push(wanted.space);
  const space = wanted.space === undefined ? undefined : showDim(wanted.space);
  const place = space === undefined ? '' : `end with |> into(${type.base.text})`;
  if (wanted.element !== undefined && wanted.element.kind !== value.element.kind)
    return why(`it promises ${showElement(wanted.element)}`);
  if (
    wanted.element?.kind === 'index' &&
    value.element.kind === 'index' &&
    compareDims(body.trace.facts, wanted.element.of, value.element.of) !== 'equal'
  ) {
    return why(`it points into ${showDim(value.element.of)}, not into ${showDim(wanted.element.of)}`);
  }
  if (dims.length !== value.dims.length) return why(place);
  const wrong = dims.findIndex((d, i) => compareDims(body.trace.facts, d, value.dims[i] ?? 0) !== 'equal');
  if (wrong >= 0) return why(place);
  if (wanted.quality !== undefined && value.quality !== wanted.quality) {
    return why(
      place !== ''
        ? place
        : wanted.quality === 'unit'
          ? 'unit(x) makes vectors of length one'
          : 'softmax(x) makes a distribution',
    );
  }
  return true;
}

function dimIn(frame: Frame, e: Expr): Dim | undefined {
  return asDim(evaluate(frame, e));
}

function originsOf(value: TensorValue): readonly { span: Span; message: string }[] {
  return value.dims.flatMap(d => {
    const origin = value.origins.get(dimKey(d));
    return origin === undefined ? [] : [{ span: origin.span, message: origin.text }];
  });
}

/** Where the promise was broken: the return that the body took. */
function returnSpan(body: Frame, type: TypeExpr): Span {
  return lookUp(body.scope, ' return')?.span ?? type.span;
}

function showPromise(body: Frame, type: TypeExpr): string {
  if (type.kind === 'record') return showTypeExpr(type);
  const named = lookUp(body.scope, type.base.text)?.value;
  if (named?.kind !== 'space') return showTypeExpr(type);
  const dims = [
    ...(type.dims ?? []).map(d =>
      d.kind === 'pack'
        ? `${d.name.text}...`
        : showTypeExpr({ ...type, dims: [d] }).slice(type.base.text.length + 1, -1),
    ),
    named.name,
  ];
  return `unit float[${dims.join(', ')}]`;
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
function nodesOf(trace: Frame['trace']): number {
  return trace.builder.finish().nodes.length;
}
