// The TypeScript API from plain JavaScript: check a spec, train it for a moment, ask the trained model.
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, load, renderDiagnostics, train } from 'mmlang';

const file = fileURLToPath(new URL('../../specs/emoji.mm', import.meta.url));
const text = readFileSync(file, 'utf8');

const { models, diagnostics } = compile(text, { file });
if (models.size === 0) {
  console.error(renderDiagnostics(diagnostics, new Map([[file, text]]), { color: false }));
  process.exit(1);
}
console.log(`models: ${[...models.keys()].join(', ')}`);

const { run } = await train({
  spec: { file, text },
  run: join(mkdtempSync(join(tmpdir(), 'mmlang-')), 'run'),
  steps: Number(process.argv[2] ?? 100),
  seed: 7,
  onEvent: event => {
    if (event.kind === 'step' && event.step % 20 === 0)
      console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
  },
});

const trained = await load(run);
const { measured } = await trained.evaluate({ on: 'emoji.validation' });
for (const [name, value] of measured[0]?.metrics ?? []) console.log(`${name}: ${(100 * value).toFixed(1)} %`);
