// The data room's public face: open a program's data, fit or load tokenizers, stream and sweep batches, encode single
// examples, describe what a model will see.

export {
  type BatchMaker,
  type BatchMakerOptions,
  checkBatch,
  createBatches,
  evaluationBatches,
  type MadeBatch,
} from './batch/maker.ts';
export { type BatchSequence, createBatchStream, type StreamOptions } from './batch/stream.ts';
export { checkTransforms } from './check-transforms.ts';
export { DataFailure, orThrow } from './data-failure.ts';
export { type Dataset, openDataset } from './dataset.ts';
export {
  type DataDescription,
  describeData,
  type FieldDescription,
  type Picture,
  type SampleText,
} from './describe.ts';
export { type ExampleValue, encodeExamples } from './examples.ts';
export { computeFloors, type Floor, type Floors, type FloorsOptions } from './floors/floors.ts';
export type { Product } from './floors/linear-algebra.ts';
export { type FoundManifest, findManifest } from './manifest/find-manifest.ts';
export type { Manifest } from './manifest/manifest.ts';
export { parseManifest, readManifest } from './manifest/read-manifest.ts';
export {
  type Data,
  type DataOptions,
  type DataProgress,
  type DataSource,
  type DataStream,
  openData,
} from './open.ts';
export { type Column, type PreparedSplit, prepareSplit } from './prepare.ts';
export { fitTokenizer, loadTokenizer, type Tokenizer } from './text/tokenizer.ts';
