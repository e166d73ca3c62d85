// `mm explain CODE`: every code that a user can meet is explained, with its lesson where the gallery has one.

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allCodes, codeRooms } from '../../src/cli/codes.ts';
import { changeOf, lessonOf } from '../../src/cli/lesson.ts';
import { main } from '../../src/cli/main.ts';
import { channel } from '../../src/cli/output.ts';
import { check } from '../../src/compile.ts';
import { lessons, withoutLesson } from '../../src/dsl/gallery/all.ts';

async function mm(...args: string[]) {
  const text = { out: [] as string[], err: [] as string[] };
  const plain = { color: false, terminal: false };
  const output = {
    out: channel(t => void text.out.push(t), plain),
    err: channel(t => void text.err.push(t), plain),
  };
  const code = await main(args, output);
  return { code, out: text.out.join(''), err: text.err.join('') };
}

test('a code with its lesson: what it means, why, the error, what mends it', async () => {
  const { code, out, err } = await mm('explain', 'not-unit');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('error[not-unit], from checking a spec\n');
  expect(out).toContain('help: end the encoder with |> into(SPACE), or call unit(x)');
  expect(out).toContain('Losses of contrast compare directions.');
  expect(out).toMatch(/\nerror\[not-unit\]: .*\n {2}┌─ spec\.mm:\d+:\d+\n/);
  expect(out).toMatch(/\n *\d+ - .*\n *\d+ \+ .*unit\(2 \* look/);
});

test('a code without an example: its words and its help', async () => {
  const { code, out } = await mm('explain', 'manifest-missing');
  expect(code).toBe(0);
  expect(out).toBe(
    'error[manifest-missing], from data\n  there is no manifest for the data set SET\n' +
      '  help: write data/SET.yaml beside the spec, or say where it is: --data SET=PATH\n',
  );
});

test('a code of two rooms is explained for both', async () => {
  const { out } = await mm('explain', 'too-large');
  expect(out).toContain('error[too-large], from checking a spec');
  expect(out).toContain('error[too-large], from data');
});

test.each(allCodes())('%s', async name => {
  const { code, out } = await mm('explain', name, '--json');
  expect(code).toBe(0);
  const { meanings, why, example } = JSON.parse(out) as {
    meanings: { room: string; message: string; helps: string[] }[];
    why: string | null;
    example: { wrong: string; mended: string; diagnostics: { code: string }[]; rendered: string } | null;
  };
  const rooms = Object.entries(codeRooms).filter(([, registry]) => name in registry);
  expect(meanings.map(m => m.room)).toEqual(rooms.map(([room]) => room));
  for (const { message, helps } of meanings) {
    expect(message).toMatch(/\w/);
    expect([message, ...helps].join()).not.toMatch(/undefined|NaN|\[object/);
  }
  const ofLanguage = rooms.some(([room]) => room === 'reading a spec' || room === 'checking a spec');
  if (ofLanguage && !withoutLesson.includes(name)) {
    expect(why).toMatch(/^[\w`→=…-].*[.?]$/s);
    expect(example?.diagnostics.map(d => d.code)).toEqual([name]);
    expect(example?.rendered).toContain(`[${name}]`);
    expect(example?.wrong).not.toBe(example?.mended);
    expect(`${example?.wrong}${example?.mended}`).not.toMatch(/[«»]/);
  } else expect([why, example]).toEqual([null, null]);
});

test('what mends a lesson is right', () => {
  for (const { code } of lessons) {
    const lesson = lessonOf(code);
    const { diagnostics } = check(lesson?.mended ?? '?', 'spec.mm', path => {
      const text = lesson?.files[path];
      return text === undefined ? undefined : { file: path, text };
    });
    expect(diagnostics, code).toEqual([]);
  }
});

test('unknown codes are told the nearest one', async () => {
  const { code, err } = await mm('explain', 'brokn-promise');
  expect(code).toBe(1);
  expect(err).toContain('there is no code brokn-promise\n  help: did you mean broken-promise?');
  expect((await mm('explain', 'abcdefgh')).err).toContain('mm explain --codes lists them');
  const { code: failed, out } = await mm('explain', 'constructor', '--json');
  expect(failed).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'unknown-code' } });
});

test('what ends in .mm, has a folder or exists is a file', async () => {
  expect((await mm('explain', 'broken-promise.mm')).err).toContain('error[spec-not-found]');
  expect((await mm('explain', './broken-promise')).err).toContain('error[spec-not-found]');
  expect(existsSync('specs')).toBe(true);
  expect((await mm('explain', 'specs')).err).toContain('error[spec-is-folder]');
});

test('all codes', async () => {
  const { code, out } = await mm('explain', '--codes');
  expect(code).toBe(0);
  for (const name of allCodes()) expect(out).toContain(`\n  ${name} `);
  const listed = JSON.parse((await mm('explain', '--codes', '--json')).out) as { code: string }[];
  expect([...new Set(listed.map(c => c.code))].sort()).toEqual(allCodes());
});

test('wrong usage says what it takes', async () => {
  const { code, err } = await mm('explain');
  expect(code).toBe(2);
  expect(err).toContain('mm explain takes a spec (specs/emoji.mm) or the code of an error (broken-promise)');
  expect(await mm('explain', 'not-unit', '--depth', '2')).toMatchObject({ code: 2 });
  expect(await mm('explain', 'not-unit', '--codes')).toMatchObject({ code: 2 });
});

test('of a change, the lines around it', () => {
  const wrong = 'a\nb\nc\nx\ny\nd\ne\nf\n';
  expect(changeOf(wrong, 'a\nb\nc\nz\nd\ne\nf\n').map(l => `${l.number}${l.side[0]}${l.text}`)).toEqual([
    '2bb',
    '3bc',
    '4wx',
    '5wy',
    '4mz',
    '5bd',
    '6be',
  ]);
  expect(changeOf('a\n', 'a\nb\n').map(l => l.side)).toEqual(['both', 'mended']);
});
