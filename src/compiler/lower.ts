// From a checked model to graphs: fields of the data become inputs, with their padding, and bodies are traced with
// every size a number.

import type { Diagnostic } from '../base/diagnostic.ts';
import { type Declared, declareModel } from '../dsl/semantics/declare.ts';
import { elementDType, fillDropped } from '../dsl/semantics/emit.ts';
import { homeOf } from '../dsl/semantics/extend.ts';
import { type Field, fieldOf, ownLength } from '../dsl/semantics/fields.ts';
import type { Library } from '../dsl/semantics/library.ts';
import type { ModalityInfo, Model, StageData, Transform } from '../dsl/semantics/model.ts';
import { createTrace, type Trace } from '../dsl/semantics/trace.ts';
import type { Element, TensorValue, Value } from '../dsl/semantics/values.ts';
import { errorValue } from '../dsl/semantics/values.ts';
import type { Param } from '../dsl/syntax/ast.ts';
import type { ValueId } from '../ir/graph.ts';
import type { Keep, OpRegistry } from '../ir/op.ts';
import type { Target } from './plan.ts';
import type { BatchSpec, FieldFeed, FieldKind, FieldSpec, ModalitySpec, WeightSpec } from './program.ts';

export interface LowerContext {
  readonly library: Library;
  readonly model: Model;
  readonly target: Target;
  readonly registry: OpRegistry;
  /** Passes that are left out, by name. */
  readonly without?: ReadonlySet<string>;
  /** false: generation computes every position anew in each step. */
  readonly cache?: boolean;
  /** false: every row of an export's batches is real. */
  readonly padded?: boolean;
  /** One step of a generation stands for all: the graph isn't run. */
  readonly outline?: boolean;
}

/** Something that only shows with every size known: thrown by lowering, told by whoever asked for the program. */
export class LoweringError extends Error {
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics[0]?.message ?? 'lowering failed');
  }
}

export interface Lowering {
  readonly declared: Declared;
  readonly trace: Trace;
  /** Throws where something was reported. */
  readonly finish: () => void;
}

/** A fresh graph of the model with its members declared in it. */
export function startLowering(
  context: LowerContext,
  name: string,
  learning: (path: string) => boolean,
): Lowering {
  const diagnostics: Diagnostic[] = [];
  const trace = createTrace({
    mode: 'lower',
    registry: context.registry,
    learning,
    report: d => diagnostics.push(d),
    name,
    ...(context.cache === undefined ? {} : { cache: context.cache }),
    ...(context.outline === undefined ? {} : { outline: context.outline }),
  });
  const { model, library } = context;
  const variant = library.variants.find(v => v.name.text === model.variant);
  const declared = declareModel(trace, { library, item: model.item, variant, args: [] });
  const finish = (): void => {
    const errors = diagnostics.filter(d => d.severity === 'error');
    if (errors.length > 0) throw new LoweringError(errors);
  };
  return { declared, trace, finish };
}

export interface BatchBuilder {
  readonly id: string;
  readonly size: number;
  /** Rows may be padding: a short last batch. Every value then carries that mask. */
  readonly padded: boolean;
  /** The value of a field among others; asked for twice as the same type, it is one input. */
  readonly field: (p: Param, among: readonly Param[]) => Value;
  readonly spec: (
    data: StageData | undefined,
    distinct: readonly string[],
    order?: BatchSpec['order'],
  ) => BatchSpec;
  readonly keep: ValueId;
}

/** One batch's inputs, made as fields are asked for. */
export function createBatch(lowering: Lowering, id: string, size: number, padded: boolean): BatchBuilder {
  const { trace, declared } = lowering;
  const { builder } = trace;
  const keepFeed = `${id}/keep`;
  const keep = builder.input(keepFeed, 'feed', { dtype: 'bool', shape: [size] });
  const rows: readonly Keep[] = padded ? [{ mask: keep, axes: [0] }] : [];
  const values = new Map<string, Value>();
  const specs = new Map<
    string,
    { readonly type: FieldKind; readonly feeds: FieldFeed[]; readonly param: Param }
  >();

  const input = (
    field: string,
    component: FieldFeed['component'],
    dtype: FieldFeed['dtype'],
    shape: readonly number[],
  ): ValueId => {
    const feed = `${id}/${field}.${component}`;
    specs.get(field)?.feeds.push({ component, feed, dtype, shape });
    return builder.input(feed, 'feed', { dtype, shape });
  };
  /** Dropped positions of an input hold zero, whatever the data has there: 0 · NaN would reach what is kept. */
  const clean = (raw: ValueId, element: Element, keeps: readonly Keep[]): TensorValue => {
    const filled = keeps.reduce((v, k) => fillDropped(declared.frame, v, k, 0), raw);
    return {
      kind: 'tensor',
      id: filled,
      element,
      dims: builder.shapeOf(raw),
      quality: undefined,
      keeps,
      origins: new Map(),
    };
  };
  /** Of several in a row those are there that have a position. */
  const present = (lead: readonly number[], mask: ValueId): readonly Keep[] => {
    if (lead.length === 1) return [];
    const starts = [...lead, 1].map(() => 0);
    const firsts = { starts, limits: [...lead, 1], strides: starts.map(() => 1) };
    const there = builder.one('reshape', [builder.one('slice', [mask], firsts)], { shape: lead });
    trace.prefixes.add(there);
    return [{ mask: there, axes: [0, 1] }];
  };
  /** Objectives may read one field in two ways, as a text of two lengths: those are two inputs. */
  const keyOf = (name: string, type: FieldKind): string => {
    for (let n = 1; ; n++) {
      const key = n === 1 ? name : `${name}#${n}`;
      const there = specs.get(key);
      if (there === undefined || JSON.stringify(there.type) === JSON.stringify(type)) return key;
    }
  };
  const make = (p: Param, among: readonly Param[]): Value => {
    const home = homeOf(declared, p);
    const kind = fieldOf(home, p, among);
    if (kind === undefined) return errorValue;
    const length = ownLength(home, p);
    const type = fieldKind(kind, length);
    const name = keyOf(p.name.text, type);
    const known = values.get(name);
    if (known !== undefined) return known;
    specs.set(name, { type, feeds: [], param: p });
    const value = inputsOf(name, kind, length);
    values.set(name, value);
    return value;
  };
  const inputsOf = (name: string, kind: Field, length: number | undefined): Value => {
    if (kind.kind === 'number') return clean(input(name, 'value', 'f32', [size]), { kind: 'float' }, rows);
    if (kind.kind === 'labels')
      return clean(input(name, 'index', 'i32', [size]), { kind: 'index', of: kind.labels.size }, rows);
    if (kind.kind === 'place')
      return clean(input(name, 'index', 'i32', [size]), { kind: 'index', of: kind.axis.length }, rows);
    if (kind.kind === 'tags' || kind.kind === 'numbers') {
      const shape = [size, kind.axis.length];
      const raw =
        kind.kind === 'tags' ? input(name, 'index', 'i32', shape) : input(name, 'value', 'f32', shape);
      // Not every position of the axis has one, so this is no prefix.
      const mask = input(name, 'keep', 'bool', shape);
      const element: Element =
        kind.kind === 'tags' ? { kind: 'index', of: kind.labels.size } : { kind: 'float' };
      return clean(raw, element, [...rows, { mask, axes: [0, 1] }]);
    }
    const { info, many } = kind;
    const lead = many === undefined ? [size] : [size, many];
    const own = length === undefined ? ([...info.axes] as readonly number[]) : [length];
    const raw = info.components.map(c => {
      const shape = [...lead, ...own, ...(c.inner as readonly number[])];
      return { ...c, id: input(name, c.name, elementDType(c.element) === 'f32' ? 'f32' : 'i32', shape) };
    });
    const mask = own.length === 0 ? undefined : input(name, 'keep', 'bool', [...lead, ...own]);
    // Texts, recordings and videos are filled from the left, so what is kept is a prefix.
    if (mask !== undefined) trace.prefixes.add(mask);
    const axes = lead.map((_, i) => i);
    const keeps: readonly Keep[] =
      mask === undefined ? rows : [...rows, ...present(lead, mask), { mask, axes: [...axes, axes.length] }];
    const fields = new Map<string, Value>(raw.map(c => [c.name, clean(c.id, c.element, keeps)]));
    if (info.spec.kind !== 'text') return { kind: 'record', fields, modality: info, lead };
    let made: TensorValue | undefined;
    const starts = (): TensorValue => {
      made ??= clean(input(name, 'starts', 'bool', [size, ...own]), { kind: 'bool' }, keeps);
      return made;
    };
    return { kind: 'record', fields, modality: info, lead, starts };
  };
  return {
    id,
    size,
    padded,
    keep,
    field: make,
    spec: (data, distinct, order = 'endless') => ({
      id,
      data: data === undefined ? undefined : { set: data.set, split: data.split },
      size,
      fields: [...specs].map(
        ([, s]): FieldSpec => ({
          name: s.param.name.text,
          type: s.type,
          feeds: s.feeds,
          transforms: (data?.transforms.get(s.param.name.text) ?? []) as readonly Transform[],
          span: s.param.span,
        }),
      ),
      keepFeed,
      distinct,
      order,
      span: data?.span,
    }),
  };
}

/** `length`: of a text that is read shorter than its modality says. */
function fieldKind(field: Field, length: number | undefined): FieldKind {
  switch (field.kind) {
    case 'number':
      return { kind: 'number' };
    case 'labels':
      return { kind: 'labels', name: field.labels.path, size: field.labels.size, names: field.labels.names };
    case 'tags': {
      const { path, size, names } = field.labels;
      return { kind: 'tags', name: path, size, names, along: field.axis.along };
    }
    case 'numbers':
      return { kind: 'numbers', along: field.axis.along };
    case 'place':
      return { kind: 'place', along: field.axis.along, length: field.axis.length };
    case 'modality':
      return {
        kind: 'modality',
        modality: modalitySpec(field.info, length),
        ...(field.many === undefined ? {} : { many: field.many }),
      };
    default:
      return field satisfies never;
  }
}

export function modalitySpec({ path, spec }: ModalityInfo, length?: number): ModalitySpec {
  if (spec.kind !== 'text') return { name: path, ...spec };
  return { name: path, ...spec, length: length ?? spec.length };
}

/** Weights and states of several tracings together, in order of path. */
export function weightSpecs(traces: readonly Trace[]): readonly WeightSpec[] {
  const specs = new Map<string, WeightSpec>();
  for (const trace of traces) {
    for (const w of trace.weights.values()) {
      if (specs.has(w.path)) continue;
      const { dtype, shape } = trace.builder.typeOf(w.value.id);
      specs.set(w.path, {
        path: w.path,
        kind: w.kind,
        dtype,
        shape: shape as readonly number[],
        initializer: w.initializer,
        atLeast: w.atLeast,
        atMost: w.atMost,
        follows: w.follows,
        span: w.span,
      });
    }
  }
  return [...specs.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
