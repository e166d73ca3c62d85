// Every mistake of the gallery gives its one error at its place, in words that are kept as text; its twin is right.

import { describe, expect, test } from 'vitest';
import { gallery, lessons, withoutLesson } from '../../../src/dsl/gallery/all.ts';
import { type Mistake, stamps } from '../../../src/dsl/gallery/base.ts';
import { semanticRules } from '../../../src/dsl/semantics/diagnostics.ts';
import { syntaxDiagnostic } from '../../../src/dsl/syntax/diagnostics.ts';
import { type CheckedSpec, checkSpec } from './check-spec.ts';
import { bodies } from './slips/bodies.ts';
import { modelSlips } from './slips/models.ts';
import { programSlips } from './slips/programs.ts';

/** Those of the gallery, and more slips of codes that it shows five times. */
const tables = { ...gallery, bodies, 'model-slips': modelSlips, 'program-slips': programSlips };
const all = Object.values(tables).flat();
const codes = new Set([...Object.keys(syntaxDiagnostic.rules), ...Object.keys(semanticRules)]);

/** Most twins are one text. */
const met = new Map<string, CheckedSpec>();
function checked(text: string, files: Mistake['files']): CheckedSpec {
  const key = `${JSON.stringify(files ?? {})} ${text}`;
  const known = met.get(key) ?? checkSpec(text, files);
  met.set(key, known);
  return known;
}

test('the model that mistakes are made in is right', () => {
  expect(checkSpec(stamps).rendered).toBe('');
});

test('every code has one mistake that says why', () => {
  const wanted = [...codes].filter(code => !withoutLesson.includes(code));
  expect(lessons.map(m => m.code).sort()).toEqual(wanted.sort());
});

test('after a hundred errors the rest is not shown', () => {
  const lines = Array.from({ length: 200 }, (_, i) => `  let a${i} = b\n`);
  const spec = checkSpec(`block many(x: float[N...]) {\n${lines.join('')}  return x\n}\n`);
  expect(spec.codes).toEqual([...Array<string>(100).fill('unknown-name'), 'more-errors']);
});

test('the gallery is large, and shows no code more than five times (more of one go into slips/)', () => {
  const shown = Object.values(gallery).flat();
  expect(shown.length).toBeGreaterThanOrEqual(120);
  const times = new Map<string, number>();
  for (const { code } of shown) times.set(code, (times.get(code) ?? 0) + 1);
  expect([...times].filter(([, n]) => n > 5)).toEqual([]);
});

test('names of mistakes are unique', () => {
  expect(new Set(all.map(m => m.name)).size).toBe(all.length);
});

for (const [table, mistakes] of Object.entries(tables)) {
  describe(table, () => {
    test.each(mistakes.map(m => [m.name, m] as const))('%s', (_, mistake) => {
      const spec = checked(mistake.wrong, mistake.files);
      expect(spec.codes, spec.rendered).toEqual([mistake.code]);
      expect(spec.rendered).toContain(mistake.says);
      expect(spec.places, spec.rendered).toEqual(spec.marks);
      expect(spec.models).toEqual(spec.diagnostics[0]?.severity === 'warning' ? spec.models : []);
      expect(checked(mistake.mended, mistake.files).rendered).toBe('');
    });

    test('as text', async () => {
      const text = mistakes.map(m => `# ${m.name}\n\n${checked(m.wrong, m.files).rendered}\n`).join('\n\n');
      await expect(text).toMatchFileSnapshot(`gallery/${table}.txt`);
    });
  });
}
