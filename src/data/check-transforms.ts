// Declared transforms against the list of the field's modality: names, settings, bounds; defaults filled in.

import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import { completeSettings, imageTransforms, textTransforms, transformRule } from '../base/transform.ts';
import type { FieldSpec, TransformSpec } from '../compiler/program.ts';
import { dataDiagnostic } from './diagnostics.ts';

/** The field's transforms with every setting there. */
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
