// A spec opened for training or for its exports: checked, one of its models chosen, with its fingerprint.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { hasErrors } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { Compilation } from '../compile.ts';
import { check, compile } from '../compile.ts';
import type { ReadFile } from '../dsl/semantics/library.ts';
import type { Model } from '../dsl/semantics/model.ts';
import { stdSources } from '../dsl/std/sources.ts';
import { failure, TrainFailure } from './diagnostics.ts';
import { fingerprintOf } from './run-settings.ts';

export interface SpecText {
  /** As named by the user. */
  readonly file: string;
  readonly text: string;
  /** Texts of used files by their paths from the spec's folder, where a run has kept them; else read from the disk. */
  readonly used?: ReadonlyMap<string, string> | undefined;
}

export interface OpenedSpec {
  readonly spec: SpecText;
  readonly compilation: Compilation;
  readonly model: Model;
  readonly used: ReadonlyMap<string, string>;
  readonly fingerprint: string;
  /** The version of the standard library: a hash of what it says. */
  readonly std: string;
  readonly warnings: readonly Diagnostic[];
}

export interface StageName {
  readonly name: string;
  readonly from: string | undefined;
}

/** Hears of every text that is read, so that errors can show their lines. */
export type OnRead = (file: string, text: string) => void;

/**
 * Checks the spec and chooses a model by variant (or by the name of the model); its programs leave the passes `without`
 * out. Fails with all that is wrong.
 */
export function openSpec(
  spec: SpecText,
  variant: string | undefined,
  onRead: OnRead = () => undefined,
  without: readonly string[] = [],
): OpenedSpec {
  onRead(spec.file, spec.text);
  for (const std of stdSources) onRead(std.file, std.text);
  const { library, models, diagnostics } = check(spec.text, spec.file, readerOf(spec, onRead));
  if (library === undefined || hasErrors(diagnostics)) throw new TrainFailure(...diagnostics);
  const model = choose(spec.file, models, variant);
  const others = [...library.sources].filter(([file]) => file !== spec.file);
  const used = new Map(others.map(([file, text]) => [fromSpec(spec, file), text]));
  return {
    spec,
    compilation: compile(library, model, diagnostics, { without: new Set(without) }),
    model,
    used,
    fingerprint: fingerprintOf(spec.text, used),
    std: stdVersion(),
    warnings: diagnostics,
  };
}

function choose(file: string, models: readonly Model[], variant: string | undefined): Model {
  const name = (m: Model): string => m.variant ?? m.name;
  if (models.length === 0) throw failure('no-model', { file });
  const [only] = models;
  if (variant === undefined) {
    const plain = models.filter(m => m.variant === undefined);
    const chosen = plain.length === 1 ? plain[0] : models.length === 1 ? only : undefined;
    if (chosen === undefined) throw failure('variant-needed', { file, known: models.map(name) });
    return chosen;
  }
  const known = models.map(name);
  const chosen = models.find(m => name(m) === variant);
  if (chosen === undefined)
    throw failure('unknown-variant', { name: variant, known, nearest: nearestName(variant, known) });
  return chosen;
}

/** A hash of the standard library without its comments: a run's meaning depends on it. */
export function stdVersion(): string {
  const hash = createHash('sha256');
  for (const { file, text } of stdSources)
    hash.update(JSON.stringify([file, text.replace(/^\s*\/\/.*\n/gm, '')]));
  return hash.digest('hex');
}

const maxUsed = 4_000_000;

const fromSpec = (spec: SpecText, file: string): string => relative(dirname(spec.file), file);

function readerOf(spec: SpecText, onRead: OnRead): ReadFile {
  return (path, from) => {
    const file = join(dirname(from), path);
    const text = spec.used === undefined ? readUsed(file) : spec.used.get(fromSpec(spec, file));
    if (text === undefined) return undefined;
    onRead(file, text);
    return { file, text };
  };
}

function readUsed(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size > maxUsed) return undefined;
  return readFileSync(file, 'utf8');
}

/** Stages so that what one starts `from` comes before it; else in the spec's order. */
export function stagesInOrder(model: Model): readonly StageName[] {
  const done = new Map<string, StageName>();
  const visit = (name: string, trail: readonly string[]): void => {
    const stage = model.stages.get(name);
    if (stage === undefined || done.has(name) || trail.includes(name)) return;
    if (stage.from !== undefined) visit(stage.from, [...trail, name]);
    done.set(name, { name, from: stage.from });
  };
  for (const name of model.stages.keys()) visit(name, []);
  return [...done.values()];
}
