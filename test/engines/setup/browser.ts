// A headless Chromium driven over a pipe by its DevTools protocol: pages opened, asked, and pictured. What a page says
// on its console and what it throws is kept.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

export interface Page {
  /** What the page gives for an expression, awaited; throws what it throws. */
  readonly evaluate: <T>(expression: string) => Promise<T>;
  /** Until the expression gives something that is true; fails after `seconds` with what the page said. */
  readonly until: (expression: string, seconds: number) => Promise<void>;
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
  /** Writes a picture of the whole page as a PNG file. */
  readonly picture: (file: string, scheme: 'light' | 'dark', width: number) => Promise<void>;
}

export interface Browser {
  readonly open: (url: string) => Promise<Page>;
  readonly close: () => Promise<void>;
}

const flags = [
  ...['--headless', '--no-sandbox', '--remote-debugging-pipe', '--no-first-run', '--disable-gpu-sandbox'],
];
/** On a driver that does a GPU's work on the processor. */
const withWebgpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
];
const withoutWebgpu = ['--disable-features=WebGPU,WebGPUService', '--disable-gpu'];

type Json = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
  readonly error?: { readonly message: string };
}

/** The Chromium that `npm run test:engines` found. */
export async function openBrowser(
  { webgpu }: { readonly webgpu: boolean } = { webgpu: true },
): Promise<Browser> {
  const { MMLANG_CHROMIUM: program, MMLANG_NO_CHROMIUM: why } = process.env;
  if (program === undefined)
    throw new Error(`no Chromium: ${why ?? 'run this by npm run test:engines, which fetches one'}`);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const child = spawn(
    program,
    [...flags, ...(webgpu ? withWebgpu : withoutWebgpu), `--user-data-dir=${profile}`],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        LD_LIBRARY_PATH: join(dirname(program), 'lib'),
        FONTCONFIG_FILE: fontsFile(profile, join(dirname(program), 'fonts')),
      },
    },
  );
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`Chromium ended with code ${code}: ${log}`)));
  });
  ended.catch(() => undefined);
  const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const pages = new Map<string, (message: Message) => void>();
  const send = protocol(to, from, m => pages.get(m.sessionId ?? '')?.(m));
  const call: Call = (method, params, session) => Promise.race([send(method, params, session), ended]);
  return {
    open: url => openPage(url, call, (session, hear) => pages.set(session, hear)),
    close: async () => {
      const gone = new Promise(resolve => child.once('exit', resolve));
      await call('Browser.close', {}).catch(() => child.kill('SIGKILL'));
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Fonts beside Chromium and the system's. */
function fontsFile(folder: string, fonts: string): string {
  const file = join(folder, 'fonts.conf');
  const dirs = [fonts, '/usr/share/fonts'].map(d => `<dir>${d}</dir>`).join('');
  writeFileSync(
    file,
    `<?xml version="1.0"?><fontconfig>${dirs}<cachedir>${folder}/fonts</cachedir></fontconfig>\n`,
  );
  return file;
}

type Call = (method: string, params: Json, session?: string) => Promise<Json>;

/** Messages are JSON, each with a 0 at its end. */
function protocol(to: Writable, from: Readable, hear: (message: Message) => void): Call {
  let count = 0;
  let rest = '';
  const waiting = new Map<number, (message: Message) => void>();
  from.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id === undefined) hear(message);
      else waiting.get(message.id)?.(message);
    }
  });
  return (method, params, sessionId) =>
    new Promise((resolve, reject) => {
      count += 1;
      const id = count;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
}

async function openPage(
  url: string,
  call: Call,
  listen: (session: string, hear: (message: Message) => void) => void,
): Promise<Page> {
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const session = String(sessionId);
  const complaints: string[] = [];
  let isLoaded: () => void = () => undefined;
  const loading = new Promise<void>(resolve => {
    isLoaded = resolve;
  });
  listen(session, ({ method, params = {} }) => {
    if (method === 'Page.loadEventFired') isLoaded();
    const said = complaintIn(method, params);
    if (said !== undefined) complaints.push(said);
  });
  for (const domain of ['Page', 'Runtime', 'Log']) await call(`${domain}.enable`, {}, session);
  const { errorText } = await call('Page.navigate', { url }, session);
  if (errorText !== undefined) throw new Error(`${url} can't be opened: ${errorText}`);
  await loading;

  const evaluate = async <T>(expression: string): Promise<T> => {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await call('Runtime.evaluate', params, session);
    if (exceptionDetails !== undefined) throw new Error(exceptionText(exceptionDetails as Json));
    return (result as { readonly value: T }).value;
  };
  return {
    evaluate,
    complaints,
    close: async () => {
      await call('Target.closeTarget', { targetId });
    },
    until: async (expression, seconds) => {
      const end = performance.now() + 1000 * seconds;
      while (!(await evaluate<boolean>(`Boolean(${expression})`))) {
        if (performance.now() > end) {
          const text = await evaluate<string>('document.body.innerText');
          throw new Error(
            `not in ${seconds} s: ${expression}\n${complaints.join('\n')}\nthe page says:\n${text}`,
          );
        }
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    },
    picture: async (file, scheme, width) => {
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await call('Emulation.setEmulatedMedia', { features }, session);
      const size = { width, height: 800, deviceScaleFactor: 1, mobile: false };
      await call('Emulation.setDeviceMetricsOverride', size, session);
      const { data } = await call('Page.captureScreenshot', { captureBeyondViewport: true }, session);
      writeFileSync(file, Buffer.from(String(data), 'base64'));
    },
  };
}

/** What is wrong, where a message tells of something. */
function complaintIn(method: string | undefined, params: Json): string | undefined {
  switch (method) {
    case 'Runtime.exceptionThrown':
      return exceptionText(params.exceptionDetails as Json);
    case 'Runtime.consoleAPICalled': {
      const { type, args } = params as { type: string; args: readonly Json[] };
      if (type !== 'error' && type !== 'warning') return undefined;
      return args.map(a => String(a.value ?? a.description ?? a.type)).join(' ');
    }
    case 'Log.entryAdded': {
      const { level, text, url } = params.entry as Json;
      return level === 'error' ? `${text} ${url ?? ''}` : undefined;
    }
    default:
      return undefined;
  }
}

function exceptionText({ exception, text }: Json): string {
  const { description } = (exception ?? {}) as { readonly description?: string };
  return description ?? String(text);
}
