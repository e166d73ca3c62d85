// What a training says of examples that its loss leaves out: at once when it first happens, and how many they were.

import type { HostTensor } from '../base/tensor.ts';
import type { MinimizeProgram, StageProgram } from '../compiler/program.ts';
import { trainDiagnostic } from './diagnostics.ts';
import type { TrainEvent } from './events.ts';
import { scalarOf } from './host-tensor.ts';

export interface Tally {
  /** Counts what a step fetched. */
  readonly add: (step: number, fetched: ReadonlyMap<string, HostTensor>) => void;
  /** Tells the sums of all steps since the training began or went on. */
  readonly end: () => void;
}

export function createTally(program: StageProgram, onEvent: (event: TrainEvent) => void): Tally {
  const told: MinimizeProgram['told'] = program.kind === 'minimize' ? program.told : [];
  const counts = told.map(spec => ({ spec, dropped: 0, of: 0, steps: 0 }));
  const tell = (spec: MinimizeProgram['told'][number], when: string, dropped: number, of: number): void =>
    onEvent({
      kind: 'note',
      diagnostic: trainDiagnostic(
        'left-out',
        { stage: program.stage, when, dropped, of, what: spec.what },
        { span: spec.span },
      ),
    });
  return {
    add: (step, fetched) => {
      for (const count of counts) {
        const { spec } = count;
        const dropped = scalarOf(fetched.get(spec.dropped), spec.dropped);
        const of = scalarOf(fetched.get(spec.of), spec.of);
        if (count.dropped === 0 && dropped > 0) tell(spec, `in step ${step}`, dropped, of);
        count.dropped += dropped;
        count.of += of;
        count.steps += 1;
      }
    },
    end: () => {
      for (const { spec, dropped, of, steps } of counts)
        if (dropped > 0 && steps > 1) tell(spec, `in ${steps} steps`, dropped, of);
    },
  };
}
