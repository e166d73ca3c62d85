// Calls: which argument goes to which parameter, what is called, and what the call is named.

import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { Arg, CallExpr, Expr, Name, PipeExpr } from '../syntax/ast.ts';
import { callBlock } from './call-block.ts';
import { asTensor } from './emit.ts';
import { evaluate } from './expressions.ts';
import type { GivenArg, Intrinsic } from './intrinsic.ts';
import { callLambda } from './lambda.ts';
import { meantName } from './meant-name.ts';
import { calledHere } from './names-elsewhere.ts';
import { blockInPlace } from './part.ts';
import { noteRename } from './renames.ts';
import { lookUp, lookUpWhere, namesInReach } from './scope.ts';
import type { Frame } from './trace.ts';
import { complain } from './trace.ts';
import { isBlockParam, showExpr, showTypeExpr } from './type-names.ts';
import { asModel, isModelCallee, withSettings } from './used-model.ts';
import type { BlockValue, BoundArg, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

/** A piped value as the first argument of the call to its right. */
export function evaluatePipe(frame: Frame, e: PipeExpr, name: Name | undefined): Value {
  const left: BoundArg = { name: undefined, value: evaluate(frame, e.left), span: e.left.span };
  return pipeInto(frame, e.right, left, name, e.span);
}

function pipeInto(frame: Frame, right: Expr, left: BoundArg, name: Name | undefined, span: Span): Value {
  switch (right.kind) {
    case 'call':
      return evaluateCall(frame, right, name, left);
    case 'as':
      noteRename(frame, right.name.text, right.renamed);
      return pipeInto(frame, right.value, left, right.name, span);
    case 'name':
    case 'field':
      return callValue(frame, calleeOf(frame, right), calleeName(right), [left], right.span, name);
    default:
      return callValue(frame, evaluate(frame, right), showExpr(right), [left], right.span, name);
  }
}

export function evaluateCall(
  frame: Frame,
  e: CallExpr,
  name: Name | undefined,
  piped: BoundArg | undefined,
): Value {
  const callee = calleeOf(frame, e.callee);
  const args = evaluateArgs(frame, e.args, blockParams(callee, piped === undefined ? 0 : 1));
  return callValue(
    frame,
    callee,
    calleeName(e.callee),
    piped === undefined ? args : [piped, ...args],
    e.span,
    name,
  );
}

/** `isBlock` says which arguments are blocks: there a call with settings, `sample(top_k: 40)`, is one. */
export function evaluateArgs(
  frame: Frame,
  args: readonly Arg[],
  isBlock: (name: string | undefined, place: number) => boolean = () => false,
): BoundArg[] {
  return args.map((a, i) => ({
    name: a.name?.text,
    value: (isBlock(a.name?.text, i) ? blockInPlace(frame, a.value) : undefined) ?? evaluate(frame, a.value),
    span: a.name?.span === undefined ? a.value.span : a.span,
  }));
}

/** Which arguments of a call are blocks, by name and by place among those that are written. */
function blockParams(callee: Value, before: number): (name: string | undefined, place: number) => boolean {
  if (!takesBlocks(callee)) return () => false;
  const params = paramsOf(callee);
  const blocks = new Set(params.filter(p => p.isBlock).map(p => p.name));
  return (name, place) => blocks.has(name ?? params[before + place]?.name ?? '');
}

function takesBlocks(callee: Value): boolean {
  switch (callee.kind) {
    case 'intrinsic':
      return callee.intrinsic.params.some(p => p.kind === 'block');
    case 'block':
      return callee.callable.params.some(isBlockParam);
    case 'part':
      return callee.block.callable.params.some(isBlockParam);
    default:
      return false;
  }
}

function paramsOf(callee: Value): readonly { readonly name: string; readonly isBlock: boolean }[] {
  switch (callee.kind) {
    case 'intrinsic':
      return callee.intrinsic.params.map(p => ({ name: p.name, isBlock: p.kind === 'block' }));
    case 'block':
      return callee.callable.params.map(p => ({ name: p.name.text, isBlock: isBlockParam(p) }));
    case 'part': {
      const given = new Set(callee.args.map(a => a.name));
      return paramsOf(callee.block).filter(p => !given.has(p.name));
    }
    default:
      return [];
  }
}

function calleeName(e: Expr): string {
  return e.kind === 'name' ? e.text : e.kind === 'field' ? e.field.text : showExpr(e);
}

export function calleeOf(frame: Frame, e: Expr): Value {
  if (e.kind !== 'name') return evaluate(frame, e);
  const found = lookUp(frame.scope, e.text);
  if (found !== undefined) return found.value;
  const suggestion = calledHere(e.text) ?? meantName(frame.scope, e.text, callablesInReach(frame));
  complain(frame, 'unknown-name', { name: e.text, what: 'block or function', suggestion }, e.span);
  return errorValue;
}

const callables: ReadonlySet<Value['kind']> = new Set([
  'block',
  'part',
  'lambda',
  'intrinsic',
  'unknown-block',
]);

function callablesInReach(frame: Frame): readonly string[] {
  return namesInReach(frame.scope).filter(n => callables.has(lookUp(frame.scope, n)?.value.kind ?? 'error'));
}

/** Tells that a value is no block, and of the block of that name that it hides. */
function refuseCall(frame: Frame, callee: Value, name: string, span: Span): void {
  const hidden = lookUpWhere(frame.scope, name, b => callables.has(b.value.kind));
  const related = hidden?.span === undefined ? [] : [{ span: hidden.span, message: `the hidden ${name}` }];
  complain(frame, 'not-callable', { name, got: showType(callee), hides: hidden !== undefined }, span, {
    related,
  });
}

export function callValue(
  frame: Frame,
  callee: Value,
  name: string,
  args: readonly BoundArg[],
  span: Span,
  as: Name | undefined,
): Value {
  switch (callee.kind) {
    case 'error':
      return callee;
    case 'intrinsic':
      return callIntrinsic(frame, callee.intrinsic, args, span, as);
    case 'block':
      return callBlock(frame, callee, args, span, as);
    case 'part':
      return callBlock(
        frame,
        { ...callee.block, path: callee.path, name: callee.name },
        [...args, ...callee.args],
        span,
        as,
      );
    case 'lambda':
      return callLambda(frame, callee, as?.text ?? name, args, span);
    case 'unknown-block': {
      // What it does is known only to callers; it is taken to keep the type, as an activation does.
      const [first] = args;
      return first === undefined
        ? errorValue
        : asTensor(frame, first.value, first.span, `what ${name} is applied to`);
    }
    case 'file':
    case 'model': {
      const model = isModelCallee(callee) ? asModel(frame, callee, span) : undefined;
      if (model !== undefined) return withSettings(model, args);
      if (callee.kind === 'model') refuseCall(frame, callee, name, span);
      return errorValue;
    }
    default:
      refuseCall(frame, callee, name, span);
      return errorValue;
  }
}

function callIntrinsic(
  frame: Frame,
  intrinsic: Intrinsic,
  args: readonly BoundArg[],
  span: Span,
  as: Name | undefined,
): Value {
  const given = new Map<string, GivenArg>();
  const rest: (GivenArg & { name: string | undefined })[] = [];
  const { params, name } = intrinsic;
  const known = params.map(p => p.name);
  let next = 0;
  for (const a of args) {
    if (a.name === undefined) {
      const param =
        intrinsic.more === 'positional' && params[next]?.optional === true ? undefined : params[next];
      if (param !== undefined) {
        next += 1;
        given.set(param.name, a);
      } else if (intrinsic.more === 'positional') rest.push({ ...a, name: undefined });
      else {
        complain(frame, 'too-many-arguments', { callee: name, takes: params.length, known }, a.span);
        return errorValue;
      }
    } else if (known.includes(a.name)) {
      if (given.has(a.name)) {
        complain(frame, 'argument-twice', { callee: name, name: a.name }, a.span);
        return errorValue;
      }
      given.set(a.name, a);
    } else if (intrinsic.more === 'named') rest.push({ ...a, name: a.name });
    else {
      complain(
        frame,
        'unknown-argument',
        { callee: name, name: a.name, known, suggestion: nearestName(a.name, known) },
        a.span,
      );
      return errorValue;
    }
  }
  for (const p of params) {
    if (p.optional === true || given.has(p.name)) continue;
    complain(
      frame,
      'missing-argument',
      { callee: name, name: p.name, type: p.kind === 'tensor' ? 'a tensor' : 'a value' },
      span,
    );
    return errorValue;
  }
  if ([...given.values(), ...rest].some(a => a.value.kind === 'error')) return errorValue;
  return intrinsic.apply({ frame, name, span, as, args: given, rest });
}

/**
 * Puts arguments to parameters: named ones by name, the others in order. Reports what doesn't fit; undefined then.
 */
export function assignArgs(
  frame: Frame,
  block: BlockValue,
  args: readonly BoundArg[],
  span: Span,
): ReadonlyMap<string, BoundArg> | undefined {
  const params = block.callable.params;
  const known = params.map(p => p.name.text);
  const assigned = new Map<string, BoundArg>();
  const open = args.some(a => a.name !== undefined)
    ? params.filter(p => !args.some(a => a.name === p.name.text))
    : params;
  let next = 0;
  let fits = true;
  for (const a of args) {
    if (a.name === undefined) {
      const param = open[next];
      if (param === undefined) {
        complain(
          frame,
          'too-many-arguments',
          {
            callee: block.name,
            takes: params.length,
            known: params.map(p => `${p.name.text}: ${showTypeExpr(p.type)}`),
          },
          a.span,
        );
        fits = false;
        continue;
      }
      next += 1;
      assigned.set(param.name.text, a);
    } else if (!known.includes(a.name)) {
      complain(
        frame,
        'unknown-argument',
        { callee: block.name, name: a.name, known, suggestion: nearestName(a.name, known) },
        a.span,
        {
          related: [{ span: block.callable.name.span, message: `${block.name} is declared here` }],
        },
      );
      fits = false;
    } else if (assigned.has(a.name)) {
      complain(frame, 'argument-twice', { callee: block.name, name: a.name }, a.span);
      fits = false;
    } else assigned.set(a.name, a);
  }
  // A name that doesn't fit stands for a parameter that is then missing: one mistake.
  for (const p of fits ? params : []) {
    if (assigned.has(p.name.text) || p.fallback !== undefined) continue;
    complain(
      frame,
      'missing-argument',
      { callee: block.name, name: p.name.text, type: showTypeExpr(p.type) },
      span,
      {
        related: [{ span: p.span, message: `${p.name.text} is declared here` }],
      },
    );
    fits = false;
  }
  return fits ? assigned : undefined;
}
