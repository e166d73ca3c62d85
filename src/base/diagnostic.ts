// What a person is told about a mistake: data here, rendered elsewhere. Every code is declared once in a
// registry made by `defineDiagnostics`, with typed parameters and its wording.

import type { Span } from './span.ts';

/** Errors are refused, warnings are likely mistakes, notes are good to know. */
export type Severity = 'error' | 'warning' | 'note';

export interface Related {
  readonly span: Span;
  readonly message: string;
}

export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong, in one line. */
  readonly message: string;
  /** Where; absent only where no file is concerned. */
  readonly span: Span | undefined;
  /** What the primary place is, e.g. `returned: float[N, 192]`. */
  readonly label?: string;
  /** Where the other sides come from. */
  readonly related: readonly Related[];
  readonly notes: readonly string[];
  /** One thing to do. */
  readonly help?: string;
}

/** A stage's outcome: what it made, if it could, and what it has to say. */
export interface Result<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface DiagnosticRule<P> {
  readonly severity: Severity;
  readonly message: (p: P) => string;
  readonly label?: (p: P) => string | undefined;
  readonly help?: (p: P) => string | undefined;
}

export type Registry = Readonly<Record<string, DiagnosticRule<never>>>;
type ParamsOf<R> = R extends DiagnosticRule<infer P> ? P : never;

export interface DiagnosticPlace {
  readonly span: Span | undefined;
  readonly related?: readonly Related[];
  readonly notes?: readonly string[];
  readonly help?: string;
}

/**
 * A typed maker of diagnostics over a table of rules: an unknown code or a missing parameter doesn't compile. The
 * table itself is its `rules`, for the docs.
 */
export function defineDiagnostics<R extends Registry>(registry: R) {
  const make = <C extends keyof R & string>(
    code: C,
    params: ParamsOf<R[C]>,
    place: DiagnosticPlace,
  ): Diagnostic => {
    const rule = registry[code] as unknown as DiagnosticRule<ParamsOf<R[C]>>;
    const label = rule.label?.(params);
    const help = place.help ?? rule.help?.(params);
    return {
      code,
      severity: rule.severity,
      message: rule.message(params),
      span: place.span,
      ...(label === undefined ? {} : { label }),
      related: place.related ?? [],
      notes: place.notes ?? [],
      ...(help === undefined ? {} : { help }),
    };
  };
  return Object.assign(make, { rules: registry as Registry });
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(d => d.severity === 'error');
}
