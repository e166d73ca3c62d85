// `npm run test:engines`: the tests of engines that `mm engines add` installs. With --long also every block of std and
// every spec, which take many minutes.
import { spawnSync } from 'node:child_process';

const given = process.argv.slice(2);
const isLong = given.includes('--long');
const long = isLong ? [] : ['--exclude', '**/tensorflow-{std,specs}.test.ts'];
const rest = given.filter(a => a !== '--long');
const env = { ...process.env, MMLANG_TEST_ENGINES: '1' };
const { status } = spawnSync('npx', ['vitest', 'run', 'test/engines', ...long, ...rest], {
  env,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
