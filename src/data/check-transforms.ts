// Declared transforms against the list of the field's modality: names, settings, bounds; defaults filled in.

import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import { completeSettings, type TransformedKind, transformRule, transformsOf } from '../base/transform.ts';
import type { FieldSpec, TransformSpec } from '../compiler/program.ts';
import { dataDiagnostic } from './diagnostics.ts';

const modalityKinds = Object.keys(transformsOf) as readonly TransformedKind[];

/** The field's transforms with every setting there. */
export function checkTransforms(field: FieldSpec): Result<readonly TransformSpec[]> {
  const diagnostics: Diagnostic[] = [];
  const out: TransformSpec[] = [];
  const kind = field.type.kind === 'modality' ? field.type.modality.kind : undefined;
  for (const transform of field.transforms) {
    const { name, span } = transform;
    const rule = kind === undefined ? undefined : transformRule(kind, name);
    const others = modalityKinds.filter(k => transformRule(k, name) !== undefined);
    if (rule === undefined && others.length > 0) {
      const params = { name, field: field.name, is: kind ?? 'no modality', wanted: others.join(' or ') };
      diagnostics.push(dataDiagnostic('transform-modality', params, { span }));
    } else if (rule === undefined) {
      const known = Object.keys(transformsOf[kind ?? 'image']);
      diagnostics.push(
        dataDiagnostic('transform-unknown', { name, nearest: nearestName(name, known), known }, { span }),
      );
    } else {
      const settings = completeSettings(rule, transform.settings);
      if ('problem' in settings)
        diagnostics.push(dataDiagnostic('transform-setting', { name, problem: settings.problem }, { span }));
      else out.push({ name, settings: settings.settings, span });
    }
  }
  return { value: diagnostics.length === 0 ? out : undefined, diagnostics };
}
