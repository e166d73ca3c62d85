// What `mm engines list` does.

import { join } from 'node:path';
import { enginesFolder } from '../backends/installed.ts';
import { createOnnxEngine } from '../backends/onnx/engine.ts';
import { createReferenceEngine } from '../backends/reference/engine.ts';
import { createTensorflowEngine } from '../backends/tensorflow/engine.ts';
import { createTfjsEngine } from '../backends/tfjs/engine.ts';
import { nodeSource } from '../backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../backends/webgpu/engine.ts';
import { type Context, present } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { installable } from './install/installable.ts';

export async function runEngines(context: Context): Promise<ExitCode> {
  const engines = [
    createOnnxEngine(),
    createTensorflowEngine(),
    createTfjsEngine({ backend: 'wasm' }),
    createTfjsEngine({ backend: 'cpu' }),
    createWebgpuEngine(nodeSource),
    createReferenceEngine({ precision: 'f32' }),
  ];
  const rows = await Promise.all(
    engines.map(async engine => {
      const { ready, version, about, add } = await engine.status();
      const folder = ready && installable.includes(engine.name) ? join(enginesFolder(), engine.name) : null;
      const makesDo = (await engine.makesDo?.()) ?? null;
      return { name: engine.name, ready, version: version ?? null, about, add: add ?? null, folder, makesDo };
    }),
  );
  const { paint } = context.output.out;
  present(context, rows, () =>
    rows
      .map(row => {
        const sign = row.ready ? paint.green('✓') : paint.red('✗');
        const name = paint.bold(row.name.padEnd(12));
        const add = row.add === null ? '' : `\n${' '.repeat(15)}add it: ${row.add}`;
        const note = row.makesDo === null ? '' : `\n${' '.repeat(15)}${row.makesDo}`;
        return `${sign} ${name} ${(row.version ?? '').padEnd(10)} ${row.about}${add}${note}`;
      })
      .join('\n'),
  );
  return exit.ok;
}
