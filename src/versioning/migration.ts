// A model's migrations from an earlier version on: the steps that take its weights to those of now, one for each
// `migrate from` on the way. A step that another follows makes what that one has.

import type { Diagnostic } from '../base/diagnostic.ts';
import { hasErrors } from '../base/diagnostic.ts';
import { type LowerContext, startLowering } from '../compiler/lower.ts';
import type { Library } from '../dsl/semantics/library.ts';
import type { Model } from '../dsl/semantics/model.ts';
import { childScope, type Scope } from '../dsl/semantics/scope.ts';
import type { Value } from '../dsl/semantics/values.ts';
import { byVersion, matchesVersion } from '../dsl/semantics/version-pattern.ts';
import type { Migration } from '../dsl/syntax/ast.ts';
import type { OpRegistry } from '../ir/op.ts';
import type { ModelLock } from './lock.ts';
import { type MigrationStep, migrationStep, type WeightTypes } from './migration-step.ts';
import { oldPath, renamesOf } from './renamed.ts';
import { weightTypes } from './weight-types.ts';

export interface MigrationSetting {
  readonly library: Library;
  readonly model: Model;
  readonly registry: OpRegistry;
  /** Of the model as it is now. */
  readonly now: ModelLock;
}

export interface MigrationPlan {
  readonly steps: readonly (MigrationStep & {
    /** The versions that it is from, as written; undefined where renames and equal paths are all. */
    readonly from: string | undefined;
  })[];
}

export interface PlannedMigration {
  readonly plan: MigrationPlan | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** From the weights of a version. Throws a LoweringError where the model can't be traced. */
export function migrationPlan(
  setting: MigrationSetting,
  old: { readonly version: string | undefined; readonly weights: WeightTypes },
): PlannedMigration {
  const all = setting.model.item.members
    .filter((m): m is Migration => m.kind === 'migrate')
    .sort((a, b) => byVersion(a.from.text, b.from.text));
  const first = all.findIndex(m => old.version !== undefined && matchesVersion(m.from.text, old.version));
  return planned(setting, first < 0 ? [undefined] : all.slice(first), old.weights);
}

/** Weights from elsewhere, by a map of their own. */
export const importPlan = (
  setting: MigrationSetting,
  map: Migration,
  weights: WeightTypes,
): PlannedMigration => planned(setting, [map], weights);

function planned(
  { library, model, registry, now }: MigrationSetting,
  migrations: readonly (Migration | undefined)[],
  weights: WeightTypes,
): PlannedMigration {
  const scope = settingsOf({ library, model, registry, target: noEngine });
  const renames = renamesOf(now);
  const steps: MigrationPlan['steps'][number][] = [];
  const diagnostics: Diagnostic[] = [];
  let old = weights;
  for (const [i, migration] of migrations.entries()) {
    const isLast = i === migrations.length - 1;
    const found = migrationStep(
      {
        registry,
        scope,
        old,
        now: isLast ? weightTypes(now) : undefined,
        earlier: path => oldPath(path, renames),
      },
      migration,
    );
    diagnostics.push(...found.diagnostics);
    if (found.step === undefined || hasErrors(diagnostics)) return { plan: undefined, diagnostics };
    steps.push({ ...found.step, from: migration?.from.text });
    old = found.step.gives;
  }
  return { plan: { steps }, diagnostics };
}

const noEngine: LowerContext['target'] = { engine: 'none', composites: new Set<string>(), alternates: false };

const settingKinds: ReadonlySet<Value['kind']> = new Set([
  'int',
  'number',
  'quantity',
  'bool',
  'string',
  'list',
  'space',
  'modality',
]);

/** The model's parameters, dims and modalities, above the functions of its file; its own weights are not among them. */
function settingsOf(context: LowerContext): Scope {
  const scope = childScope(context.library.scope);
  const { declared } = startLowering(context, 'settings', () => false);
  for (const [name, binding] of declared.scope.names)
    if (settingKinds.has(binding.value.kind)) scope.names.set(name, binding);
  return scope;
}
