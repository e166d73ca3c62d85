// `mm graph`: what goes to stdout and into files.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { channel } from '../../src/cli/output.ts';

async function graph(...args: readonly string[]) {
  const text = { out: [] as string[], err: [] as string[] };
  const plain = { color: false, terminal: false };
  const code = await main(['graph', ...args], {
    out: channel(t => void text.out.push(t), plain),
    err: channel(t => void text.err.push(t), plain),
  });
  return { code, out: text.out.join(''), err: text.err.join('') };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mm-graph-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const emoji = 'specs/emoji.mm';

test('Mermaid on stdout, or what --format says', async () => {
  expect(await graph(emoji)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^flowchart TB\n/),
    err: '',
  });
  expect((await graph(emoji, '--format', 'svg')).out).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect((await graph(emoji, '--variant', 'short')).out).toContain('600 steps');
});

test('a file is written whole, as its ending says', async () => {
  for (const [name, start] of [
    ['a.svg', '<svg '],
    ['a.mmd', 'flowchart TB'],
  ] as const) {
    const path = join(folder, name);
    expect(await graph(emoji, '--out', path)).toEqual({ code: 0, out: `picture: ${path}\n`, err: '' });
    expect(readFileSync(path, 'utf8').startsWith(start)).toBe(true);
  }
  expect(readdirSync(folder).sort()).toEqual(['a.mmd', 'a.svg']);
});

test('--depth opens parts', async () => {
  const [closed, open] = [await graph(emoji), await graph(emoji, '--depth', '2')];
  expect(closed.out).not.toContain('attention"');
  expect(open.out).toContain('["layers × 3"]');
  expect(open.out).toContain('("attention")');
});

test('JSON is the diagram', async () => {
  const { code, out } = await graph(emoji, '--json');
  expect(code).toBe(0);
  const made = JSON.parse(out) as { nodes: { id: string }[]; edges: object[] };
  expect(made).toMatchObject({ model: 'Emoji', version: '1.0.0', stages: [{ name: 'align', steps: 4200 }] });
  expect(made.nodes.map(n => n.id)).toContain('look/transformer');
  expect(made.edges).toContainEqual({
    from: 'look/positions',
    to: 'look/transformer',
    label: '[N, 16, 128]',
    quiet: false,
    tied: false,
  });
});

test('an ending that says nothing, a folder that is not there, a spec that is wrong', async () => {
  const unknown = await graph(emoji, '--out', join(folder, 'a.png'), '--json');
  expect([unknown.code, JSON.parse(unknown.out).error.code]).toEqual([1, 'unknown-picture']);
  const missing = await graph(emoji, '--out', join(folder, 'none', 'a.svg'), '--json');
  expect([missing.code, 'error' in JSON.parse(missing.out)]).toEqual([1, true]);
  const path = join(folder, 'wrong.mm');
  writeFileSync(path, 'model M { encoder look(p: picture[N...]) { return p } }');
  expect((await graph(path)).code).toBe(1);
  expect((await graph(emoji, '--variant', 'long')).err).toContain('long');
  expect((await graph(emoji, '--depth', '0')).code).toBe(2);
});

test('a picture of too many boxes is refused', async () => {
  const path = join(folder, 'wide.mm');
  const parts = Array.from({ length: 1001 }, (_, i) => `    let x${i + 1} = layer_norm(x${i}) as n${i}`);
  const text = `model M {
  modality t: Text(tokenizer: bpe(512), length: 8)
  encoder e(x: t[N..., T]) -> float[N..., T, 8] {
    let x0 = embedding(x.ids, width: 8)
${parts.join('\n')}
    return x1001
  }
}`;
  writeFileSync(path, text);
  const { code, out } = await graph(path, '--json');
  expect([code, JSON.parse(out).error.code]).toEqual([1, 'picture-too-large']);
});
