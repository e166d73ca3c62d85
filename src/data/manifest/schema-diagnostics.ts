// What ajv found, as diagnostics at the keys that are wrong.

import type { ErrorObject } from 'ajv';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import { dataDiagnostic } from '../diagnostics.ts';

const wholeForm = 'it holds `source:`, `fields:` and `splits:`, see docs/data.md';

type Path = readonly (string | number)[];

/** One diagnostic for each mistake; a key that isn't known comes with the nearest one that is. */
export function schemaDiagnostics(
  errors: readonly ErrorObject[],
  spanOf: (path: Path) => Span,
): Diagnostic[] {
  const out: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const error of errors) {
    // A branch of an anyOf says less than the anyOf itself.
    if (/\/anyOf\/\d+/.test(error.schemaPath)) continue;
    const path = pathOf(error.instancePath);
    const where = path.length === 0 ? 'a manifest' : path.join('.');
    const params = error.params as Readonly<Record<string, unknown>>;
    let made: Diagnostic;
    if (error.keyword === 'additionalProperties') {
      const key = String(params.additionalProperty);
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      made = dataDiagnostic(
        'manifest-key',
        { key, where, nearest: nearestName(key, known), known },
        { span: spanOf([...path, key]) },
      );
    } else if (error.keyword === 'required') {
      const problem = `lacks the key ${String(params.missingProperty)}`;
      made = dataDiagnostic('manifest-value', { where, problem }, { span: spanOf(path) });
    } else if (error.keyword === 'propertyNames') {
      const key = String(params.propertyName);
      const problem = `has the key ${JSON.stringify(key)}, which is not a name`;
      made = dataDiagnostic('manifest-value', { where, problem }, { span: spanOf([...path, key]) });
    } else if (error.schemaPath.includes('/propertyNames/')) continue;
    else
      made = dataDiagnostic(
        'manifest-value',
        { where, problem: valueProblem(error) },
        { span: spanOf(path), ...(path.length === 0 ? { help: wholeForm } : {}) },
      );
    const key = `${made.code} ${made.message}`;
    if (!seen.has(key)) out.push(made);
    seen.add(key);
  }
  return out;
}

/** JSON Schema's types as people say them. */
const kindNames: Readonly<Record<string, string>> = {
  object: 'a mapping of keys to values',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
};

function valueProblem(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'enum') {
    const allowed = (params.allowedValues as readonly unknown[]).map(String);
    const nearest = nearestName(String(error.data), allowed);
    return `must be one of ${allowed.join(', ')}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
  }
  if (error.keyword === 'type') return `must be ${kindNames[String(params.type)] ?? `a ${params.type}`}`;
  if (error.keyword === 'anyOf') {
    const form = (error.parentSchema as { readonly description?: unknown } | undefined)?.description;
    return typeof form === 'string' ? `must be ${form}` : 'has a value of the wrong form';
  }
  return error.message ?? 'is not valid';
}

const pathOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(s => s.replaceAll('~1', '/').replaceAll('~0', '~'));
