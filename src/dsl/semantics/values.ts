// What an expression of the language is while a body is traced: a tensor (a value of the graph with what is known
// beyond its shape), a static value, or something that can be called.

import type { Dim } from '../../base/dim.ts';
import { dimKey, showDim } from '../../base/dim.ts';
import type { Rational } from '../../base/rational.ts';
import type { Span } from '../../base/span.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { Keep } from '../../ir/op.ts';
import type {
  Arg,
  BlockItem,
  EncoderMember,
  ExportMember,
  LambdaExpr,
  ModelItem,
  VariantItem,
} from '../syntax/ast.ts';
import type { Intrinsic } from './intrinsic.ts';
import type { Library } from './library.ts';
import type { ModalityInfo } from './model.ts';
import type { Scope } from './scope.ts';
import { quantityType } from './units.ts';

/** The meaning of a tensor's elements: numbers, or positions on a dim. */
export type Element =
  | { readonly kind: 'float' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int' }
  | {
      readonly kind: 'index';
      readonly of: Dim;
      /** Weights over all entries stand for each. */
      readonly soft?: true;
    };

/** What is promised of the last axis: vectors of length one, or distributions. */
export type Quality = 'unit' | 'simplex' | undefined;

/** Why an axis has its size: `width: 192 of embedding`, at the argument. */
export interface Origin {
  readonly span: Span;
  readonly text: string;
}

export interface TensorValue {
  readonly kind: 'tensor';
  readonly id: ValueId;
  readonly element: Element;
  readonly dims: readonly Dim[];
  readonly quality: Quality;
  readonly keeps: readonly Keep[];
  /** By dimKey. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** An integer that may depend on dims; a nominal dim is one too. */
export interface IntValue {
  readonly kind: 'int';
  readonly dim: Dim;
}

/** A real number; undefined where it is a parameter of the block being defined. */
export interface NumberValue {
  readonly kind: 'number';
  readonly value: number | undefined;
}

/** A number with a unit: seconds to some power, −1 for hertz, never 0. */
export interface QuantityValue {
  readonly kind: 'quantity';
  /** Exact; undefined where it is a parameter of the block being defined. */
  readonly amount: Rational | undefined;
  readonly power: number;
  /** As it was written, for messages: `ms`. */
  readonly unit: string | undefined;
  /** The operation that it comes from, for messages. */
  readonly made: string | undefined;
}

export interface BoolValue {
  readonly kind: 'bool';
  /** undefined where it depends on a parameter of the block being defined. */
  readonly value: boolean | undefined;
  /** Equalities that hold where it is true. */
  readonly facts: readonly Fact[];
  /** Unknown, and false for some batch: at the full length of a text, say. */
  readonly canFail?: true;
}

/** Two dims that are equal here. */
export interface Fact {
  readonly left: Dim;
  readonly right: Dim;
}

export interface StringValue {
  readonly kind: 'string';
  readonly value: string;
}

export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly Value[];
}

export interface RecordValue {
  readonly kind: 'record';
  readonly fields: ReadonlyMap<string, Value>;
  /** The modality whose record this is. */
  readonly modality: ModalityInfo | undefined;
  /** Its leading dims, as in `picture[N...]`. */
  readonly lead: readonly Dim[];
  /** Of a text: where its words start, made an input where it is asked for. */
  readonly starts?: () => TensorValue;
}

export type Callable = BlockItem | EncoderMember | ExportMember;

/** A block that may be called, with the scope it was declared in. */
export interface BlockValue {
  readonly kind: 'block';
  readonly name: string;
  readonly callable: Callable;
  readonly scope: Scope;
  /** Its weights stand at this path, wherever it is called; undefined: at the caller's path and the call's name. */
  readonly path: string | undefined;
  /** Where it is a copy of the part at its path. */
  readonly copy?: Copy | undefined;
}

/** `copy look by ema(0.995)`: all that `look` reads, again as states under another path. */
export interface Copy {
  /** The path of the copy. */
  readonly path: string;
  readonly by: number;
  /** Paths under the copy's with what stands there in the original. */
  readonly roots: Map<string, string>;
}

/** `part n = f(config)`, or `f(config)` given for a block: an instance, its static arguments given. */
export interface PartValue {
  readonly kind: 'part';
  readonly name: string;
  /** Where its weights stand; undefined: at the caller's path and the block's name, as a block's. */
  readonly path: string | undefined;
  readonly block: BlockValue;
  readonly args: readonly BoundArg[];
}

export interface BoundArg {
  readonly name: string | undefined;
  readonly value: Value;
  readonly span: Span;
}

/** `c => write(c)`: a block written in place, with the names that are in reach there. */
export interface LambdaValue {
  readonly kind: 'lambda';
  readonly expr: LambdaExpr;
  readonly scope: Scope;
}

export interface IntrinsicValue {
  readonly kind: 'intrinsic';
  readonly intrinsic: Intrinsic;
}

/** A parameter of kind `block` in a block being defined: what it does is not known. */
export interface UnknownBlockValue {
  readonly kind: 'unknown-block';
  readonly name: string;
}

/** `beam(width: 4)`: how generation looks for the likeliest text. What is unknown in a definition stands as 1 and 0. */
export interface SearchValue {
  readonly kind: 'search';
  readonly width: number;
  readonly lengthPenalty: number;
}

/** A used file: `Other.block`, or what its only model declares. */
export interface FileValue {
  readonly kind: 'file';
  readonly name: string;
  readonly library: Library;
  /** Where the weights of its model stand in a model that takes its parts. */
  readonly root: string;
}

/** A model of a file in one setting: by its defaults, a variant, or given settings. */
export interface ModelValue {
  readonly kind: 'model';
  readonly root: string;
  readonly library: Library;
  readonly item: ModelItem;
  readonly variant: VariantItem | undefined;
  readonly args: readonly BoundArg[];
}

/** A modality's name: a type, and a dim where it has a vocabulary. */
export interface ModalityValue {
  readonly kind: 'modality';
  readonly info: ModalityInfo;
}

/** A space's name: a type, and the dim of its vectors. */
export interface SpaceValue {
  readonly kind: 'space';
  readonly name: string;
  readonly dim: Dim;
}

/** Something wrong was reported where this was made; whatever uses it stays silent. */
export interface ErrorValue {
  readonly kind: 'error';
}

export type Value =
  | TensorValue
  | IntValue
  | NumberValue
  | QuantityValue
  | BoolValue
  | StringValue
  | ListValue
  | RecordValue
  | BlockValue
  | PartValue
  | LambdaValue
  | IntrinsicValue
  | UnknownBlockValue
  | SearchValue
  | FileValue
  | ModelValue
  | ModalityValue
  | SpaceValue
  | ErrorValue;

export const errorValue: ErrorValue = { kind: 'error' };
export const float: Element = { kind: 'float' };

export function int(dim: Dim): IntValue {
  return { kind: 'int', dim };
}

export function showElement(element: Element): string {
  if (element.kind === 'bool') return 'mask';
  if (element.kind !== 'index') return element.kind;
  return `${element.soft === true ? 'soft ' : ''}index(${showDim(element.of)})`;
}

export function showTensorType(v: Pick<TensorValue, 'element' | 'dims' | 'quality'>): string {
  const quality = v.quality === undefined ? '' : `${v.quality} `;
  const dims = v.dims.length === 0 ? '' : `[${v.dims.map(showDim).join(', ')}]`;
  return `${quality}${showElement(v.element)}${dims}`;
}

/** A value's type, as it is written in a spec. */
export function showType(v: Value): string {
  switch (v.kind) {
    case 'tensor':
      return showTensorType(v);
    case 'int':
      return typeof v.dim === 'number' ? `the number ${v.dim}` : `the dim ${showDim(v.dim)}`;
    case 'number':
      return v.value === undefined ? 'a number' : `the number ${v.value}`;
    case 'quantity':
      return quantityType(v);
    case 'bool':
      return v.value === undefined ? 'a bool' : String(v.value);
    case 'string':
      return `the string "${v.value}"`;
    case 'list':
      return 'a list';
    case 'record': {
      if (v.modality !== undefined) return `${v.modality.name}[${v.lead.map(showDim).join(', ')}]`;
      const fields = [...v.fields].map(([name, value]) => `${name}: ${showType(value)}`);
      return `{ ${fields.join(', ')} }`;
    }
    case 'block':
      return `the ${v.callable.kind} ${v.name}`;
    case 'part':
      return `the part ${v.name}`;
    case 'lambda':
      return `a function of ${v.expr.params.map(p => p.text).join(' and ') || 'nothing'}`;
    case 'intrinsic':
      return `the function ${v.intrinsic.name}`;
    case 'unknown-block':
      return `the block ${v.name}`;
    case 'search':
      return 'a beam search';
    case 'file':
      return `the file ${v.name}`;
    case 'model':
      return `the model ${v.variant?.name.text ?? v.item.name.text}`;
    case 'modality':
      return `the modality ${v.info.name}`;
    case 'space':
      return `the space ${v.name}`;
    case 'error':
      return 'something wrong';
    default:
      return v satisfies never;
  }
}

/** Origins of the axes of several values together; the first one known of a size wins. */
export function mergeOrigins(values: readonly Pick<TensorValue, 'origins'>[]): ReadonlyMap<string, Origin> {
  const [first, ...rest] = values;
  if (first === undefined) return new Map();
  if (rest.every(v => v.origins === first.origins || v.origins.size === 0)) return first.origins;
  // Most often the first knows all of them, and its map is as good as a new one.
  let merged: Map<string, Origin> | undefined;
  for (const { origins } of rest) {
    if (origins === first.origins) continue;
    for (const [key, origin] of origins) {
      if ((merged ?? first.origins).has(key)) continue;
      merged ??= new Map(first.origins);
      merged.set(key, origin);
    }
  }
  return merged ?? first.origins;
}

/** Where the size of this dim was written, if that is known. */
export function originOf(v: TensorValue, dim: Dim): Origin | undefined {
  return v.origins.get(dimKey(dim));
}

export type CallArg = { readonly arg: Arg; readonly value: Value };
