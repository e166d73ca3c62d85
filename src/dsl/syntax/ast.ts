// The typed tree of a `.mm` file, as the parser makes it and before any name means anything.
// Every node carries its span; names carry their own.

import type { Span } from '../../base/span.ts';
import type { Arg, Expr, Name, OldName, TypeExpr } from './ast-expr.ts';

export type * from './ast-expr.ts';

export interface SourceFile {
  readonly kind: 'file';
  readonly file: string;
  readonly items: readonly Item[];
  readonly span: Span;
}

export type Item = UseItem | ModelItem | BlockItem | VariantItem | Migration;

/** `use "other.mm" as Other` */
export interface UseItem {
  readonly kind: 'use';
  readonly path: string;
  readonly pathSpan: Span;
  readonly name: Name;
  readonly span: Span;
}

/** `model Stamps(width: int = 192) version "1.0.0" { … }` */
export interface ModelItem {
  readonly kind: 'model';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly params: readonly Param[];
  /** The model that it adds to: `Asr`, `Asr.tiny`. */
  readonly extends: Expr | undefined;
  readonly version: { readonly text: string; readonly span: Span } | undefined;
  readonly members: readonly Member[];
  readonly span: Span;
}

/** `variant Small = Stamps(width: 64)` */
export interface VariantItem {
  readonly kind: 'variant';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly model: Name;
  readonly args: readonly Arg[];
  readonly span: Span;
}

/** `block linear(x: float[N..., In], out: dim) -> float[N..., out] { … }`, in a file or in a model. */
export interface BlockItem {
  readonly kind: 'block';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly params: readonly Param[];
  readonly result: TypeExpr | undefined;
  readonly body: Body;
  readonly span: Span;
}

export type Member =
  | ModalityMember
  | SpaceMember
  | VocabularyMember
  | LabelsMember
  | AliasMember
  | PartMember
  | ParamStatement
  | StateStatement
  | BlockItem
  | EncoderMember
  | ObjectiveMember
  | AlignMember
  | HeadMember
  | ExportMember
  | AdaptMember
  | StageMember
  | Migration;

/** Members with a name of their own. */
export type NamedMember = Exclude<Member, AdaptMember | Migration>;

/** `modality caption: Text(tokenizer: bpe(4096), length: 24)` */
export interface ModalityMember {
  readonly kind: 'modality';
  readonly doc: string | undefined;
  readonly name: Name;
  /** A call of Image or Text. */
  readonly type: Expr;
  readonly span: Span;
}

/** `space shared(256)` */
export interface SpaceMember {
  readonly kind: 'space';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly size: Expr;
  readonly span: Span;
}

/** `vocabulary unit(500)` */
export interface VocabularyMember {
  readonly kind: 'vocabulary';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly size: Expr;
  readonly span: Span;
}

/** `labels Thing(1000)` or `labels Tag { O, B_PER, I_PER }` */
export interface LabelsMember {
  readonly kind: 'labels';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly size: Expr | undefined;
  readonly names: readonly Name[] | undefined;
  readonly span: Span;
}

/** `modality text = Bert.text`: what another model declares, under a name of this one. */
export interface AliasMember {
  readonly kind: 'alias';
  readonly doc: string | undefined;
  readonly what: 'modality' | 'space' | 'vocabulary' | 'labels';
  readonly name: Name;
  readonly value: Expr;
  readonly span: Span;
}

/** `part table = embedding(width: 384)`, in a model or in a body; `part slow = copy look by ema(0.995)`. */
export interface PartMember {
  readonly kind: 'part';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly value: Expr;
  /** Of a copy: how it follows what it copies, its `value`. */
  readonly follows: Expr | undefined;
  readonly span: Span;
}

/** `encoder look(p: picture[N...]) -> … { … }`, or `head topic(h: float[N..., D]) -> … { … }`: a part and its role. */
export interface EncoderMember {
  readonly kind: 'encoder';
  readonly role: 'encoder' | 'head';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly params: readonly Param[];
  readonly result: TypeExpr | undefined;
  readonly body: Body;
  readonly span: Span;
}

export interface ObjectiveMember {
  readonly kind: 'objective';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly params: readonly Param[];
  readonly result: TypeExpr | undefined;
  readonly body: Body;
  readonly span: Span;
}

/** `align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))` */
export interface AlignMember {
  readonly kind: 'align';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly left: Expr;
  readonly right: Expr;
  readonly by: Expr;
  readonly span: Span;
}

/** `head topics: scores(text) -> topic: index(Topic)[B] by cross_entropy()`: a field predicted, and the loss. */
export interface HeadMember {
  readonly kind: 'head';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly left: Expr;
  /** What the data must hold, by name and type. */
  readonly field: Param;
  readonly by: Expr;
  readonly span: Span;
}

export interface ExportMember {
  readonly kind: 'export';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly params: readonly Param[];
  readonly result: TypeExpr | undefined;
  readonly body: Body;
  readonly span: Span;
}

/** `adapt hear by lora(rank: 8, alpha: 16) on **.attention.{query,value}.weight`: a function on weights. */
export interface AdaptMember {
  readonly kind: 'adapt';
  readonly doc: string | undefined;
  readonly part: Expr;
  /** A call of the block, whose first argument is the weight. */
  readonly by: Expr;
  /** Below the part. */
  readonly patterns: readonly WeightPattern[];
  readonly span: Span;
}

/**
 * `migrate from "1.x" { … }`, in a model: weights of an earlier version to those of this one. In a file of its own:
 * weights from elsewhere.
 */
export interface Migration {
  readonly kind: 'migrate';
  readonly doc: string | undefined;
  readonly from: { readonly text: string; readonly span: Span };
  readonly moves: readonly Move[];
  readonly span: Span;
}

export type Move = GiveMove | EachMove | DropMove | FreshMove;

/** `head.weight = transpose(out.weight)`: a new weight, or all of a part, from old ones. */
export interface GiveMove {
  readonly kind: 'give';
  readonly path: WeightPattern;
  readonly value: Expr;
  readonly span: Span;
}

/** `each look.layers.* = vision.blocks.* { … }`: paths in the braces are below the layer, on both sides. */
export interface EachMove {
  readonly kind: 'each';
  readonly layers: WeightPattern;
  /** On the old side; without it the same. */
  readonly from: WeightPattern | undefined;
  readonly moves: readonly Move[];
  readonly span: Span;
}

/** `drop old.head`: old weights that nothing takes. */
export interface DropMove {
  readonly kind: 'drop';
  readonly patterns: readonly WeightPattern[];
  readonly span: Span;
}

/** `fresh new.head`: new weights that no old one gives. */
export interface FreshMove {
  readonly kind: 'fresh';
  readonly patterns: readonly WeightPattern[];
  readonly span: Span;
}

/** `stage align from other { clauses }` */
export interface StageMember {
  readonly kind: 'stage';
  readonly doc: string | undefined;
  readonly name: Name;
  /** A stage of this model, and `Other.stage` of used ones, perhaps with the parts that are taken. */
  readonly from: readonly Expr[];
  readonly clauses: readonly Clause[];
  readonly span: Span;
}

export type Clause =
  | MinimizeClause
  | TrainClause
  | FreezeClause
  | OptimizerClause
  | StepsClause
  | FitClause
  | MeasureClause;

export interface MinimizeClause {
  readonly kind: 'minimize';
  readonly terms: readonly MinimizeTerm[];
  readonly span: Span;
}

/** `0.5 * heard on stamps.train batch 128`; a term without `on` shares the next one's to its right. */
export interface MinimizeTerm {
  readonly weight: Expr | undefined;
  readonly objective: Name;
  readonly data: DataUse | undefined;
  readonly span: Span;
}

/** `on stamps.train with picture: [shift(2)] batch 128` */
export interface DataUse {
  readonly set: Name;
  readonly split: Name;
  readonly batch: Expr | undefined;
  /** Augmentation, by field: off unless said. */
  readonly transforms: readonly { readonly field: Name; readonly list: Expr }[];
  readonly span: Span;
}

/** Part paths and patterns: `all`, `rest`, `look`, `hear.**.lora.*` */
export interface WeightPattern {
  readonly text: string;
  readonly span: Span;
}

export interface TrainClause {
  readonly kind: 'train';
  readonly patterns: readonly WeightPattern[];
  readonly span: Span;
}

export interface FreezeClause {
  readonly kind: 'freeze';
  readonly patterns: readonly WeightPattern[];
  readonly span: Span;
}

/** `optimizer adamw(rate: cosine(peak: 5e-4, warmup: 200), decay: 0.1)` */
export interface OptimizerClause {
  readonly kind: 'optimizer';
  readonly value: Expr;
  readonly span: Span;
}

export interface StepsClause {
  readonly kind: 'steps';
  readonly value: Expr;
  readonly span: Span;
}

/** `fit units: label(speech) on libri.train batch 64 passes 20`, `fit text.tokenizer on books.train` */
export interface FitClause {
  readonly kind: 'fit';
  /** The part, or the tokenizer of a modality. */
  readonly target: WeightPattern;
  /** What is computed on each batch. */
  readonly value: Expr | undefined;
  readonly data: DataUse;
  readonly length: FitLength | undefined;
  readonly span: Span;
}

/** `passes 20`: over the whole split; `steps 500`: batches. */
export interface FitLength {
  readonly kind: 'passes' | 'steps';
  readonly value: Expr;
  readonly span: Span;
}

/** `measure recall(seen, at: [1, 5, 10]) on stamps.validation every 500` */
export interface MeasureClause {
  readonly kind: 'measure';
  readonly metric: Expr;
  readonly data: DataUse;
  readonly every: Expr | undefined;
  readonly span: Span;
}

/** `x: float[N..., T, D]`, `causal: bool = false` */
export interface Param {
  readonly name: Name;
  readonly type: TypeExpr;
  readonly fallback: Expr | undefined;
  readonly span: Span;
}

// ── Statements

export interface Body {
  readonly statements: readonly Statement[];
  readonly span: Span;
}

export type Statement =
  | LetStatement
  | AssignStatement
  | ReturnStatement
  | RequireStatement
  | ParamStatement
  | StateStatement
  | UpdateStatement
  | PartMember
  | RepeatStatement
  | ScanStatement
  | CollectStatement
  | IfStatement;

/** `let x = …`, `let a, b = …` */
export interface LetStatement {
  readonly kind: 'let';
  readonly names: readonly Name[];
  /** `let m, v = x, y`: as many as names. */
  readonly values: readonly Expr[];
  readonly span: Span;
}

/** `x = …`: only for what `repeat` or `scan` carries. */
export interface AssignStatement {
  readonly kind: 'assign';
  readonly name: Name;
  readonly value: Expr;
  readonly span: Span;
}

export interface ReturnStatement {
  readonly kind: 'return';
  readonly value: Expr;
  readonly span: Span;
}

export interface RequireStatement {
  readonly kind: 'require';
  readonly condition: Expr;
  readonly span: Span;
}

/** `param weight: float[In, out] = normal(0.02) at most 4`; a member of a model too. */
export interface ParamStatement {
  readonly kind: 'param';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly type: TypeExpr;
  /** The initializer. */
  readonly value: Expr;
  /** The weight is projected onto these bounds after each optimizer step. */
  readonly atLeast: Expr | undefined;
  readonly atMost: Expr | undefined;
  readonly span: Span;
}

/** `state mean: float[C] = zeros()`; a member of a model too. */
export interface StateStatement {
  readonly kind: 'state';
  readonly doc: string | undefined;
  readonly name: Name;
  readonly renamed: OldName | undefined;
  readonly type: TypeExpr;
  /** The initializer. */
  readonly value: Expr;
  readonly span: Span;
}

/** `update mean = mix(mean, batch, momentum)`: what a state is after this step. */
export interface UpdateStatement {
  readonly kind: 'update';
  readonly name: Name;
  readonly value: Expr;
  readonly span: Span;
}

/** `repeat depth as layers { … }` */
export interface RepeatStatement {
  readonly kind: 'repeat';
  readonly count: Expr;
  readonly name: Name | undefined;
  readonly renamed: OldName | undefined;
  readonly body: Body;
  readonly span: Span;
}

/** `scan e, tag in emit, tags along 1 reverse { … }`: the body once for each position along an axis. */
export interface ScanStatement {
  readonly kind: 'scan';
  /** What each value is called at one position; as many as values. */
  readonly names: readonly Name[];
  readonly values: readonly Expr[];
  /** Axis 1, the first behind the pack, where it isn't given. */
  readonly along: Expr | undefined;
  /** From the last position to the first. */
  readonly reverse: boolean;
  readonly body: Body;
  readonly span: Span;
}

/** `collect back = …`: one value for each position of the scan, put together along its axis. */
export interface CollectStatement {
  readonly kind: 'collect';
  readonly name: Name;
  readonly value: Expr;
  readonly span: Span;
}

/** Compile-time; the condition is static. `else if` nests. */
export interface IfStatement {
  readonly kind: 'if';
  readonly condition: Expr;
  readonly body: Body;
  readonly otherwise: Body | undefined;
  readonly span: Span;
}
