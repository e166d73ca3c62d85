// Batches one after another, made ahead of their use: in a worker thread where the bundle has one, else in this
// thread. Both give the same bits.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { hasErrors } from '../../base/diagnostic.ts';
import { DataFailure } from '../data-failure.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { type BatchMakerOptions, createBatches, type MadeBatch } from './maker.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker-protocol.ts';

export interface BatchSequence {
  readonly batchesPerEpoch: number;
  /** The batch of the next step. Rejects with a DataFailure where the worker has failed. */
  next(): Promise<MadeBatch>;
  close(): Promise<void>;
}

export interface StreamOptions extends BatchMakerOptions {
  /** The first step, from 1. */
  readonly from: number;
  /** Batches that are made ahead of their use. */
  readonly ahead?: number;
  /** undefined: the bundle's worker if there is one; false: this thread. */
  readonly worker?: string | false | undefined;
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
}

/** Opens the sequence of a stage's batches from a step on. Throws a DataFailure where it can't be. */
export function createBatchStream(options: StreamOptions): BatchSequence {
  const { value: maker, diagnostics } = createBatches(options);
  if (maker === undefined || hasErrors(diagnostics)) throw new DataFailure(diagnostics);
  for (const diagnostic of diagnostics) options.onDiagnostic?.(diagnostic);
  const file = options.worker ?? bundledWorker();
  if (file === false || file === undefined) {
    let step = options.from;
    return {
      batchesPerEpoch: maker.batchesPerEpoch,
      next: async () => maker.make(step++),
      close: async () => undefined,
    };
  }
  return { batchesPerEpoch: maker.batchesPerEpoch, ...workerSequence(file, options) };
}

/** dist/batch-worker.js beside or above the bundled chunk that this code is in; none when run from source. */
function bundledWorker(): string | undefined {
  return ['./batch-worker.js', '../batch-worker.js']
    .map(path => fileURLToPath(new URL(path, import.meta.url)))
    .find(existsSync);
}

interface Waiting {
  readonly resolve: (batch: MadeBatch) => void;
  readonly reject: (error: Error) => void;
}

function workerSequence(file: string, options: StreamOptions): Pick<BatchSequence, 'next' | 'close'> {
  const start: WorkerStart = {
    batch: options.batch,
    split: options.split,
    tokenizers: [...options.tokenizers].map(([name, tokenizer]) => [name, tokenizer.json]),
    seed: options.seed,
  };
  const worker = new Worker(file, { workerData: start });
  // A worker that waits for its next request keeps no process alive.
  worker.unref();
  const ready = new Map<number, MadeBatch>();
  const waiting = new Map<number, Waiting>();
  let failed: DataFailure | undefined;
  let asked = options.from;
  let step = options.from;
  const fail = (problem: string): void => {
    failed ??= new DataFailure([dataDiagnostic('worker-failed', { problem }, { span: options.batch.span })]);
    for (const { reject } of waiting.values()) reject(failed);
    waiting.clear();
    worker.unref();
  };
  worker.on('message', (reply: WorkerReply) => {
    if (reply.kind === 'failed') return fail(reply.problem);
    const batch: MadeBatch = { feeds: new Map(reply.feeds), rows: reply.rows, ids: reply.ids };
    const waiter = waiting.get(reply.step);
    if (waiter === undefined) ready.set(reply.step, batch);
    else {
      waiting.delete(reply.step);
      waiter.resolve(batch);
    }
    if (waiting.size === 0) worker.unref();
  });
  worker.on('error', error => fail(error instanceof Error ? error.message : String(error)));
  worker.on('exit', code => fail(`it ended with code ${code}`));
  const askAhead = (): void => {
    for (; asked < step + (options.ahead ?? 3); asked++)
      worker.postMessage({ step: asked } satisfies WorkerRequest);
  };
  askAhead();
  return {
    next() {
      if (failed !== undefined) return Promise.reject(failed);
      const wanted = step++;
      askAhead();
      const batch = ready.get(wanted);
      if (batch !== undefined) {
        ready.delete(wanted);
        return Promise.resolve(batch);
      }
      worker.ref();
      return new Promise((resolve, reject) => waiting.set(wanted, { resolve, reject }));
    },
    async close() {
      fail('it was closed');
      // A late answer would let go of the thread again, and the process could end before it has stopped.
      worker.removeAllListeners();
      await worker.terminate();
    },
  };
}
