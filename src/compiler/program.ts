// What compiling a model gives: for every stage a train step and its measures, for every export a graph, each with
// the batches that feed it. Data only; engines run the plans, src/data makes the batches, src/train drives both.

import type { DType } from '../base/dtype.ts';
import type { Span } from '../base/span.ts';
import type {
  FitLength,
  Initializer,
  ModalityComponent,
  ModalityKind,
  Optimizer,
  Transform,
} from '../dsl/semantics/model.ts';
import type { GenerationNote } from '../dsl/semantics/trace.ts';
import type { Plan } from './plan.ts';

export type { AdamW, FitLength, Initializer, RateSchedule } from '../dsl/semantics/model.ts';

/** A weight, or a state (a weight without gradient), at its stable path. */
export interface WeightSpec {
  readonly path: string;
  readonly kind: 'weight' | 'state';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly atLeast: number | undefined;
  readonly atMost: number | undefined;
  /** Of a copy's state: which weight or state it starts equal to and follows, by · copy + (1 − by) · original. */
  readonly follows: { readonly path: string; readonly by: number } | undefined;
  readonly span: Span;
}

export interface DataRef {
  readonly set: string;
  readonly split: string;
}

export type { TokenizerSpec } from '../base/special-tokens.ts';

export type ModalitySpec = ModalityKind & { readonly name: string };

/** What a data field must be. */
export type FieldKind =
  | {
      readonly kind: 'modality';
      readonly modality: ModalitySpec;
      /** How many texts a row has at most, where it has several; their feeds are [B, many, T]. */
      readonly many?: number;
    }
  | {
      readonly kind: 'labels';
      readonly name: string;
      readonly size: number;
      readonly names: readonly string[] | undefined;
    }
  | { readonly kind: 'number' }
  /** A label for positions along the axis of the field `along`; not all of them need have one. */
  | {
      readonly kind: 'tags';
      readonly name: string;
      readonly size: number;
      readonly names: readonly string[] | undefined;
      readonly along: string;
    }
  /** A number for positions along that axis. */
  | { readonly kind: 'numbers'; readonly along: string }
  /** One position on that axis. */
  | { readonly kind: 'place'; readonly along: string; readonly length: number };

/**
 * A graph input that a field fills. Components: image → `pixels` f32[B, H, W, C] in −1 … 1 (white = 1); text → `ids`
 * i32[B, T] and `keep` bool[B, T]; audio → `features` f32[B, T, D] or `samples` f32[B, T] in −1 … 1, and `keep`; video →
 * `pixels` f32[B, F, H, W, C] and `keep` bool[B, F]; labels → `index` i32[B]; number → `value` f32[B].
 */
export interface FieldFeed {
  readonly component: ModalityComponent['name'] | 'keep' | 'starts' | 'index' | 'value';
  readonly feed: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface FieldSpec {
  readonly name: string;
  readonly type: FieldKind;
  readonly feeds: readonly FieldFeed[];
  readonly transforms: readonly TransformSpec[];
  readonly span: Span;
}

/** A declared augmentation: its name and settings, checked against the modality's list. */
export type TransformSpec = Transform;

/** One batch of one entry: which data, how many examples, which fields into which inputs. */
export interface BatchSpec {
  readonly id: string;
  readonly data: DataRef | undefined;
  readonly size: number;
  readonly fields: readonly FieldSpec[];
  /** The bool[B] input that says which rows are real: a short last batch is padded. */
  readonly keepFeed: string;
  /** No two rows of a batch have equal values in any of these fields: a contrast would take them for negatives. */
  readonly distinct: readonly string[];
  /**
   * How rows are read in training. `endless`: full batches, a new order in each epoch, what doesn't fill a batch left
   * out. `passes`: every row once in each pass, in a new order, the last batch of a pass filled up with rows that
   * aren't kept.
   */
  readonly order: 'endless' | 'passes';
  readonly span: Span | undefined;
}

/**
 * One runnable graph. Inputs with role `scalar`: `rate` f32 (this step's learning rate), `step` i32 (from 1; 0 in
 * evaluation), `seed` i32; a train step also takes those of its optimizer, as AdamW's `correction1` (1 − β₁^step). Weights and states are named by their paths, moments `path#m` and the like.
 */
export interface Entry {
  readonly name: string;
  readonly plan: Plan;
  readonly batches: readonly BatchSpec[];
  readonly scalars: readonly string[];
  /** Names of the outputs that go to the host. */
  readonly fetches: readonly string[];
}

export type OptimizerSpec = Optimizer;

/** A measure: its entry is run over the whole set, and its metric folds what was fetched. */
export interface MeasureSpec {
  readonly name: string;
  readonly entry: Entry;
  readonly every: number | undefined;
  /** In the table of metrics (src/dsl/metrics). */
  readonly metric: string;
  readonly ranks: readonly number[];
  /** Of an align: the fields on its sides. */
  readonly sides: readonly [left: string, right: string];
  readonly values: readonly MeasuredSpec[];
  readonly span: Span;
}

/** What a batch gives to a metric: of an argument, of a loss `value` and `weight`, of an align `left` and `right`. */
export interface MeasuredSpec {
  readonly name: string;
  readonly fetch: string;
  /** A mask in its shape, where not all positions of a real row are real. */
  readonly keep: string | undefined;
  /** How many positions there are in what it points into; of floats, along their last axis. */
  readonly size: number;
  /** The labels that it points into. */
  readonly labels: { readonly set: string; readonly names: readonly string[] | undefined } | undefined;
  /** The text modality whose vocabulary it points into. */
  readonly text: string | undefined;
}

/** A stage that trains by gradients, or one that fits. */
export type StageProgram = MinimizeProgram | FitProgram;

interface AnyProgram {
  readonly stage: string;
  readonly from: string | undefined;
  /** Everything the stage's entries read, in order of path. */
  readonly weights: readonly WeightSpec[];
  readonly measures: readonly MeasureSpec[];
}

export interface MinimizeProgram extends AnyProgram {
  readonly kind: 'minimize';
  readonly steps: number;
  readonly optimizer: OptimizerSpec;
  readonly trained: readonly string[];
  readonly frozen: readonly string[];
  /** States that a step renews: by an update of a part that learns here, or because they follow a weight trained here. */
  readonly renewed: readonly string[];
  /** Fetches `loss` and `gradient_norm`, `loss/NAME` for each term where there are several, and the counts of `told`. */
  readonly train: Entry;
  readonly told: readonly ToldSpec[];
  /** Where a limit was given. */
  readonly memory?: MemoryNote | undefined;
}

/** What a train step takes under a limit, in bytes by its plan. */
export interface MemoryNote {
  readonly limit: number;
  /** With every value kept. */
  readonly before: number;
  /** As it runs. Above the limit where nothing fits: then the smallest that there is. */
  readonly peak: number;
  /** How many values of the forward pass are made again. */
  readonly values: number;
  /** In how many parts the batch goes through. */
  readonly parts: number;
  /** Where rows of the batch meet first, in the user's own text: from there on it goes through whole. Where splitting was tried. */
  readonly meeting?: { readonly file: string; readonly line: number } | undefined;
  /** Operations added, as a share of the step's. */
  readonly addedWork: number;
}

/** What `only` leaves out and is to tell of. */
export interface ToldSpec {
  /** In the spec's words. */
  readonly what: string;
  /** Fetches of the train entry: how many positions a step leaves out, and of how many. */
  readonly dropped: string;
  readonly of: string;
  readonly span: Span;
}

export interface FitProgram extends AnyProgram {
  readonly kind: 'fit';
  /** One after another. */
  readonly fits: readonly FitSpec[];
}

/** One fit of a stage: its entry takes one batch and renews states. */
export interface FitSpec {
  /** As the spec names it: `units`. */
  readonly part: string;
  /** Fetches `change`: ‖after − before‖ / ‖after‖ of the renewed state, of those that are floats, that moves most. */
  readonly entry: Entry;
  readonly length: FitLength;
  /** Paths of the states that it renews, in order. */
  readonly renewed: readonly string[];
}

/** A tokenizer and the field of the data set that the spec fits it on; the batch has no inputs. */
export interface TokenizerFitSpec {
  readonly stage: string;
  readonly modality: string;
  readonly batch: BatchSpec;
}

/** The entries that change what a stage holds, in the order in which they run. */
export function trainingEntries(program: StageProgram): readonly Entry[] {
  return program.kind === 'minimize' ? [program.train] : program.fits.map(f => f.entry);
}

/** Every entry of a stage. */
export function entriesOf(program: StageProgram): readonly Entry[] {
  return [...trainingEntries(program), ...program.measures.map(m => m.entry)];
}

/** What an export's caller gives, and what comes back. */
export interface ExportProgram {
  readonly name: string;
  readonly doc: string | undefined;
  readonly entry: Entry;
  readonly weights: readonly WeightSpec[];
  readonly params: readonly ExportParam[];
  /** What a caller may set beside. */
  readonly settings: readonly ExportSetting[];
  /** Of its draws, where it has a parameter `seed: int`: what was set, or its default. */
  readonly seed: number | undefined;
  readonly results: readonly ExportResult[];
  readonly generations: readonly GenerationNote[];
}

/** A parameter that has a default and is known before the model runs: a temperature, a number of steps. */
export interface ExportSetting {
  readonly name: string;
  readonly type: 'int' | 'number' | 'bool';
}

/** A parameter, the size of its leading axis in this instantiation and the batch that carries it. */
export interface ExportParam {
  readonly name: string;
  readonly size: number;
  /** What its type calls that axis; parameters with one name have equally many rows. */
  readonly lead: string | undefined;
  readonly batch: BatchSpec;
}

export interface ExportResult {
  /** '' for a plain result, else the record's field. */
  readonly name: string;
  readonly fetch: string;
  /** As written in the spec: `index(K)[B]`. */
  readonly type: string;
  /** The parameter whose rows an index(K) points into, where K is one's leading dim. */
  readonly indexes: string | undefined;
  /** The labels that an index points into. */
  readonly labelSet: string | undefined;
  /** Their names, where the spec gives them. */
  readonly labels: readonly string[] | undefined;
  /** A fetch that says which positions along the second axis are real; undefined where all are. */
  readonly kept: string | undefined;
  /** Of a text: its modality, and which of the fetched ids are kept. */
  readonly text: { readonly modality: string; readonly keep: string } | undefined;
}
