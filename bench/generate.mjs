// Bundles bench/generate.ts and runs it: `node bench/generate.mjs`.
import { importTypeScript } from '../bin/bundle.mjs';

const { main } = await importTypeScript('bench/generate.ts');
process.exitCode = await main();
