// Bundles bench/check.ts and runs it: `node bench/check.mjs [--json]`.
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../bin/bundle.mjs';

const { main } = await importTypeScript('bench/check.ts');
process.exitCode = main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
