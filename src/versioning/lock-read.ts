// A lock read back from its text, which anyone may have edited, cut off or written by another version.

import { Ajv, type ValidateFunction } from 'ajv';
import { parseDocument } from 'yaml';
import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { versioningDiagnostic } from './diagnostics.ts';
import type { Lock, Meaning, ModelLock, WeightLock } from './lock.ts';
import {
  type LockData,
  lockSchema,
  type MeaningData,
  type ModelData,
  type RangedData,
  type ReadsData,
} from './lock-schema.ts';
import { sealOf, sealStart } from './lock-text.ts';
import { naturalOrder } from './natural-order.ts';
import { type Ranged, spread } from './ranges.ts';

const mostBytes = 1 << 26;
/** Weights of one model; a range that says more lies. */
const mostPaths = 1_000_000;

/** Compiled for the first lock that is read: that takes longer than reading one. */
let checkForm: ValidateFunction<LockData> | undefined;

/** Reads a lock; `file` is what messages call it. */
export function readLock(file: string, text: string): Result<Lock> {
  const fail = (problem: string): Result<Lock> =>
    failed(versioningDiagnostic('lock-unreadable', { file, problem }, nowhere));
  if (text.length > mostBytes) return fail('it is larger than 64 MiB');
  let data: unknown;
  try {
    const document = parseDocument(text, { uniqueKeys: true, prettyErrors: false, logLevel: 'silent' });
    const [error] = document.errors;
    if (error !== undefined) return fail(firstLine(error.message));
    data = document.toJS({ maxAliasCount: 0 });
  } catch (e) {
    return fail(e instanceof Error ? firstLine(e.message) : String(e));
  }
  const form = formOf(data);
  if (form === undefined) return fail('it does not begin with `lock:`');
  if (form.lock !== 1)
    return failed(
      versioningDiagnostic(
        'lock-of-another-form',
        { file, form: String(form.lock), mmlang: String(form.mmlang ?? 'unknown') },
        nowhere,
      ),
    );
  checkForm ??= new Ajv({ allErrors: false }).compile<LockData>(lockSchema);
  const check = checkForm;
  if (!check(data)) {
    const [error] = check.errors ?? [];
    return fail(
      `${error?.instancePath === '' ? 'it' : error?.instancePath.slice(1)} ${error?.message ?? ''}`,
    );
  }
  if (!isSealed(text)) return failed(versioningDiagnostic('lock-edited', { file }, nowhere));
  try {
    const models = Object.entries(data.models).map(([name, m]) => [name, modelOf(m)] as const);
    return {
      value: { lock: 1, mmlang: data.mmlang, std: data.std, models: new Map(models) },
      diagnostics: [],
    };
  } catch (e) {
    if (e instanceof BrokenRange) return fail(e.message);
    throw e;
  }
}

const nowhere = { span: undefined };

const failed = (...diagnostics: readonly Diagnostic[]): Result<Lock> => ({ value: undefined, diagnostics });

const firstLine = (text: string): string =>
  /call stack/i.test(text) ? 'it is nested too deep' : (text.split('\n', 1)[0] ?? text);

function formOf(data: unknown): { readonly lock: unknown; readonly mmlang?: unknown } | undefined {
  return typeof data === 'object' && data !== null && 'lock' in data ? data : undefined;
}

function isSealed(text: string): boolean {
  const at = text.lastIndexOf(sealStart);
  return at >= 0 && text.slice(at + sealStart.length).trim() === sealOf(text.slice(0, at));
}

/** A range that isn't one, or one that stands for more than any model has. */
class BrokenRange extends Error {}

function modelOf(m: ModelData): ModelLock {
  return {
    model: m.model,
    version: m.version,
    modalities: new Map(Object.entries(m.modalities)),
    labels: new Map(Object.entries(m.labels)),
    tokenizers: new Map(Object.entries(m.tokenizers ?? {})),
    exports: mapped(m.exports, ({ takes, gives, ...meaning }) => ({
      takes: new Map(Object.entries(takes)),
      gives,
      ...meaningOf(meaning),
    })),
    weights: new Map([...pathsOf(m.weights)].map(([path, text]) => [path, weightOf(path, text)])),
    parts: new Map(pathsOf(m.parts)),
    renamed: new Map(pathsOf(m.renamed ?? {})),
    stages: mapped(m.stages, ({ computes, recipe }) => ({
      computes: computes.map(meaningOf),
      recipe: new Map(Object.entries(recipe)),
    })),
  };
}

function mapped<D, V>(data: Readonly<Record<string, D>>, make: (d: D) => V): ReadonlyMap<string, V> {
  return new Map(Object.entries(data).map(([name, d]) => [name, make(d)] as const));
}

const meaningOf = ({ meaning, reads }: MeaningData): Meaning => ({
  meaning,
  reads: spread(limited(rangedReads(reads))).map(r => r.path),
});

/** In the order of their paths: ranges stand where their first layer does. */
const pathsOf = (data: RangedData): readonly (readonly [string, string])[] =>
  spread(limited(rangedPaths(data)))
    .map(({ path, value }) => [path, value] as const)
    .sort(([a], [b]) => naturalOrder(a, b));

function rangedPaths(data: RangedData): readonly Ranged<string>[] {
  return Object.entries(data).map(([path, value]) =>
    typeof value === 'string'
      ? { kind: 'one', path, value }
      : { kind: 'layers', ...rangeOf(path), inner: rangedPaths(value) },
  );
}

function rangedReads(reads: ReadsData): readonly Ranged<undefined>[] {
  return reads.flatMap((r): readonly Ranged<undefined>[] =>
    typeof r === 'string'
      ? [{ kind: 'one', path: r, value: undefined }]
      : Object.entries(r).map(([range, inner]) => ({
          kind: 'layers',
          ...rangeOf(range),
          inner: rangedReads(inner),
        })),
  );
}

function rangeOf(text: string): { readonly prefix: string; readonly from: number; readonly to: number } {
  const match = /^(.+)\.\{(\d{1,9})\.\.(\d{1,9})\}$/.exec(text);
  if (match === null) throw new BrokenRange(`${text} is no range of layers, like net.layers.{0..11}`);
  const [, prefix, from, to] = match;
  return { prefix: prefix!, from: Number(from), to: Number(to) };
}

function limited<V>(list: readonly Ranged<V>[]): readonly Ranged<V>[] {
  if (count(list) > mostPaths) throw new BrokenRange(`its ranges stand for more than ${mostPaths} paths`);
  return list;
}

function count<V>(list: readonly Ranged<V>[]): number {
  return list.reduce(
    (n, r) => n + (r.kind === 'one' ? 1 : Math.max(0, r.to - r.from + 1) * count(r.inner)),
    0,
  );
}

/** What weightText writes. */
function weightOf(path: string, text: string): WeightLock {
  const match = /^(state )?(\S+\[[^\]]*\]) = (.*?)(?: follows (.+))?$/.exec(text);
  if (match === null) throw new BrokenRange(`what it says of ${path} is no weight: ${text}`);
  const [, state, type, starts, follows] = match;
  return { kind: state === undefined ? 'weight' : 'state', type: type!, starts: starts!, follows };
}
