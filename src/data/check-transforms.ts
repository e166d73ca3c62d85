// Declared transforms against the list of the field's modality: names, settings, bounds; defaults filled in.

import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import { imageTransforms, type TransformRule, textTransforms, transformRule } from '../base/transform.ts';
import type { FieldSpec, TransformSpec } from '../compiler/program.ts';
import { dataDiagnostic } from './diagnostics.ts';

/** The field's transforms with every setting there; a setting may also be given by its position: `0`, `1`. */
export function checkTransforms(field: FieldSpec): Result<readonly TransformSpec[]> {
  const diagnostics: Diagnostic[] = [];
  const out: TransformSpec[] = [];
  const is = field.type.kind === 'modality' ? field.type.modality.kind : 'no modality';
  for (const transform of field.transforms) {
    const { name, span } = transform;
    const rule = transformRule(name);
    if (rule === undefined) {
      const known = Object.keys(is === 'text' ? textTransforms : imageTransforms);
      diagnostics.push(
        dataDiagnostic('transform-unknown', { name, nearest: nearestName(name, known), known }, { span }),
      );
    } else if (rule.appliesTo !== is)
      diagnostics.push(
        dataDiagnostic(
          'transform-modality',
          { name, field: field.name, is, wanted: rule.appliesTo },
          { span },
        ),
      );
    else {
      const settings = completeSettings(rule, transform.settings);
      if ('problem' in settings)
        diagnostics.push(dataDiagnostic('transform-setting', { name, problem: settings.problem }, { span }));
      else out.push({ name, settings: settings.settings, span });
    }
  }
  return { value: diagnostics.length === 0 ? out : undefined, diagnostics };
}

function completeSettings(
  rule: TransformRule,
  given: Readonly<Record<string, number>>,
): { readonly settings: Readonly<Record<string, number>> } | { readonly problem: string } {
  const names = Object.keys(rule.settings);
  const settings: Record<string, number> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = /^\d+$/.test(key) ? names[Number(key)] : key;
    const setting = name === undefined ? undefined : rule.settings[name];
    if (name === undefined || setting === undefined) {
      const what = /^\d+$/.test(key) ? `it takes ${names.length} settings` : `it has no setting ${key}`;
      return { problem: `${what}: ${names.join(', ')}` };
    }
    if (!(value >= setting.min && value <= setting.max))
      return { problem: `${name} is ${value}, and goes from ${setting.min} to ${setting.max}` };
    settings[name] = value;
  }
  for (const name of names) {
    if (settings[name] !== undefined) continue;
    const fallback = rule.settings[name]?.default;
    if (fallback === undefined) return { problem: `${name} is missing (${rule.settings[name]?.doc})` };
    settings[name] = fallback;
  }
  const { from, to } = settings;
  if (from !== undefined && to !== undefined && from > to)
    return { problem: `from ${from} is more than to ${to}` };
  return { settings };
}
