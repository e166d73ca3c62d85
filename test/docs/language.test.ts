// docs/language.md says what the compiler does: its tables are the compiler's own, its examples check and lower, as do
// those of README.md, which shows the emoji spec and the commands as they are.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { examplesOf, generate, readerOf } from '../../docs/generate.ts';
import { check, compile } from '../../src/compile.ts';
import { entriesOf } from '../../src/compiler/program.ts';
import { renderDiagnostics } from '../../src/dsl/render.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
const examples = [...examplesOf(read('docs/language.md')), ...examplesOf(read('README.md'))];
const named = examples.map(e => [`${e.file} at line ${e.line}`, e] as const);
const target = { engine: 'none', composites: new Set<string>(), alternates: false };

it.each([
  'docs/language.md',
  'docs/precision.md',
  'docs/engines.md',
  'docs/versions.md',
  'README.md',
  'specs/README.md',
])('%s has its generated parts as they are now (else: npm run docs)', file => {
  const text = read(file);
  expect(text).toContain('<!-- generated:');
  expect(generate(text)).toBe(text);
});

it.each([
  ...[
    'README.md',
    'docs/language.md',
    'docs/architecture.md',
    'docs/data.md',
    'docs/exporting.md',
    'docs/precision.md',
    'docs/versions.md',
  ],
  'specs/README.md',
])('%s links to what is there', file => {
  const anchors = (text: string): readonly string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(m =>
      (m[1] ?? '')
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
  const broken = [...read(file).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].filter(
    ([, path = '', anchor]) => {
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(import.meta.dirname, '../..', target))) return true;
      return anchor !== undefined && !anchors(read(target)).includes(anchor);
    },
  );
  expect(broken.map(m => m[0])).toEqual([]);
});

it('has examples of both kinds', () => {
  expect(examples.filter(e => e.kind === 'right').length).toBeGreaterThan(8);
  expect(examples.filter(e => e.kind === 'wrong').length).toBeGreaterThan(2);
});

it.each(named.filter(([, e]) => e.kind === 'right'))('%s is right', async (_, { text, file }) => {
  // The test runner is answered in between.
  await new Promise(resolve => setImmediate(resolve));
  const { library, models, diagnostics } = check(text, file, readerOf(examples));
  expect(renderDiagnostics(diagnostics, new Map([[file, text]]), { color: false })).toBe('');
  if (library === undefined) throw new Error('a file without mistakes has a library');
  for (const model of models) {
    const compilation = compile(library, model);
    for (const stage of model.stages.keys()) {
      const program = compilation.stage(stage, target, { batch: 4 });
      const plans = entriesOf(program).map(e => e.plan);
      for (const { graph } of plans) expect(verify(graph, ops)).toEqual([]);
    }
    for (const name of model.exports.keys()) {
      const program = compilation.export(name, target, new Map());
      expect(verify(program.entry.plan.graph, ops)).toEqual([]);
    }
  }
});

it.each(named.filter(([, e]) => e.kind === 'wrong'))('%s is wrong', (_, { text, file }) => {
  const { diagnostics } = check(text, file, readerOf(examples));
  expect(diagnostics.filter(d => d.severity === 'error')).not.toEqual([]);
});
