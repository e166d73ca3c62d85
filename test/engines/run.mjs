// `npm run test:engines`: the tests of engines that `mm engines add` installs.
import { spawnSync } from 'node:child_process';

const env = { ...process.env, MMLANG_TEST_ENGINES: '1' };
const { status } = spawnSync('npx', ['vitest', 'run', 'test/engines', ...process.argv.slice(2)], {
  env,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
