// Bundles bench/floors.ts and runs it: `npm run floors`.
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../bin/bundle.mjs';

const { main } = await importTypeScript('bench/floors.ts');
process.exitCode = await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
