// A headless Chromium and a driver of Vulkan's that does a GPU's work on the processor (SwiftShader), for the tests of
// WebGPU and of pages: both in one package of npm, fetched once into .cache of the clone and checked by its hash. It is
// no dependency, since 70 MB for everyone who installs mmlang's own packages are too many.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { parseTar } from 'nanotar';
import { installed } from '../../../src/backends/installed.ts';
import { fetchPackage, type PackagePin } from '../../../src/cli/install/fetch-package.ts';
import { installEngine, type Recipe } from '../../../src/cli/install/install-engine.ts';
import { thisPlatform } from '../../../src/cli/install/platform.ts';
import { reasonIn, runTool } from '../../../src/cli/install/run-tool.ts';
import { type Command, requireNpm } from '../../../src/cli/install/tools.ts';
import type { Work } from '../../../src/cli/install/work.ts';

/** By The-Sparticuz (MIT); Chromium for Linux x64, compressed. */
const pin: PackagePin = {
  package: '@sparticuz/chromium',
  version: '153.0.0',
  integrity:
    'sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==',
  bytes: 69_995_309,
  members: ['bin/', 'LICENSE'],
};

const unpackedBytes = 222_000_000;
const folderOfFiles = 'files';
/** What is told of a package that was unpacked as it is now. */
const says = { chromium: pin.version, layout: 1 };

/** Environment variables by which tests find it. */
export type TestEnvironment = Readonly<Record<string, string>>;

/** Variables for tests, with Chromium installed in a folder if it isn't; fails with what is missing. */
export async function chromiumFor(
  folder: string,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void,
): Promise<TestEnvironment> {
  const named = env.MMLANG_CHROMIUM;
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return {};
    throw new Error(`there is no ${named}, which MMLANG_CHROMIUM names`);
  }
  if (thisPlatform() !== 'linux x64')
    throw new Error(
      `there is no Chromium to fetch for ${thisPlatform()}: name one in the variable MMLANG_CHROMIUM`,
    );
  let last = '';
  const { folder: place } = await installEngine(recipe(folder, env), {
    engines: folder,
    env,
    signal: new AbortController().signal,
    onProgress: ({ step }) => {
      if (step !== last) tell(step);
      last = step;
    },
  });
  return environmentOf(join(place, folderOfFiles), env);
}

/** The driver stands in for what the machine has, so that tests run alike everywhere. */
function environmentOf(files: string, env: NodeJS.ProcessEnv): TestEnvironment {
  const libraries = [files, env.LD_LIBRARY_PATH].filter(f => f !== undefined && f !== '');
  return {
    MMLANG_CHROMIUM: join(files, 'chromium'),
    LD_LIBRARY_PATH: libraries.join(delimiter),
    VK_DRIVER_FILES: join(files, 'vk_swiftshader_icd.json'),
  };
}

function recipe(engines: string, env: NodeJS.ProcessEnv): Recipe<Command, object> {
  const search = { env, signal: new AbortController().signal };
  return {
    name: 'chromium',
    title: 'Chromium',
    pins: pin,
    there: () => {
      const at = installed('chromium', engines);
      return JSON.stringify(at?.said) === JSON.stringify(says) ? at?.folder : undefined;
    },
    findTools: () => requireNpm(search),
    needs: () => 2 * pin.bytes + unpackedBytes,
    make: unpackPackage,
    trying: 'starting Chromium',
    attempt: async folder => {
      const program = join(folder, folderOfFiles, 'chromium');
      const libraries = { LD_LIBRARY_PATH: join(dirname(program), 'lib') };
      const outcome = await runTool(program, ['--version'], { ...search, env: { ...env, ...libraries } });
      if (outcome.code !== 0) throw new Error(`Chromium doesn't start here: ${reasonIn(outcome)}`);
      return {};
    },
    says,
  };
}

async function unpackPackage(npm: Command, work: Work): Promise<void> {
  const archives = await fetchPackage(pin, npm, work);
  const files = join(work.files, folderOfFiles);
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files);
  for (const name of readdirSync(archives).filter(n => n.endsWith('.br'))) {
    work.onProgress({ step: `unpacking ${name}`, done: 0, total: 0 });
    const data = await promisify(brotliDecompress)(readFileSync(join(archives, name)));
    if (!name.endsWith('.tar.br')) writeFileSync(join(files, name.slice(0, -3)), data, { mode: 0o755 });
    else
      for (const entry of parseTar(data)) {
        if (entry.type !== 'file') continue;
        const path = join(files, entry.name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, entry.data ?? new Uint8Array(), { mode: 0o755 });
      }
  }
}
