import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** The standard library is imported as text, in tests as in the bundle. */
const mmAsText = {
  name: 'mm-as-text',
  load(id: string) {
    return id.endsWith('.mm') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined;
  },
};

export default defineConfig({
  plugins: [mmAsText],
  test: {
    include: ['test/**/*.test.ts'],
    // They want an engine that `mm engines add` installs: npm run test:engines.
    exclude: process.env.MMLANG_TEST_ENGINES === '1' ? [] : ['test/engines/**'],
    setupFiles: process.env.MMLANG_TEST_ENGINES === '1' ? ['test/engines/yield.ts'] : [],
    globalSetup: ['test/temporary.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    minWorkers: 1,
  },
});
