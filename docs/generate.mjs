// Writes the generated parts of README.md, docs/language.md, docs/precision.md, docs/engines.md, docs/versions.md and specs/README.md anew, and docs/emoji-graph.svg: `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { importTypeScript } from '../bin/bundle.mjs';

const { emojiGraph, generate } = await importTypeScript('docs/generate.ts');
for (const name of [
  '../README.md',
  'language.md',
  'precision.md',
  'engines.md',
  'versions.md',
  '../specs/README.md',
]) {
  const file = new URL(name, import.meta.url);
  writeFileSync(file, generate(readFileSync(file, 'utf8')));
}
writeFileSync(new URL('emoji-graph.svg', import.meta.url), emojiGraph());
