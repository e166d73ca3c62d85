// Where a step went wrong: a NaN that came with the data, or the first node that makes one when the step is done over
// on the reference, from the weights of the last checkpoint.

import { traced } from '../backends/reference/evaluate.ts';
import type { HostTensor } from '../base/tensor.ts';
import { graphCost } from '../compiler/cost.ts';
import type { Entry } from '../compiler/program.ts';
import { ops } from '../ops/registry.ts';

export interface Wrong {
  /** `NaN in picture.pixels, row 3`, `log (spec.mm:12)`. */
  readonly words: string;
  readonly inData: boolean;
}

/** Done over only where the reference needs seconds. */
const mostFlops = 2e9;

export function firstWrong(
  entry: Entry,
  feeds: ReadonlyMap<string, HostTensor>,
  held: () => ReadonlyMap<string, HostTensor>,
): Wrong | undefined {
  const given = inData(entry, feeds);
  if (given !== undefined) return given;
  try {
    return inGraph(entry, feeds, held);
  } catch {
    // The reference refuses what engines let pass, as an index outside. That the numbers ended is told all the same.
    return undefined;
  }
}

function inData(entry: Entry, feeds: ReadonlyMap<string, HostTensor>): Wrong | undefined {
  for (const { fields } of entry.batches)
    for (const field of fields)
      for (const { feed } of field.feeds) {
        const tensor = feeds.get(feed);
        const at = tensor?.dtype === 'f32' ? tensor.data.findIndex(v => !Number.isFinite(v)) : -1;
        if (tensor === undefined || at < 0) continue;
        const row = Math.floor((at * (tensor.shape[0] ?? 1)) / tensor.data.length) + 1;
        const words = `${shown(tensor.data[at] ?? 0)} in ${field.name}, row ${row} of the batch`;
        return { words, inData: true };
      }
  return undefined;
}

const shown = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞');

function inGraph(
  { plan: { graph } }: Entry,
  feeds: ReadonlyMap<string, HostTensor>,
  held: () => ReadonlyMap<string, HostTensor>,
): Wrong | undefined {
  if (graphCost(graph, ops).flops > mostFlops) return undefined;
  for (const { node, inputs, outputs } of traced(graph, new Map([...held(), ...feeds]), {
    precision: 'f32',
  })) {
    const isNew = (bad: (v: number) => boolean): boolean =>
      outputs.some(t => t.data.some(bad)) && !inputs.some(t => t.data.some(bad));
    // Masks are made of −∞ on purpose.
    const isWrong = isNew(Number.isNaN) || isNew(v => v === Number.POSITIVE_INFINITY);
    if (!isWrong || node.op === 'constant' || node.op === 'literal') continue;
    const place = node.span === undefined ? '' : ` (${node.span.file}:${node.span.line})`;
    return { words: `what ${node.op}${place} gives`, inData: false };
  }
  return undefined;
}
