// An engine as training sees it: what it can't run is refused before anything runs, and what goes wrong in it comes as
// diagnostics that name the line of the spec, the engine and the way out.

import { type Engine, EngineFailure, type Session } from '../backends/engine.ts';
import type { Plan } from '../compiler/plan.ts';
import { failure, TrainFailure } from './diagnostics.ts';

type Entries = ReadonlyMap<string, Plan>;

/** `room` is how much memory a process may take. */
export function guarded(engine: Engine, room: () => number): Engine {
  return {
    ...engine,
    async open(entries, options) {
      refuse(engine, entries);
      for (const [name, plan] of entries)
        if (plan.peakBytes > room()) throw exhausted(engine, name, plan, room());
      const within = <T>(doing: string, entry: string | undefined, action: () => Promise<T>): Promise<T> =>
        action().catch(async (e: unknown) => {
          throw await told(e, {
            engine,
            doing,
            plan: entries.get(entry ?? '') ?? largest(entries),
            room: room(),
          });
        });
      const session = await within('opening', undefined, () => engine.open(entries, options));
      const guardedSession: Session = {
        ...session,
        run: (entry, feeds) => within(`running ${entry}`, entry, () => session.run(entry, feeds)),
        write: tensors => within('writing weights', undefined, () => session.write(tensors)),
        read: names => within('reading weights', undefined, () => session.read(names)),
      };
      return guardedSession;
    },
  };
}

/** Every refusal at once, each at its line. */
function refuse({ name, refusals = [] }: Engine, entries: Entries): void {
  const found = new Map<string, TrainFailure>();
  for (const { find, what, because, instead } of refusals)
    for (const plan of entries.values())
      for (const refused of find(plan)) {
        const params = { engine: name, what, because, instead, name: refused.name };
        found.set(`${what} ${refused.name}`, failure('engine-refuses', params, refused.span));
      }
  if (found.size > 0) throw new TrainFailure(...[...found.values()].flatMap(f => f.diagnostics));
}

interface Circumstances {
  readonly engine: Engine;
  readonly doing: string;
  readonly plan: Plan | undefined;
  readonly room: number;
}

async function told(e: unknown, { engine, doing, plan, room }: Circumstances): Promise<unknown> {
  if (!(e instanceof EngineFailure)) return e;
  switch (e.reason) {
    case 'load': {
      const remedy =
        engine.name === 'onnx' ? 'npm install onnxruntime-node' : `mm engines add ${engine.name}`;
      return failure('engine-not-loading', { engine: engine.name, why: e.message, add: remedy });
    }
    case 'memory':
      return plan === undefined ? e : exhausted(engine, doing, plan, room);
    case 'run': {
      const place = e.at?.span;
      const at =
        e.at === undefined
          ? undefined
          : `${e.at.name}${place === undefined ? '' : ` (${place.file}:${place.line})`}`;
      return failure('engine-failed', { engine: engine.name, doing, at, text: e.message }, place);
    }
    default:
      return e.reason satisfies never;
  }
}

function exhausted(engine: Engine, doing: string, plan: Plan, room: number): TrainFailure {
  const needed = plan.peakBytes;
  const { batch, fits } = fittingBatch(engine, plan, room);
  return failure('memory-exhausted', { engine: engine.name, doing, needed, room, batch, fits });
}

const largest = (entries: Entries): Plan | undefined =>
  [...entries.values()].sort((a, b) => b.peakBytes - a.peakBytes)[0];

/**
 * A batch that fits: weights, states and moments stay, and the rest of the plan grows with the rows. Where the plan
 * should have fitted, half the rows. Rounded down to a power of two.
 */
function fittingBatch(
  { target }: Engine,
  { graph, peakBytes }: Plan,
  room: number,
): { readonly batch: number | undefined; readonly fits: number | undefined } {
  const bytes = (id: number): number =>
    4 * (graph.types[id]?.shape ?? []).reduce<number>((n, d) => n * Number(d), 1);
  const feeds = graph.inputs.filter(i => i.role === 'feed');
  const rows = feeds.map(i => Number(graph.types[i.id]?.shape[0] ?? 1));
  const batch = rows.length === 0 ? undefined : Math.max(...rows);
  if (batch === undefined || batch < 2) return { batch, fits: undefined };
  const { perByte, fixed } = target.memory ?? { perByte: 1, fixed: 0 };
  const held = graph.inputs.filter(i => i.role !== 'feed' && i.role !== 'scalar');
  const still = fixed + perByte * (target.alternates ? 2 : 1) * held.reduce((n, i) => n + bytes(i.id), 0);
  const share = (room - still) / Math.max(1, peakBytes - still);
  const most = batch * Math.min(0.5, share);
  return { batch, fits: most < 1 ? undefined : 2 ** Math.floor(Math.log2(most)) };
}
