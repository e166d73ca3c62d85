// Every spec that the project shows is right and compiles to a train step.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createReferenceEngine } from '../src/backends/reference/engine.ts';
import { fileReader } from '../src/cli/load-spec.ts';
import { check, compile } from '../src/compile.ts';
import { verify } from '../src/ir/verify.ts';
import { ops } from '../src/ops/registry.ts';
import { minimizing } from './minimizing.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { target } = createReferenceEngine({ precision: 'f32' });

test.each(['specs/emoji.mm', 'examples/style/style.mm', 'examples/browser/shapes.mm'])(
  '%s checks and compiles',
  path => {
    const file = join(root, path);
    const { library, models, diagnostics } = check(readFileSync(file, 'utf8'), file, fileReader);
    expect(diagnostics).toEqual([]);
    if (library === undefined) throw new Error(`${path} has no library`);
    expect(models.length).toBeGreaterThan(0);
    for (const model of models) {
      for (const stage of model.stages.keys()) {
        const program = minimizing(compile(library, model).stage(stage, target));
        expect(verify(program.train.plan.graph, ops)).toEqual([]);
        expect(program.trained.length).toBeGreaterThan(0);
      }
    }
  },
);
