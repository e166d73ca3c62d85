// `adapt hear by lora(rank: 8, alpha: 16) on **.attention.{query,value}.weight`: a function on weights. Whoever reads
// such a weight of the part, in any body, reads what the function makes of it; weights of the function's own stand
// below the weight, at `hear.….query.weight.lora.a`.

import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { AdaptMember, Name, WeightPattern } from '../syntax/ast.ts';
import { callBlock } from './call-block.ts';
import { calleeOf, evaluateArgs } from './calls.ts';
import { originalPath } from './copy.ts';
import type { Declared } from './declare.ts';
import { evaluate } from './expressions.ts';
import { layersOf } from './layers.ts';
import { compareDims, complain, type Frame, startBody, type Trace } from './trace.ts';
import { showExpr } from './type-names.ts';
import type { BlockValue, BoundArg, ErrorValue, TensorValue } from './values.ts';
import { errorValue, showTensorType, showType } from './values.ts';
import { patternMatches } from './weight-pattern.ts';

/** A function on weights, as one graph has it. */
export interface Adaptation {
  readonly member: AdaptMember;
  /** The path of the part. */
  readonly part: string;
  readonly block: BlockValue;
  readonly args: readonly BoundArg[];
  readonly as: Name | undefined;
  /** The model that says it. */
  readonly frame: Frame;
  /** Patterns that some weight of this graph matched. */
  readonly met: Set<WeightPattern>;
}

/** Notes an adaptation for the graph, whose bodies are traced later. */
export function defineAdaptation(frame: Frame, member: AdaptMember): void {
  const part = evaluate(frame, member.part);
  const path = part.kind === 'part' || part.kind === 'block' ? part.path : undefined;
  if (part.kind !== 'error' && path === undefined)
    complain(
      frame,
      'wrong-kind',
      { where: 'what is adapted', expected: 'a part or an encoder, by its name', got: showType(part) },
      member.part.span,
    );
  const { by } = member;
  const [call, as] = by.kind === 'as' ? [by.value, by.name] : [by, undefined];
  const callee = calleeOf(frame, call.kind === 'call' ? call.callee : call);
  if (callee.kind === 'error') return;
  if (callee.kind !== 'block' || callee.path !== undefined) {
    complain(
      frame,
      'wrong-kind',
      {
        where: 'what adapts',
        expected: 'a block that takes a weight, as in lora(rank: 8)',
        got: showType(callee),
      },
      by.span,
    );
    return;
  }
  const args = call.kind === 'call' ? evaluateArgs(frame, call.args) : [];
  if (path === undefined || args.some(a => a.value.kind === 'error')) return;
  frame.trace.adaptations.push({ member, part: path, block: callee, args, as, frame, met: new Set() });
}

/** Which patterns of an adaptation name a weight, or in a check some layer that it stands for. */
function patternsFor(trace: Trace, { part, member }: Adaptation, path: string): readonly WeightPattern[] {
  if (!path.startsWith(`${part}.`)) return [];
  const paths = trace.mode === 'check' ? layersOf(path, trace.repeats) : [path];
  const below = paths.map(p => p.slice(part.length + 1));
  return member.patterns.filter(({ text }) => below.some(p => patternMatches(text, p)));
}

/** What a body reads for its weight: the weight itself, or what is made of it. */
export function adapted(
  frame: Frame,
  path: string,
  value: TensorValue,
  span: Span,
): TensorValue | ErrorValue {
  const { trace, copy } = frame;
  if (trace.adaptations.length === 0 || isOwn(trace, path)) return value;
  const original = copy === undefined ? path : originalPath(copy, path);
  const key = `adapted %${value.id}`;
  const known = trace.evaluated.get(key);
  if (known?.kind === 'tensor') return known;
  let at: TensorValue = value;
  const uses: Frame['uses'] = new Map();
  for (const a of trace.adaptations) {
    const found = patternsFor(trace, a, original);
    if (found.length === 0) continue;
    for (const p of found) a.met.add(p);
    const next = apply({ ...frame, uses }, a, { path, original }, at, span);
    if (next === undefined) return errorValue;
    at = next;
  }
  trace.evaluated.set(key, at);
  return at;
}

/** Weights that adaptations made are not adapted themselves. */
const isOwn = (trace: Trace, path: string): boolean =>
  trace.adapters.some(a => path.startsWith(`${a.path}.`));

function apply(
  frame: Frame,
  adaptation: Adaptation,
  { path, original }: { readonly path: string; readonly original: string },
  value: TensorValue,
  span: Span,
): TensorValue | undefined {
  const { block, args, as, member } = adaptation;
  const at = member.by.span;
  const here = { span, message: `the weight ${path}` };
  // The function is called for the weight and not by the body around it: that may be one of the blocks that it calls.
  const trace: Trace = {
    ...frame.trace,
    stack: frame.trace.stack.map(() => ' around'),
    report: d => frame.trace.report({ ...d, related: [...d.related, here] }),
  };
  trace.adapters.push({ path: `${path}.${as?.text ?? block.name}`, weight: path, original, adaptation });
  const start = { scope: adaptation.frame.scope, path, via: undefined, copy: frame.copy };
  const body: Frame = { ...startBody(trace, start), uses: frame.uses };
  const weight: BoundArg = { name: undefined, value, span: at };
  const result = callBlock(body, block, [weight, ...args], at, as);
  if (result.kind === 'error') return undefined;
  const same =
    result.kind === 'tensor' &&
    result.element.kind === 'float' &&
    result.dims.length === value.dims.length &&
    result.dims.every((d, i) => compareDims(trace.facts, d, value.dims[i] ?? 0) === 'equal');
  if (same) return { ...result, quality: undefined };
  complain(
    body,
    'adapt-changes',
    { by: showExpr(member.by), weight: showTensorType(value), made: showType(result) },
    at,
  );
  return undefined;
}

/** What an adaptation has made below a weight, for the paths of a check. */
export interface Adapter {
  readonly path: string;
  readonly weight: string;
  /** The weight that a copy's follows, or the same. */
  readonly original: string;
  readonly adaptation: Adaptation;
}

/** Whether a weight is there at this path of one layer: an adaptation may be of some layers only. */
export function isAtLayer(trace: Trace, path: string): boolean {
  const adapter = trace.adapters.find(a =>
    layersOf(a.path, trace.repeats).some(at => path.startsWith(`${at}.`)),
  );
  if (adapter === undefined) return true;
  const count = (p: string): number => p.split('.').length;
  const weight = path.split('.').slice(0, count(adapter.weight));
  const { part, member } = adapter.adaptation;
  const below = weight.slice(count(part) - count(adapter.original)).join('.');
  return member.patterns.some(({ text }) => patternMatches(text, below));
}

/** Every pattern of the model's own adaptations has to match some weight in one of its traces. */
export function checkAdaptations(declared: Declared, traces: readonly Trace[]): void {
  const { frame, item } = declared;
  for (const { member, part } of frame.trace.adaptations) {
    if (!item.members.includes(member)) continue;
    for (const pattern of member.patterns) {
      if (traces.some(t => t.adaptations.some(a => a.member === member && a.met.has(pattern)))) continue;
      const known = new Set(traces.flatMap(t => weightsBelow(t, part)));
      const suggestion = nearestName(pattern.text, known);
      const matrices = [...known].filter(path => /\bweight$/.test(path)).sort();
      const shown = [...new Set([...matrices, ...known])].slice(0, 4);
      const params = { pattern: pattern.text, part: showExpr(member.part), known: shown, suggestion };
      complain(frame, 'adapts-nothing', params, pattern.span);
    }
  }
}

/** The weights of a part, its layers as `*`. */
function weightsBelow(trace: Trace, part: string): readonly string[] {
  const paths = [...trace.weights.values()].flatMap(w =>
    w.kind === 'weight' && w.path.startsWith(`${part}.`) && !isOwn(trace, w.path) ? [w.path] : [],
  );
  return paths.map(path => {
    const names = path.split('.');
    const shown = names.map((name, i) =>
      name === '0' && trace.repeats.has(names.slice(0, i).join('.')) ? '*' : name,
    );
    return shown.slice(part.split('.').length).join('.');
  });
}
