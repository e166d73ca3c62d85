// A lock: what the models of a file are, without their weights and without the file. From two of them alone it is
// said what a change means for checkpoints and callers. lock-of.ts makes it, lock-text.ts writes and reads it.

export interface Lock {
  /** Of this form of a lock. */
  readonly lock: 1;
  /** The version of mmlang, which is that of its language, and a hash of its standard library. */
  readonly mmlang: string;
  readonly std: string;
  /** By the name of the variant, or of the model where it stands by its defaults. */
  readonly models: ReadonlyMap<string, ModelLock>;
}

export interface ModelLock {
  readonly model: string;
  readonly version: string | undefined;
  /** What each modality is, by its path: `Text(tokenizer: bpe(2048), length: 36)`. */
  readonly modalities: ReadonlyMap<string, string>;
  /** Names in order, or how many there are where the data names them. */
  readonly labels: ReadonlyMap<string, readonly string[] | number>;
  /** Of a run: sha256 of each tokenizer as it was fitted, by modality. A spec's own lock has none. */
  readonly tokenizers: ReadonlyMap<string, string>;
  readonly exports: ReadonlyMap<string, ExportLock>;
  readonly weights: ReadonlyMap<string, WeightLock>;
  /** Each part with its block and settings: `attention(heads: 4, causal: true)`. */
  readonly parts: ReadonlyMap<string, string>;
  /** `renamed from`: new paths (an export's name is one) with old names in the same place, or whole old paths. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly stages: ReadonlyMap<string, StageLock>;
}

/** What a graph computes. */
export interface Meaning {
  /** sha256 of the canonical form, in which weights and states are numbered as they are read. */
  readonly meaning: string;
  /** Their paths in that order. */
  readonly reads: readonly string[];
}

export interface ExportLock extends Meaning {
  /** Parameters with their types, and defaults. */
  readonly takes: ReadonlyMap<string, string>;
  readonly gives: string;
}

export interface WeightLock {
  readonly kind: 'weight' | 'state';
  /** `f32[300, 64]` */
  readonly type: string;
  /** `normal(0, 0.02)` */
  readonly starts: string;
  /** Of a copy's state: the weight that it follows. */
  readonly follows: string | undefined;
}

export interface StageLock {
  /** Of what it minimizes or fits, one for each fit. */
  readonly computes: readonly Meaning[];
  /** How: data, batches, optimizer, steps, what learns. */
  readonly recipe: ReadonlyMap<string, string>;
}
