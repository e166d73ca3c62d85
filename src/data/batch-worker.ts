// The batch worker's thread: makes the batches it is asked for, in order. Bundled as dist/batch-worker.js.

import { parentPort, workerData } from 'node:worker_threads';
import { createBatches } from './batch/maker.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './batch/worker-protocol.ts';
import { loadTokenizer, type Tokenizer } from './text/tokenizer.ts';

const port = parentPort;
if (port === null) throw new Error('the batch worker runs in a worker thread');

const start = workerData as WorkerStart;
const tokenizers = new Map<string, Tokenizer>();
for (const [name, json] of start.tokenizers) {
  const { value } = loadTokenizer(json, { file: name, vocabulary: Number.POSITIVE_INFINITY });
  if (value === undefined) throw new Error(`the tokenizer of ${name} did not survive the way to the worker`);
  tokenizers.set(name, value);
}
const { value: maker, diagnostics } = createBatches({ ...start, tokenizers });

port.on('message', ({ step }: WorkerRequest) => {
  const failed = (problem: string): void =>
    port.postMessage({ kind: 'failed', step, problem } satisfies WorkerReply);
  if (maker === undefined) return failed(diagnostics.map(d => d.message).join('; '));
  try {
    const { feeds, rows, ids } = maker.make(step);
    const reply: WorkerReply = { kind: 'batch', step, feeds: [...feeds], rows, ids };
    const buffers = new Set([...feeds.values()].map(t => t.data.buffer as ArrayBuffer));
    return port.postMessage(reply, [...buffers]);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
});
