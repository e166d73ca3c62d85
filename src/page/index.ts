// The public API in a page, `mmlang/page`: compile a spec, train a stage of it step by step on data that the page makes,
// measure it and ask its exports. Nothing here wants of a machine what a page hasn't.

export type { Diagnostic } from '../base/diagnostic.ts';
export { type RandomStream, randomStream } from '../base/random.ts';
export type { Span } from '../base/span.ts';
export type { HostTensor } from '../base/tensor.ts';
export type { Compilation } from '../compile.ts';
export { type CompileOptions, type CompileResult, compileText as compile } from '../compile-text.ts';
export type { BatchSpec, FieldFeed, FieldSpec, MeasureSpec } from '../compiler/program.ts';
export { renderDiagnostics } from '../dsl/render.ts';
export { findEngines, type PageEngine } from './engines.ts';
export {
  type Asked,
  type MeasuredStage,
  openTrainer,
  type PageBatch,
  type Trainer,
  type TrainerOptions,
} from './trainer.ts';
