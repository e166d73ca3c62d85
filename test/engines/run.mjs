// `npm run test:engines`: the tests of engines that `mm engines add` installs, on a headless Chromium and a driver that
// does a GPU's work on the processor, which are fetched into .cache when they aren't there. With --long also every block
// of std and every spec, which take many minutes; with --gpu on the machine's own driver; with paths only those tests.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../../bin/bundle.mjs';

const own = new Set(['--long', '--gpu']);
const given = process.argv.slice(2);
const long = given.includes('--long')
  ? []
  : ['--exclude', '**/{tensorflow,webgpu}-{std,specs,programs}.test.ts'];
const rest = given.filter(a => !own.has(a));
const paths = rest.some(a => !a.startsWith('-')) ? [] : ['test/engines'];
const { chromiumFor } = await importTypeScript('test/engines/setup/chromium.ts');

/** Without it the tests that want it fail, each with these words. */
async function found() {
  try {
    const folder = fileURLToPath(new URL('../../.cache/browsers', import.meta.url));
    const { VK_DRIVER_FILES: driver, ...env } = await chromiumFor(folder, process.env, text =>
      console.error(text),
    );
    return given.includes('--gpu') || driver === undefined ? env : { ...env, VK_DRIVER_FILES: driver };
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    console.error(`no Chromium: ${why}`);
    return { MMLANG_NO_CHROMIUM: why };
  }
}

const env = { ...process.env, ...(await found()), MMLANG_TEST_ENGINES: '1' };
const { status } = spawnSync('npx', ['vitest', 'run', ...paths, ...long, ...rest], { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
