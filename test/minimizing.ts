// The program of a stage that is known to train by gradients, for tests that read its one train step.

import type { MinimizeProgram, StageProgram } from '../src/compiler/program.ts';

export function minimizing(program: StageProgram): MinimizeProgram {
  if (program.kind === 'minimize') return program;
  throw new Error(`stage ${program.stage} fits`);
}
