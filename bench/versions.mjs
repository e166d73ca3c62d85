// Bundles bench/versions.ts and runs it: `npm run bench:versions -- --edits 5000`.
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../bin/bundle.mjs';

const { main } = await importTypeScript('bench/versions.ts');
process.exitCode = await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
