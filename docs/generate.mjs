// Writes the generated parts of docs/language.md anew: `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { importTypeScript } from '../bin/bundle.mjs';

const { generate } = await importTypeScript('docs/generate.ts');
const file = new URL('language.md', import.meta.url);
writeFileSync(file, generate(readFileSync(file, 'utf8')));
