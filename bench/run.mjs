// Bundles bench/run.ts and runs it: `npm run bench -- --json`.
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../bin/bundle.mjs';

const { main } = await importTypeScript('bench/run.ts');
process.exitCode = await main(process.argv.slice(2), fileURLToPath(new URL('.', import.meta.url)));
