// `mm bench`: a spec timed on made-up data, as text, JSON and page.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bar } from '../../src/cli/bench.ts';
import { main } from '../../src/cli/main.ts';
import { channel } from '../../src/cli/output.ts';

async function bench(...args: readonly string[]) {
  const text = { out: [] as string[], err: [] as string[] };
  const plain = { color: false, terminal: false };
  const code = await main(['bench', ...args], {
    out: channel(t => void text.out.push(t), plain),
    err: channel(t => void text.err.push(t), plain),
  });
  return { code, out: text.out.join(''), err: text.err.join('') };
}

const spec = `model Small {
  modality picture: Image(height: 8, width: 8)
  labels Kind { a, b, c }
  part name = linear(out: Kind)
  encoder look(p: picture[N...]) -> float[N..., 16] {
    return patches(p.pixels, size: 4) |> linear(out: 16) |> mean(axis: -2)
  }
  objective kinds(picture: picture[B], kind: index(Kind)[B]) {
    return cross_entropy(name(look(picture)), kind)
  }
  stage learn {
    minimize kinds on shapes.train batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
  export embed(p: picture[B]) -> float[B, 16] { return look(p) }
}
`;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mm-bench-'));
  file = join(folder, 'small.mm');
  writeFileSync(file, spec);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Said {
  readonly lines: readonly { readonly line: number; readonly file: string; readonly share: number }[];
  readonly how: string;
  readonly seconds: Readonly<Record<string, number>>;
}

test.each(['onnx', 'reference'])('a step on %s: every field, every line', async engine => {
  const { code, out, err } = await bench(file, '--steps', '2', '--engine', engine, '--json');
  expect([code, err]).toEqual([0, '']);
  const said = JSON.parse(out) as Record<string, unknown> & { profile: Said };
  expect(said).toMatchObject({
    model: 'Small',
    variant: null,
    stage: 'learn',
    engine,
    samples: 4,
    page: null,
  });
  expect(said.step).toMatchObject({ times: [expect.any(Number), expect.any(Number)] });
  expect(Object.keys(said.compile as object).sort()).toEqual([
    'all',
    'check',
    'differentiate',
    'engine',
    'lower',
    'optimize',
    'recognise',
    'schedule',
  ]);
  for (const took of Object.values(said.compile as object)) expect(took).toBeGreaterThan(0);
  const { planned } = said.memory as { planned: number };
  expect(planned).toBeGreaterThan(1000);
  expect(said.kernels).toBeGreaterThan(20);
  expect(said.profile.how).toBe('measured');
  expect(said.profile.lines.map(l => l.line).sort((a, b) => a - b)).toEqual([6, 9, 14]);
  expect(said.profile.lines.reduce((n, l) => n + l.share, 0)).toBeGreaterThan(0.9);
  for (const phase of ['forward', 'backward', 'optimizer'])
    expect(said.profile.seconds[phase]).toBeGreaterThan(0);
});

test('an export is timed at the batch that is asked for', async () => {
  const { code, out } = await bench(file, '--export', 'embed', '--batch', '8', '--steps', '1', '--json');
  expect(code).toBe(0);
  const said = JSON.parse(out) as { export: string; samples: number; profile: Said };
  expect([said.export, said.samples]).toEqual(['embed', 8]);
  expect(said.profile.seconds).toMatchObject({ backward: 0, optimizer: 0 });
  expect(said.profile.lines.map(l => l.line)).toEqual([6]);
});

test('text shows the spec’s lines; the page holds source, heat and nothing from outside', async () => {
  const page = join(folder, 'a.html');
  const { code, out } = await bench(file, '--steps', '1', '--page', page);
  expect(code).toBe(0);
  expect(out).toMatch(/ % +█.*s.* 6 {2} {4}return patches\(p\.pixels, size: 4\) \|> linear/);
  expect(out).toContain(`page: ${page}`);
  const html = readFileSync(page, 'utf8');
  for (const line of ['labels Kind { a, b, c }', 'cross_entropy(name(look(picture)), kind)'])
    expect(html).toContain(line);
  expect(html).toContain('-&gt; float[N..., 16]');
  expect(html).toMatch(/<tr id="[^"]*small\.mm-6" style="--heat:[01]\.\d+"[^>]*>.*<i class="forward"/);
  expect(html).toMatch(/<a href="#[^"]*small\.mm-6">small\.mm:6<\/a>/);
  expect(html).toContain('prefers-color-scheme:dark');
  expect(html).not.toMatch(/https?:|<script|src=/);
});

describe('what is wrong is said', () => {
  const codeOf = async (...args: readonly string[]): Promise<readonly [number, string]> => {
    const { code, out } = await bench(...args, '--json');
    return [code, (JSON.parse(out) as { error: { code: string } }).error.code];
  };
  test.each([
    [['--stage', 'lern'], 'unknown-stage'],
    [['--export', 'embd'], 'unknown-export'],
    [['--engine', 'onx'], 'unknown-engine'],
    [['--variant', 'tiny'], 'unknown-variant'],
    [['--page', 'no/such/folder/a.html', '--steps', '1'], 'cannot-write'],
  ] as const)('%s', async (args, code) => {
    expect(await codeOf(file, ...args)).toEqual([1, code]);
  });

  test('no such file, a spec with errors, one without a stage, both a stage and an export', async () => {
    expect(await codeOf(join(folder, 'none.mm'))).toEqual([1, 'spec-not-found']);
    const other = join(folder, 'other.mm');
    writeFileSync(other, spec.replace('linear(out: 16)', 'linear(out: 17)'));
    expect((await codeOf(other))[0]).toBe(1);
    writeFileSync(other, spec.replace(/ {2}stage[\s\S]*?\n {2}\}\n/, ''));
    expect(await codeOf(other)).toEqual([1, 'nothing-to-bench']);
    expect((await bench(file, '--stage', 'learn', '--export', 'embed')).code).toBe(2);
    expect((await bench(file, '--steps', '0')).code).toBe(2);
  });

  test('a batch that the machine can’t hold is refused, with one that it can', async () => {
    const { code, out } = await bench(file, '--batch', '2000000000', '--json');
    const { error } = JSON.parse(out) as { error: { code: string; help: string } };
    expect([code, error.code]).toEqual([1, 'bench-too-large']);
    expect(JSON.stringify(error)).toMatch(/--batch \d+ should fit/);
  });
});

test('bars', () => {
  expect([bar(0), bar(1).length, bar(0.5)]).toEqual(['', 16, '████████']);
});
