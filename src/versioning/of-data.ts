// What a spec leaves to the data, which a run knows: names of labels that are only counted, and tokenizers as fitted.

import { createHash } from 'node:crypto';
import type { ModelLock } from './lock.ts';

export interface DataKnown {
  /** By label set. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** By modality: the fitted tokenizer's JSON. */
  readonly tokenizers: ReadonlyMap<string, { readonly json: string }>;
}

/** The lock of a model with what its run has from the data. */
export function withData(model: ModelLock, { labels, tokenizers }: DataKnown): ModelLock {
  const hashes = [...tokenizers]
    .filter(([modality]) => model.modalities.has(modality))
    .map(([modality, { json }]) => [modality, createHash('sha256').update(json).digest('hex')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...model,
    labels: new Map(
      [...model.labels].map(([name, known]) => [
        name,
        typeof known === 'number' ? (labels.get(name) ?? known) : known,
      ]),
    ),
    tokenizers: new Map(hashes),
  };
}

/**
 * Two locks as they can be compared: what only one knows of the data says nothing against the other, and a tokenizer
 * that both have fitted belongs to what its modality is.
 */
export function comparable(old: ModelLock, now: ModelLock): readonly [ModelLock, ModelLock] {
  const side = (own: ModelLock, other: ModelLock): ModelLock => ({
    ...own,
    labels: new Map([...own.labels].map(([name, l]) => [name, known(l, other.labels.get(name))] as const)),
    modalities: new Map(
      [...own.modalities].map(([name, text]) => {
        const hash = other.tokenizers.has(name) ? own.tokenizers.get(name) : undefined;
        return [name, hash === undefined ? text : `${text} fitted ${hash.slice(0, 12)}`] as const;
      }),
    ),
  });
  return [side(old, now), side(now, old)];
}

type Labels = readonly string[] | number;

/** The other's names where here they are only counted, and there are no more of them. */
const known = (own: Labels, other: Labels | undefined): Labels =>
  typeof own === 'number' && typeof other === 'object' && other.length <= own ? other : own;
