// What `mm diff --json` prints.

import { userPlace } from '../base/span.ts';
import type { Change } from '../versioning/changes.ts';
import type { Comparison } from '../versioning/compare.ts';
import type { Places } from '../versioning/lock-of.ts';
import type { Verdict, WeightFate } from '../versioning/verdict.ts';
import type { Call } from '../versioning/version-call.ts';
import { changeKey } from './diff-words.ts';

interface PlaceJson {
  readonly path: string;
  readonly type: string;
}

export interface DiffJson {
  readonly verdict: Verdict;
  readonly version: { readonly from: string | null; readonly to: string | null; readonly calls: Call };
  readonly changes: readonly {
    readonly kind: Change['kind'];
    readonly path: string;
    readonly from: string | null;
    readonly to: string | null;
    /** Of the new spec, where there is one. */
    readonly line: number | null;
  }[];
  readonly weights: readonly {
    readonly path: string;
    readonly verdict: WeightFate;
    readonly from: PlaceJson | null;
    readonly to: PlaceJson | null;
  }[];
}

/** Where the new side is a spec: its file, and where things stand in it, by model. */
export interface SpecPlaces {
  readonly file: string;
  readonly places: ReadonlyMap<string, Places>;
}

/** What an earlier model hasn't told alike has the model's name before its path. */
export function diffJson({ verdict, version, models, origins }: Comparison, spec?: SpecPlaces): DiffJson {
  const known = new Set<string>();
  const isNew = (key: string): boolean => !known.has(key) && known.add(key) !== undefined;
  const named = (name: string, i: number, path: string): string => (i === 0 ? path : `${name}: ${path}`);
  const changes = models.flatMap(({ name, changes: list }, i) =>
    list
      .filter(c => isNew(changeKey(c)))
      .map(c => ({
        kind: c.kind,
        path: c.kind === 'model' ? c.path : named(name, i, c.path),
        from: c.from ?? null,
        to: c.to ?? null,
        line: spec === undefined ? null : lineOf(c, name, spec),
      })),
  );
  const weights = models.flatMap(({ name, judgement }, i) =>
    judgement.weights
      .filter(w => isNew(JSON.stringify([w.path, w.verdict, w.from, w.to])))
      .map(w => ({
        path: named(name, i, w.path),
        verdict: w.verdict,
        from: w.from ?? null,
        to: w.to ?? null,
      })),
  );
  return {
    verdict,
    version: { from: version.from ?? null, to: version.to ?? null, calls: version.calls },
    changes: [
      ...changes,
      ...origins.map(({ kind, path, from, to }) => ({
        kind,
        path,
        from: from ?? null,
        to: to ?? null,
        line: null,
      })),
    ],
    weights,
  };
}

/** The user's line of what a change is of; null where the spec no longer has it, or where another file does. */
export function lineOf({ kind, path }: Change, model: string, { file, places }: SpecPlaces): number | null {
  const own = places.get(model);
  // `look.layers.{0..3}.norm rate` is of look.layers.0.norm.
  const subject = (path.split(' ', 1)[0] ?? '').replace(/\{(\d+)\.\.\d+\}/g, '$1');
  const key = kind === 'version' || kind === 'model' ? 'version' : `${kind} ${subject}`;
  const span = own?.get(key);
  if (span === undefined) return null;
  const place = userPlace(span);
  return place.file === file ? place.line : null;
}
