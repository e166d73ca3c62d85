// Locks of specs given as texts or as files of specs/.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileReader } from '../../src/cli/load-spec.ts';
import { check } from '../../src/compile.ts';
import { ops } from '../../src/ops/registry.ts';
import type { Lock, ModelLock } from '../../src/versioning/lock.ts';
import { lockOf } from '../../src/versioning/lock-of.ts';
import { specsFolder } from '../programs/programs.ts';

export function lockOfText(text: string, file = 'spec.mm'): Lock {
  const { library, models, diagnostics } = check(text, file, fileReader);
  if (library === undefined || models.length === 0)
    throw new Error(diagnostics.map(d => `${d.code}: ${d.message}`).join('\n'));
  return lockOf(library, models, ops, { mmlang: '0.1.0', std: 'std' });
}

export const lockOfFile = (name: string): Lock =>
  lockOfText(readFileSync(join(specsFolder, name), 'utf8'), join(specsFolder, name));

const known = new Map<string, ModelLock>();

/** The only model of a spec. */
export function onlyModel(text: string): ModelLock {
  const model = known.get(text) ?? tracedModel(text);
  known.set(text, model);
  return model;
}

function tracedModel(text: string): ModelLock {
  const [only, ...more] = lockOfText(text).models.values();
  if (only === undefined || more.length > 0) throw new Error('not one model');
  return only;
}
