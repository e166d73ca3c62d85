// The GitHub action and the hook for commits, tried by running what they run, in a repository of their own.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Folder, folder, spec } from './versioned.ts';

const root = join(import.meta.dirname, '../..');
const mmCommand = `${process.execPath} ${join(root, 'bin/mm.mjs')}`;
const hook = join(root, 'hooks/mm-versions.sh');

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly run: string; readonly env: Readonly<Record<string, string>> }[];
  };
}
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;

let at: Folder;
beforeEach(() => {
  at = folder();
  at.write('specs/kinds.mm', spec);
  at.git('init', '-q', '-b', 'main');
  at.git('add', '.');
  at.git('commit', '-qm', 'first');
});
afterEach(() => at.remove());

function bash(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync('bash', args, {
    cwd: at.path,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: at.path, NO_COLOR: '1', ...env },
  });
  return { code: status, said: `${stdout}${stderr}` };
}

/** The steps of the action with these inputs, and what they write into the job's summary. */
function act(inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const summary = join(at.path, '..', `${at.path.split('/').at(-1)}-summary.md`);
  const ran = action.runs.steps.map(step => {
    const given = Object.entries(step.env).map(([name, text]) => {
      const value = text.replace(
        /\$\{\{ inputs\.(\w+) \}\}/g,
        (_, input: string) => inputs[input] ?? action.inputs[input]?.default ?? '',
      );
      return [name, value] as const;
    });
    return bash(['-c', step.run], { ...Object.fromEntries(given), GITHUB_STEP_SUMMARY: summary, ...env });
  });
  return {
    code: Math.max(...ran.map(r => r.code ?? 1)),
    said: ran.map(r => r.said).join(''),
    summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '',
  };
}

const changed = spec.replace('heads: 2,', 'heads: 2, activation: relu,');

test('the action refuses a version that is too low, and tells the change in the summary', () => {
  at.git('checkout', '-qb', 'work');
  at.write('specs/kinds.mm', changed);
  at.git('commit', '-qam', 'relu');
  const low = act({ mm: mmCommand });
  expect(low.said).toContain('error[version-too-low]');
  expect(low.code).toBe(1);
  expect(low.summary).toMatch(/^### `specs\/kinds\.mm`: changes meaning\n/);
  at.write('specs/kinds.mm', changed.replace('1.0.0', '2.0.0'));
  at.git('commit', '-qam', 'version');
  // A pull request is compared with its base.
  at.git('update-ref', 'refs/remotes/origin/main', 'main');
  const enough = act({ mm: mmCommand }, { GITHUB_BASE_REF: 'main' });
  expect([enough.code, enough.said]).toEqual([0, '✓ specs/kinds.mm\n']);
  const refused = act({ mm: mmCommand, require: 'loads', against: 'main', files: 'specs/kinds.mm' });
  expect(refused.code).toBe(1);
}, 240_000);

test('the hook refuses a lock that is not up to date or not staged, and a low version', () => {
  const env = { MM: mmCommand };
  const commit = () => bash([hook], env);
  expect(commit().code).toBe(0);
  expect(
    spawnSync(process.execPath, [join(root, 'bin/mm.mjs'), 'lock', 'specs/kinds.mm'], { cwd: at.path })
      .status,
  ).toBe(0);
  at.git('add', '.');
  at.git('commit', '-qm', 'lock');
  at.write('specs/kinds.mm', changed);
  at.git('add', '.');
  const refused = commit();
  expect(refused.code).toBe(1);
  expect(refused.said).toContain('error[lock-not-current]');
  expect(refused.said).toContain('error[version-too-low]');
  at.write('specs/kinds.mm', changed.replace('1.0.0', '2.0.0'));
  at.git('add', 'specs/kinds.mm');
  spawnSync(process.execPath, [join(root, 'bin/mm.mjs'), 'lock', 'specs/kinds.mm'], { cwd: at.path });
  const unstaged = bash([hook, 'specs/kinds.mm'], env);
  expect([unstaged.code, unstaged.said]).toEqual([
    1,
    expect.stringContaining('specs/kinds.mm.lock is not staged'),
  ]);
  at.git('add', '.');
  expect(commit()).toEqual({ code: 0, said: expect.stringContaining('✓ specs/kinds.mm') });
}, 240_000);

test('git runs the hook', () => {
  mkdirSync(join(at.path, '.git/hooks'), { recursive: true });
  chmodSync(hook, 0o755);
  symlinkSync(hook, join(at.path, '.git/hooks/pre-commit'));
  at.write('specs/kinds.mm', changed);
  const env = { MM: mmCommand };
  const identity = '-c user.name=Test -c user.email=test@example.com';
  const low = bash(['-c', `git ${identity} commit -qam relu`], env);
  expect([low.code, low.said]).toEqual([1, expect.stringContaining('error[version-too-low]')]);
  const declared = parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')) as readonly {
    entry: string;
  }[];
  expect(declared.map(h => join(root, h.entry))).toEqual([hook]);
}, 240_000);
