// Diagnostics carried out of nested IO; caught where the data room meets its callers, never shown as an exception.

import type { Diagnostic, Result } from '../base/diagnostic.ts';

export class DataFailure extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(d => d.message).join('\n'));
    this.name = 'DataFailure';
    this.diagnostics = diagnostics;
  }
}

/** The value of a result, or its diagnostics thrown; what else it has to say goes to `say`. */
export function orThrow<T>(result: Result<T>, say?: (diagnostic: Diagnostic) => void): T {
  if (result.value === undefined) throw new DataFailure(result.diagnostics);
  for (const diagnostic of result.diagnostics) say?.(diagnostic);
  return result.value;
}
