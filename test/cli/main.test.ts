// The command line as its user meets it: exit codes, what goes to stdout and stderr, help, faults, Ctrl-C.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandEntry, commands } from '../../src/cli/commands.ts';
import { main } from '../../src/cli/main.ts';
import { memorySize } from '../../src/cli/memory-option.ts';
import { channel } from '../../src/cli/output.ts';

async function mm(args: readonly string[], list: readonly CommandEntry[] = commands) {
  const text = { out: [] as string[], err: [] as string[] };
  const plain = { color: false, terminal: false };
  const output = {
    out: channel(t => void text.out.push(t), plain),
    err: channel(t => void text.err.push(t), plain),
  };
  const code = await main(args, output, list);
  return { code, out: text.out.join(''), err: text.err.join('') };
}

/** A command whose action does this. */
const command = (
  name: string,
  action: (context: Parameters<CommandEntry['register']>[1]) => unknown,
): CommandEntry => ({
  name,
  register: (program, context) =>
    void program
      .command(name)
      .option('--json')
      .action(async () => void (await action(context))),
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mm-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const right = 'block double(x: float[N...]) -> float[N...] {\n  return x + x\n}\n';
const wrong = 'block double(x: float[N...]) -> float[N...] {\n  let y 3\n  retrun x + x\n}\n';

describe('mm', () => {
  test('its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await mm(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test('help on stdout lists every command', async () => {
    const { code, out, err } = await mm(['--help']);
    expect([code, err]).toEqual([0, '']);
    for (const { name } of commands) expect(out).toContain(`  ${name} `);
  });

  test.each(commands.map(c => c.name))('help of %s has examples', async name => {
    const { code, out } = await mm([name, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Usage: mm/);
    expect(out).toMatch(new RegExp(`Examples:\\n +\\$ mm ${name}`));
  });

  test('a wrong command line is 2, with the nearest command', async () => {
    expect((await mm([])).code).toBe(2);
    const { code, out, err } = await mm(['chekc', 'a.mm']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Did you mean check?');
    expect((await mm(['check'])).code).toBe(2);
    expect((await mm(['check', '--nonsense', 'a.mm'])).code).toBe(2);
  });

  test('a wrong command line under --json is JSON on stdout', async () => {
    const { code, out } = await mm(['check', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'wrong-usage' } });
  });
});

describe('--memory', () => {
  test.each([
    ['8GB', 8e9],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['500mb', 500e6],
    ['64KiB', 65536],
    ['7B', 7],
  ])('takes %s', (text, size) => expect(memorySize(text)).toBe(size));

  test.each(['8', '0GB', '-1GB', '1e3MB', 'GB', '8 gigabytes', '1.5B8', '', '99999999TB'])(
    'does not take %j',
    async text => {
      const { code, err } = await mm(['train', 'none.mm', '--memory', text]);
      expect(code).toBe(2);
      expect(err).toContain('It has to be an amount with its unit: 8GB, 500MB, 1.5GiB.');
    },
  );
});

describe('mm check', () => {
  test('a spec that is right', async () => {
    const path = file('right.mm', right);
    expect(await mm(['check', path])).toEqual({ code: 0, out: `✓ ${path}\n`, err: '' });
    expect(await mm(['check', path, '--json'])).toEqual({ code: 0, out: '[]\n', err: '' });
  });

  test('every mistake with its line', async () => {
    const path = file('wrong.mm', wrong);
    const { code, out } = await mm(['check', path]);
    expect(code).toBe(1);
    expect(out).toContain(`${path}:2:9`);
    expect(out).toContain(`${path}:3:3`);
    expect(out).toContain('did you mean `return`?');
    expect(out).toMatch(/\n2 errors; mm explain unexpected-token says more\n$/);
  });

  test('as JSON', async () => {
    const path = file('wrong.mm', wrong);
    const { code, out } = await mm(['check', file('right.mm', right), path, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      {
        file: path,
        line: 2,
        column: 9,
        endLine: 2,
        endColumn: 10,
        severity: 'error',
        code: 'unexpected-token',
        message: 'expected `=`, found `3`',
        help: 'the form is: let name = …',
        related: [],
      },
      {
        file: path,
        line: 3,
        column: 3,
        endLine: 3,
        endColumn: 9,
        severity: 'error',
        code: 'unknown-keyword',
        message: '`retrun` is no keyword',
        help: 'did you mean `return`?',
        related: [],
      },
    ]);
  });

  test.each<[string, string | Uint8Array, string]>([
    ['zeros.mm', 'model A {\0}', 'not-text'],
    ['latin1.mm', new Uint8Array([0x6d, 0xe9, 0x20]), 'not-text'],
    ['picture.mm', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]), 'not-text'],
    ['large.mm', 'x '.repeat(5_000_000), 'file-too-large'],
    ['medium.mm', 'x '.repeat(1_000_000), 'file-too-large'],
    ['deep.mm', `block f(x: int) { return ${'('.repeat(3000)}x${')'.repeat(3000)} }`, 'nested-too-deep'],
    ['cut.mm', right.slice(0, 26), 'unclosed-bracket'],
    ['empty.mm', '', 'no-model'],
  ])('%s', async (name, content, code) => {
    const result = await mm(['check', file(name, content), '--json']);
    expect(result.code).toBe(1);
    expect((JSON.parse(result.out) as { code: string }[]).map(d => d.code)).toContain(code);
  });

  test('a file that is not there, with the nearest one; a folder', async () => {
    file('emoji.mm', right);
    const missing = await mm(['check', join(folder, 'emojy.mm')]);
    expect(missing.code).toBe(1);
    expect(missing.out).toContain(`did you mean ${join(folder, 'emoji.mm')}?`);
    mkdirSync(join(folder, 'specs'), { recursive: true });
    const json = await mm(['check', join(folder, 'specs'), '--json']);
    expect(JSON.parse(json.out)).toMatchObject([{ code: 'spec-is-folder', file: join(folder, 'specs') }]);
  });

  test('one bad file does not hide another', async () => {
    const { code, out } = await mm([
      'check',
      join(folder, 'none.mm'),
      file('wrong.mm', wrong),
      file('right.mm', right),
    ]);
    expect(code).toBe(1);
    expect(out).toContain('there is no file');
    expect(out).toContain('wrong.mm:2:9');
    expect(out).toContain('✓ ');
  });
});

describe('mm engines', () => {
  test('lists what is there', async () => {
    const { code, out } = await mm(['engines', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({ name: 'onnx', add: null }),
      expect.objectContaining({ name: 'tensorflow' }),
      expect.objectContaining({ name: 'tfjs', folder: null }),
      expect.objectContaining({ name: 'tfjs-cpu', folder: null }),
      expect.objectContaining({ name: 'webgpu' }),
      expect.objectContaining({ name: 'reference', ready: true, version: null, add: null, folder: null }),
    ]);
  });
});

describe('what goes wrong beneath', () => {
  const broken = command('broken', () => {
    throw new RangeError('index 7 of 3', { cause: new Error('the reason') });
  });

  test('a fault of ours is 70, with a report to send', async () => {
    const { code, out, err } = await mm(['broken'], [broken]);
    expect([code, out]).toEqual([70, '']);
    const path = /A report is in (\S+);/.exec(err)?.[1] ?? '';
    const report = readFileSync(path, 'utf8');
    rmSync(path);
    expect(report).toMatch(
      /^mm \d+\.\d+\.\d+\nnode v\d+.*\nplatform \w+ \w+\ncommand mm broken\nerror RangeError: index 7 of 3\n/,
    );
    expect(report).toContain('main.test.ts');
    expect(report).toContain('caused by Error: the reason');
    expect(err).not.toContain('    at ');
  });

  test('and JSON under --json', async () => {
    const { code, out } = await mm(['broken', '--json'], [broken]);
    const { error } = JSON.parse(out) as { error: { code: string; report: string } };
    expect([code, error.code]).toEqual([70, 'internal-fault']);
    rmSync(error.report);
  });

  test('errors that carry diagnostics are the user’s', async () => {
    const diagnostic = {
      code: 'disk-full',
      severity: 'error',
      message: 'no room',
      span: undefined,
      related: [],
      notes: [],
      help: 'free some',
    };
    const failing = command('failing', () => {
      throw Object.assign(new Error('no room'), { diagnostics: [diagnostic] });
    });
    const text = await mm(['failing'], [failing]);
    expect(text).toEqual({ code: 1, out: '', err: 'error[disk-full]: no room\n  help: free some\n' });
    const json = await mm(['failing', '--json'], [failing]);
    expect(JSON.parse(json.out)).toMatchObject({
      error: { code: 'disk-full', message: 'no room', help: 'free some' },
    });
  });

  test('errors of the system are told in words', async () => {
    const reading = command('reading', () => readFileSync(join(folder, 'nothing')));
    const { code, err } = await mm(['reading'], [reading]);
    expect(code).toBe(1);
    expect(err).toContain(`${join(folder, 'nothing')}: it is not there`);
  });

  test('Ctrl-C aborts what listens for it, and nothing is left listening', async () => {
    const before = process.listenerCount('SIGINT');
    const patient = command('patient', async context => {
      const signal = context.interruption();
      setTimeout(() => process.emit('SIGINT'), 5);
      await new Promise<void>(done => signal.addEventListener('abort', () => done()));
      context.finish(130);
    });
    expect((await mm(['patient'], [patient])).code).toBe(130);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

describe('mm explain', () => {
  test('lines of a file that is used go with its name, those of the spec without', async () => {
    const layers = file(
      'layers.mm',
      'block layer(x: float[N..., In], out: dim) -> float[N..., out] {\n  return gelu(linear(x, out: out))\n}\n',
    );
    const spec = file(
      'scores.mm',
      `use "layers.mm" as Layers
model Scores {
  modality text: Text(tokenizer: bpe(1024), length: 32)
  encoder score(t: text[N..., T]) -> float[N...] {
    return embedding(t.ids, width: 32) |> mean(axis: -2) |> Layers.layer(out: 32) |> sum(axis: -1)
  }
  objective close(text: text[B, T], stars: float[B]) { return mean(abs(score(text) - stars)) }
  stage fit {
    minimize close on reviews.train batch 32
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`,
    );
    const { code, out } = await mm(['explain', spec]);
    expect(code).toBe(0);
    const from = (kind: string) => out.match(new RegExp(`^  ${kind} .*kB  (.*)$`, 'm'))?.[1];
    expect(from('gelu')).toBe(`${layers}:2`);
    expect(from('adamw_update')).toBe('line 11');
  });
});
