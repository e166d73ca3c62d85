// What inputs and outputs are called in a file: a parameter by its name, what goes with it as `caption_keep`; a result
// by its field, or `result`.

import type { ExportProgram, FieldFeed, FieldSpec } from '../compiler/program.ts';

export interface NamedInput {
  /** In the file. */
  readonly name: string;
  readonly feed: FieldFeed;
  readonly field: FieldSpec;
  readonly param: string;
  readonly lead: string;
}

export interface NamedOutput {
  readonly name: string;
  readonly fetch: string;
  /** It says which positions of this output are real. */
  readonly keepOf: string | undefined;
}

export interface ExportNames {
  /** Of those feeds that the graph reads. */
  readonly inputs: readonly NamedInput[];
  /** The input for the seed of draws, where there are any. */
  readonly seed: string | undefined;
  readonly outputs: readonly NamedOutput[];
}

const beside: ReadonlySet<string> = new Set(['keep', 'starts']);

export function exportNames(program: ExportProgram): ExportNames {
  const taken = new Set<string>();
  const free = (wanted: string): string => {
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted}_${n}`;
    taken.add(name);
    return name;
  };
  const { graph } = program.entry.plan;
  const ids = new Set([...graph.nodes.flatMap(n => n.inputs), ...graph.outputs.map(o => o.id)]);
  const read = new Set(graph.inputs.filter(i => ids.has(i.id)).map(i => i.name));
  for (const p of program.params) taken.add(p.name);
  const inputs = program.params.flatMap(({ name: param, lead, batch }) =>
    batch.fields.flatMap(field =>
      field.feeds
        .filter(f => read.has(f.feed))
        .map((feed): NamedInput => {
          const name = beside.has(feed.component) ? free(`${param}_${feed.component}`) : param;
          return { name, feed, field, param, lead: lead ?? param };
        }),
    ),
  );
  const seed = read.has('seed') ? free('seed') : undefined;
  const fetched = new Set(program.entry.fetches);
  const outputs = program.results.flatMap((r): readonly NamedOutput[] => {
    const name = free(r.name === '' ? 'result' : r.name);
    const keep = r.text?.keep ?? r.kept;
    const own = { name, fetch: r.fetch, keepOf: undefined };
    if (keep === undefined || !fetched.has(keep)) return [own];
    return [own, { name: free(`${name}_keep`), fetch: keep, keepOf: name }];
  });
  return { inputs, seed, outputs };
}
