// Bundles bench/ours.ts and runs it: our side of a benchmark, started by bench/run.mjs.
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../bin/bundle.mjs';

const { main } = await importTypeScript('bench/ours.ts');
await main(process.argv[2], fileURLToPath(new URL('.', import.meta.url)));
