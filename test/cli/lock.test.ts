// `mm lock`, and what `mm check` says where a lock lies beside a spec or an earlier revision is named.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Folder, folder, mm, spec } from './versioned.ts';

let at: Folder;
let file: string;
let lock: string;
beforeEach(() => {
  at = folder();
  file = at.write('kinds.mm', spec);
  lock = `${file}.lock`;
});
afterEach(() => at.remove());

const deeper = spec.replace('depth: int = 2', 'depth: int = 3');
const text = (): string => readFileSync(lock, 'utf8');

describe('mm lock', () => {
  test('writes a lock beside the spec, the same bytes each time, and says what changed', async () => {
    expect(await mm('lock', file)).toEqual({ code: 0, out: `${lock}: written\n`, err: '' });
    const first = text();
    expect(await mm('lock', file)).toEqual({ code: 0, out: `${lock}: up to date\n`, err: '' });
    expect(text()).toBe(first);
    at.write('kinds.mm', deeper);
    const { code, out } = await mm('lock', file);
    expect(code).toBe(0);
    expect(out).toContain('written');
    expect(out).toContain('partial: some weights have no old one');
    expect(out).toContain('~ read.transformer depth: 2 → 3');
    expect(out).toContain('calls for a major version: the new one is 1.0.0, which has to be 2.0.0 or higher');
    expect(text()).not.toBe(first);
    expect(readdirSync(at.path).sort()).toEqual(['kinds.mm', 'kinds.mm.lock']);
  });

  test('--check writes nothing', async () => {
    expect((await mm('lock', '--check', file)).err).toContain('error[lock-missing]');
    expect(existsSync(lock)).toBe(false);
    await mm('lock', file);
    const before = text();
    expect((await mm('lock', '--check', file)).code).toBe(0);
    at.write('kinds.mm', deeper);
    const { code, err } = await mm('lock', '--check', file);
    expect([code, err]).toEqual([1, expect.stringContaining('error[lock-not-current]')]);
    expect(text()).toBe(before);
  });

  test('JSON tells each file, with the diff as mm diff has it', async () => {
    expect(JSON.parse((await mm('lock', '--json', file)).out)).toEqual([
      { file, lock, state: 'written', diff: null },
    ]);
    at.write('kinds.mm', deeper);
    const [told] = JSON.parse((await mm('lock', '--json', file)).out) as { diff: { verdict: string } }[];
    expect(told?.diff.verdict).toBe('partial');
  });

  test('a spec with mistakes gets no lock, and others do', async () => {
    const wrong = at.write('wrong.mm', spec.replace('linear(read', 'linaer(read'));
    const { code, err } = await mm('lock', wrong, file);
    expect([code, err]).toEqual([1, expect.stringContaining('did you mean linear?')]);
    expect(existsSync(`${wrong}.lock`)).toBe(false);
    expect(existsSync(lock)).toBe(true);
    expect((await mm('lock', at.path)).err).toContain('spec-is-folder');
  });

  test.each([
    ['edited', (t: string) => t.replace('model: Kinds', 'model: Kind'), 'lock-edited'],
    ['cut off', (t: string) => t.slice(0, 400), 'lock-unreadable'],
    ['merged', (t: string) => `<<<<<<< ours\n${t}=======\n${t}>>>>>>> theirs\n`, 'lock-unreadable'],
    ['empty', () => '', 'lock-unreadable'],
  ])('a lock that was %s is written anew', async (_, change, code) => {
    await mm('lock', file);
    const right = text();
    writeFileSync(lock, change(right));
    const refused = await mm('lock', '--check', file);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(`error[${code}]`)]);
    const { code: ended, err } = await mm('lock', file);
    expect([ended, err]).toEqual([0, expect.stringContaining(`warning[${code}]`)]);
    expect(text()).toBe(right);
  });

  test('a file of others with that name is left as it is', async () => {
    writeFileSync(lock, '{"lockfileVersion": 3}');
    expect((await mm('lock', file)).err).toContain('error[not-our-lock]');
    expect(text()).toBe('{"lockfileVersion": 3}');
  });
});

describe('mm check beside a lock', () => {
  test('nothing while it is true; a note and a warning at what changed', async () => {
    await mm('lock', file);
    expect(await mm('check', file)).toEqual({ code: 0, out: `✓ ${file}\n`, err: '' });
    at.write('kinds.mm', spec.replace('/// Kinds', '/// Sorts'));
    expect((await mm('check', file)).out).toBe(`✓ ${file}\n`);
    at.write('kinds.mm', deeper);
    const { code, out } = await mm('check', file);
    expect(code).toBe(0);
    expect(out).toContain('note[lock-outdated]');
    expect(out).toContain('~ read.transformer depth: 2 → 3');
    expect(out).toContain('help: run mm lock when this is intended');
    expect(out).toContain(
      'warning[version-not-raised]: the change of Kinds calls for a major version, and 1.0.0 became 1.0.0',
    );
    expect(out).toContain('help: raise it to version "2.0.0" or a higher one');
    const json = JSON.parse((await mm('check', '--json', file)).out) as { severity: string; line: number }[];
    expect(json.map(d => [d.severity, d.line])).toEqual([
      ['note', 2],
      ['warning', 2],
    ]);
    at.write('kinds.mm', deeper.replace('1.0.0', '2.0.0'));
    expect((await mm('check', file)).out).not.toContain('version-not-raised');
  });

  test('a lock that was edited is an error', async () => {
    await mm('lock', file);
    writeFileSync(lock, text().replace('model: Kinds', 'model: Kind'));
    const { code, out } = await mm('check', file);
    expect([code, out]).toEqual([1, expect.stringContaining('error[lock-edited]')]);
  });
});

describe('mm check --against', () => {
  beforeEach(() => {
    at.git('init', '-q', '-b', 'main');
    at.git('add', '.');
    at.git('commit', '-qm', 'first');
  });

  test('a revision: refuses a version lower than the change calls for', async () => {
    expect((await mm('check', '--against', 'main', file)).code).toBe(0);
    at.write('kinds.mm', spec.replace('steps 100', 'steps 200'));
    const low = await mm('check', '--against', 'main', file);
    expect([low.code, low.out]).toEqual([1, expect.stringContaining('error[version-too-low]')]);
    expect(low.out).toContain('calls for a patch version');
    expect(low.out).toMatch(/kinds\.mm:2:\d+/);
    at.write('kinds.mm', spec.replace('steps 100', 'steps 200').replace('1.0.0', '1.0.1'));
    expect((await mm('check', '--against', 'HEAD', file)).code).toBe(0);
    at.write('kinds.mm', spec.replace('1.0.0', '0.9.0'));
    expect((await mm('check', '--against', 'main', file)).out).toContain('went down, from 1.0.0 to 0.9.0');
  });

  test('the lock of a revision, and a lock file', async () => {
    await mm('lock', file);
    at.git('add', '.');
    at.git('commit', '-qm', 'lock');
    at.write('kinds.mm', deeper);
    for (const against of ['HEAD', lock])
      expect((await mm('check', '--against', against, file)).out).toContain('calls for a major version');
  });

  test('a spec that is new passes, what can’t be read doesn’t', async () => {
    const added = at.write('more/new.mm', spec);
    const { code, out } = await mm('check', '--against', 'main', added);
    expect([code, out]).toEqual([0, expect.stringContaining('note[new-model-file]')]);
    for (const [revision, why] of [
      ['mian', 'did you mean main?'],
      ['--output=x', 'unknown-revision'],
      ['main:kinds.mm', 'unknown-revision'],
    ] as const) {
      const refused = await mm('check', `--against=${revision}`, file);
      expect([refused.code, refused.out]).toEqual([1, expect.stringContaining(why)]);
    }
    const outside = folder();
    try {
      const alone = outside.write('kinds.mm', spec);
      expect((await mm('check', '--against', 'main', alone)).out).toContain('error[no-repository]');
    } finally {
      outside.remove();
    }
  });

  test('mistakes of the revision are shown as its own', async () => {
    at.write('kinds.mm', spec.replace('linear(read', 'linaer(read'));
    at.git('commit', '-qam', 'broken');
    at.write('kinds.mm', spec);
    const { code, out } = await mm('check', '--against', 'HEAD', file);
    expect(code).toBe(1);
    expect(out).toContain('HEAD:./kinds.mm:12');
  });
});
