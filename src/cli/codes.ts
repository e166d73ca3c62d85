// Every code that a user can meet, by what mm was doing when it says it.

import type { DiagnosticRule, Registry } from '../base/diagnostic.ts';
import { dataDiagnostic } from '../data/diagnostics.ts';
import { semanticRules } from '../dsl/semantics/diagnostics.ts';
import { syntaxDiagnostic } from '../dsl/syntax/diagnostics.ts';
import { trainDiagnostic } from '../train/diagnostics.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';
import { commandDiagnostic } from './diagnostics.ts';
import { installDiagnostic } from './install/diagnostics.ts';
import { specDiagnostic } from './load-spec.ts';

export const codeRooms: Readonly<Record<string, Registry>> = {
  'opening a file': specDiagnostic.rules,
  'reading a spec': syntaxDiagnostic.rules,
  'checking a spec': semanticRules as unknown as Registry,
  data: dataDiagnostic.rules,
  runs: trainDiagnostic.rules,
  'installing engines': installDiagnostic.rules,
  versions: versioningDiagnostic.rules,
  commands: commandDiagnostic.rules,
};

export interface CodeRule {
  readonly room: string;
  readonly rule: DiagnosticRule<never>;
}

/** The rules of a code: several where rooms share its name. */
export function rulesOf(code: string): readonly CodeRule[] {
  return Object.entries(codeRooms).flatMap(([room, registry]) => {
    const rule = Object.hasOwn(registry, code) ? registry[code] : undefined;
    return rule === undefined ? [] : [{ room, rule }];
  });
}

export const allCodes = (): readonly string[] =>
  [...new Set(Object.values(codeRooms).flatMap(registry => Object.keys(registry)))].sort();
