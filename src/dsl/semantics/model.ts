// What a checked model is: its modalities, dims, stages, and the declarations that lowering traces again.

import type { AudioFeatures } from '../../base/audio.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Dim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { TokenizerSpec } from '../../base/special-tokens.ts';
import type {
  AlignMember,
  EncoderMember,
  ExportMember,
  Expr,
  HeadMember,
  ModelItem,
  ObjectiveMember,
  Param,
  SourceFile,
  TypeExpr,
} from '../syntax/ast.ts';
import type { Scope } from './scope.ts';
import type { Element, ModelValue } from './values.ts';

export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  /** Scaled to length one along the last axis. */
  | { readonly kind: 'unit'; readonly of: Initializer };

/** One tensor of a modality's record. */
export interface ModalityComponent {
  readonly name: 'pixels' | 'ids' | 'samples' | 'features';
  readonly element: Element;
  /** Its dims after the leading ones and the modality's own axes. */
  readonly inner: readonly Dim[];
}

export interface ModalityInfo {
  readonly name: string;
  /** Where it is declared: its name, or of a used model's `Bert.text`. Its tokenizer is kept under this. */
  readonly path: string;
  readonly spec: ModalityKind;
  /** Axes with padding, by their full size: the length of a text, the frames of a video. */
  readonly axes: readonly Dim[];
  readonly components: readonly ModalityComponent[];
  /** A text modality's vocabulary. */
  readonly vocabulary: Dim | undefined;
  readonly span: Span;
}

export type ModalityKind =
  | { readonly kind: 'image'; readonly height: number; readonly width: number; readonly channels: number }
  | {
      readonly kind: 'text';
      readonly tokenizer: TokenizerSpec;
      readonly length: number;
    }
  | {
      readonly kind: 'audio';
      /** Samples a second, and how many a recording has at most. */
      readonly rate: number;
      readonly samples: number;
      /** Of a longer recording the start is taken, or its row can't be used. */
      readonly longer: Longer;
      /** undefined: the waveform itself. */
      readonly features: AudioFeatures | undefined;
    }
  | {
      readonly kind: 'video';
      readonly frames: number;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      /** Frames a second. */
      readonly rate: number;
      readonly longer: Longer;
    };

export type Longer = 'cut' | 'refuse';

export interface LabelSet {
  readonly name: string;
  /** Where it is declared, as of a modality. */
  readonly path: string;
  readonly dim: Dim;
  readonly size: number;
  readonly names: readonly string[] | undefined;
}

/** An objective as written, or an align or head spelled out as one. */
export interface Objective {
  readonly name: string;
  /** The model that declares it: this one, or one that it extends. */
  readonly item: ModelItem;
  readonly params: readonly Param[];
  readonly member: ObjectiveMember | AlignMember | HeadMember;
  readonly span: Span;
  /** Of an align: the sides, for recall, and the fields that each reads. */
  readonly sides:
    | {
        readonly left: Expr;
        readonly right: Expr;
        readonly leftFields: readonly string[];
        readonly rightFields: readonly string[];
      }
    | undefined;
}

export interface StageTerm {
  readonly objective: string;
  readonly weight: number;
  readonly data: StageData;
  readonly span: Span;
}

export interface StageData {
  readonly set: string;
  readonly split: string;
  readonly batch: number | undefined;
  readonly transforms: ReadonlyMap<string, readonly Transform[]>;
  readonly span: Span;
}

export interface Transform {
  readonly name: string;
  readonly settings: Readonly<Record<string, number>>;
  readonly span: Span;
}

export type RateSchedule =
  | { readonly kind: 'constant'; readonly rate: number; readonly warmup: number }
  | { readonly kind: 'cosine'; readonly peak: number; readonly warmup: number; readonly floor: number }
  | { readonly kind: 'linear'; readonly peak: number; readonly warmup: number; readonly floor: number };

/** What every optimizer has. */
interface OptimizerBase {
  readonly rate: RateSchedule;
  /** Of weights with two axes or more. */
  readonly decay: number;
  /** The largest norm of all gradients together. */
  readonly clip: number | undefined;
  /** A layer's rate as a share of the next one's; all alike if absent. */
  readonly layerDecay?: number;
}

export interface AdamW extends OptimizerBase {
  readonly kind: 'adamw';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface Sgd extends OptimizerBase {
  readonly kind: 'sgd';
  readonly momentum: number;
  readonly nesterov: boolean;
}

export type Optimizer = AdamW | Sgd;

/** What a measured value points into, or counts along its last axis. */
export type Points =
  | { readonly kind: 'labels'; readonly labels: LabelSet }
  | { readonly kind: 'text'; readonly modality: ModalityInfo };

/** A metric with its arguments. */
export interface Metric {
  /** Its name in the table of metrics; an objective's own mean is `objective`. */
  readonly metric: string;
  /** The objective or align that it measures. */
  readonly objective: string | undefined;
  /** Expressions by parameter. */
  readonly values: ReadonlyMap<string, Expr>;
  readonly ranks: readonly number[];
  /** By parameter (or parameter.field), once that was checked. */
  readonly points: ReadonlyMap<string, Points>;
}

export interface Measure {
  readonly metric: Metric;
  readonly data: StageData;
  readonly every: number | undefined;
  readonly span: Span;
}

/** One training: gradients of objectives, or parts whose states learn from data without any. */
export type Stage = MinimizeStage | FitStage;

interface AnyStage {
  readonly name: string;
  readonly from: string | undefined;
  /** Parts that stages of other models have trained. */
  readonly imports: readonly StageImport[];
  readonly measures: readonly Measure[];
  readonly span: Span;
}

export interface MinimizeStage extends AnyStage {
  readonly kind: 'minimize';
  readonly terms: readonly StageTerm[];
  readonly train: readonly Pattern[];
  readonly freeze: readonly Pattern[];
  /** Paths of the weights that its objectives depend on, in order. */
  readonly reached: readonly string[];
  /** What stages of the model fit: parts of states alone learn there and not here. */
  readonly fitted: readonly Pattern[];
  readonly optimizer: Optimizer;
  /** Where the optimizer is asked for. */
  readonly optimizerSpan: Span;
  readonly steps: number;
}

export interface FitStage extends AnyStage {
  readonly kind: 'fit';
  /** Paths of the weights and states that its fits read, in order. */
  readonly reached: readonly string[];
  /** Done one after another, in the order of the spec: what one has fitted stands for the next. */
  readonly fits: readonly Fit[];
  /** Done before the stages, on the host. */
  readonly tokenizers: readonly TokenizerFit[];
}

/** `fit units: label(speech) on libri.train batch 64 passes 20` */
export interface Fit {
  /** The part whose states learn. */
  readonly pattern: Pattern;
  readonly value: Expr;
  /** The fields of the data that the expression reads, as those of an objective. */
  readonly fields: Objective;
  readonly data: StageData;
  readonly length: FitLength;
  readonly span: Span;
}

/** How long a fit lasts: so many passes over its split, or so many batches. */
export interface FitLength {
  readonly kind: 'passes' | 'steps';
  readonly count: number;
}

/** `fit text.tokenizer: title on books.train` */
export interface TokenizerFit {
  readonly modality: string;
  /** The field that holds its texts. */
  readonly field: string;
  readonly data: StageData;
  readonly span: Span;
}

/** `from Bert.pretrain(read)`: weights of a used model come from one of its stages. */
export interface StageImport {
  /** By which a run of the other model is named to `mm train`: `Bert`. */
  readonly name: string;
  /** The path here under which the other model's weights stand. */
  readonly root: string;
  readonly model: ModelValue;
  /** A stage there. */
  readonly stage: string;
  /** The members there whose weights are taken; undefined: all. */
  readonly members: readonly string[] | undefined;
  /** Paths here of what that stage, and those before it, reach there. */
  readonly has: ReadonlySet<string>;
  /** As written. */
  readonly text: string;
  readonly span: Span;
}

export interface Pattern {
  readonly text: string;
  /** The same pattern where its first name is another one for a used model's part: `Bert.read.norm` for `read.norm`. */
  readonly also?: readonly string[];
  readonly span: Span;
}

/** A model whose every declaration was checked. */
export interface Model {
  readonly name: string;
  readonly version: string | undefined;
  readonly variant: string | undefined;
  readonly item: ModelItem;
  readonly file: SourceFile;
  /** Names of the model's members. */
  readonly scope: Scope;
  readonly modalities: ReadonlyMap<string, ModalityInfo>;
  readonly labels: ReadonlyMap<string, LabelSet>;
  readonly encoders: ReadonlyMap<string, EncoderMember>;
  readonly objectives: ReadonlyMap<string, Objective>;
  readonly exports: ReadonlyMap<string, ExportMember>;
  readonly stages: ReadonlyMap<string, Stage>;
}

export interface Checked {
  readonly model: Model | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export type { TypeExpr };
