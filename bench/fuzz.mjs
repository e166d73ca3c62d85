// Bundles bench/fuzz.ts and runs it: `npm run fuzz -- --inputs 100000`.
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../bin/bundle.mjs';

const { main } = await importTypeScript('bench/fuzz.ts');
process.exitCode = await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
