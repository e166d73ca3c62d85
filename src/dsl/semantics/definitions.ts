// Which blocks, encoders and exports are right for all their uses. Each is checked once, when it is declared or first
// called: a mistake in it is told once, and calls of what is wrong stay silent.

import type { Diagnostic } from '../../base/diagnostic.ts';
import { isStd } from '../../base/span.ts';
import type { OpRegistry } from '../../ir/op.ts';
import { callableKey } from './call-block.ts';
import { checkDefinition } from './define-check.ts';
import { diagnose } from './diagnostics.ts';
import type { Model } from './model.ts';
import { modelIn, type Scope } from './scope.ts';
import { createTrace, type Fuel, fullTank, nested, startBody, type Trace } from './trace.ts';
import { type BlockValue, type Callable, errorValue, type ModelValue } from './values.ts';

/** The check of one file: where its diagnostics go and what is left of its work. */
export interface Checking {
  readonly registry: OpRegistry;
  readonly fuel: Fuel;
  /** Where one trace reports. What another trace said of the same place is not said again. */
  readonly reporter: () => (d: Diagnostic) => void;
  /** Models that are used, by modelKey, each checked once in each setting. */
  readonly used: Map<string, UsedCheck>;
  /** The check of a used model. */
  readonly use: (model: ModelValue) => UsedCheck;
}

export type UsedCheck =
  | { readonly kind: 'right'; readonly model: Model; readonly definitions: Definitions }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'busy' };

const mostErrors = 100;

export function startChecking(
  registry: OpRegistry,
  report: (d: Diagnostic) => void,
  use: (checking: Checking, model: ModelValue) => UsedCheck,
): Checking {
  const fuel = fullTank();
  const said = new Map<string, number>();
  let traces = 0;
  let errors = 0;
  const checking: Checking = {
    registry,
    fuel,
    used: new Map(),
    use: model => use(checking, model),
    reporter: () => {
      const own = traces++;
      return d => {
        const at = d.span;
        const key = `${d.code} ${at?.file} ${at?.start} ${at?.end} ${at?.via?.file} ${at?.via?.start}`;
        if ((said.get(key) ?? own) !== own || errors > mostErrors) return;
        said.set(key, own);
        if (d.severity === 'error') errors += 1;
        if (errors <= mostErrors) report(d);
        else {
          fuel.left = 0;
          report(diagnose('more-errors', { shown: mostErrors }, { span: undefined }));
        }
      };
    },
  };
  return checking;
}

/** Where a callable's body finds its names, made anew for each trace. */
export type Prepare = (trace: Trace) => { readonly scope: Scope; readonly path: string };

export interface Definitions {
  /** The trace of a callable's check; undefined where something is wrong with it, or where it is being checked. */
  readonly check: (callable: Callable, prepare: Prepare) => Trace | undefined;
  readonly sound: (block: BlockValue) => boolean;
}

type State = 'busy' | 'wrong' | Trace;

/** Of a file; or of the model `own` in it, whose `members` need its own names, above the file's `below`. */
export function createDefinitions(
  checking: Checking,
  members: ReadonlyMap<Callable, Prepare> = new Map(),
  below?: Definitions,
  own?: string,
): Definitions {
  const states = new Map<string, State>();
  const definitions: Definitions = {
    check: (callable, prepare) => {
      const key = callableKey(callable);
      const known = states.get(key);
      if (known !== undefined) return typeof known === 'string' ? undefined : known;
      states.set(key, 'busy');
      const report = checking.reporter();
      let right = true;
      const trace = createTrace({
        mode: 'check',
        registry: checking.registry,
        learning: () => undefined,
        report: d => {
          if (d.severity === 'error') right = false;
          report(d);
        },
        name: callable.name.text,
        fuel: checking.fuel,
        sound: definitions.sound,
        check: model => checking.use(model).kind,
      });
      const { scope, path } = prepare(trace);
      trace.stack.push(key);
      // What the model's other declarations said isn't the callable's.
      right = true;
      const frame = startBody(trace, { scope, path });
      const result = nested(frame, callable.name.span, 1, errorValue, () =>
        checkDefinition(trace, callable, scope, path),
      );
      const state = right && result.kind !== 'error' ? trace : 'wrong';
      states.set(key, state);
      return state === 'wrong' ? undefined : state;
    },
    sound: block => {
      const { callable } = block;
      if (isStd(callable.span.file)) return true;
      const owner = modelIn(block.scope)?.key;
      const other = owner === own || owner === undefined ? undefined : checking.used.get(owner);
      if (other?.kind === 'right') return other.definitions.sound(block);
      const member = members.get(callable);
      if (member === undefined && below !== undefined) return below.sound(block);
      definitions.check(callable, member ?? (() => ({ scope: block.scope, path: block.name })));
      return states.get(callableKey(callable)) !== 'wrong';
    },
  };
  return definitions;
}
