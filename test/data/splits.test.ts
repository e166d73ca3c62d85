import { expect, it } from 'vitest';
import { openDataset, parseManifest } from '../../src/data/index.ts';
import { folder } from './specs.ts';

const rows = (n: number): string =>
  Array.from({ length: n }, (_, i) => `${i},${i % 3 === 0 ? 'red' : 'blue'}`).join('\n');

async function open(splits: string, n = 300) {
  const path = folder({ 'a.csv': `id,colour\n${rows(n)}\n` });
  const text = `source: { table: a.csv }\nfields: { id: { column: id, as: text } }\nsplits:\n${splits}`;
  const manifest = parseManifest('set', `${path}/set.yaml`, text);
  if (manifest.value === undefined) throw new Error(manifest.diagnostics[0]?.message);
  return openDataset(manifest.value);
}

const shares = `  train: { share: { of: id, to: 0.8 }, less: validation }
  validation: { share: [{ of: id, to: 0.8 }, { of: [id, colour], to: 0.2 }] }
  test: { share: { of: id, from: 0.8 } }
`;

it('splits by the hash of key columns; every row is in exactly one', async () => {
  const { value } = await open(shares);
  const sizes = [...(value?.splits ?? [])].map(([name, r]) => [name, r.length]);
  expect(sizes.reduce((n, [, size]) => n + Number(size), 0)).toBe(300);
  const train = value?.splits.get('train')?.length ?? 0;
  expect(train / 300).toBeGreaterThan(0.55);
  expect(train / 300).toBeLessThan(0.73);
});

it('never moves a row when others are added', async () => {
  const few = (await open(shares, 200)).value?.splits.get('train') ?? [];
  const many = (await open(shares, 300)).value?.splits.get('train') ?? [];
  expect([...many].filter(i => i < 200)).toEqual([...few]);
});

it('conditions are on columns, as text', async () => {
  const { value } = await open('  red: { where: { colour: red } }\n  some: { where: { id: [1, 2] } }\n', 9);
  expect([...(value?.splits.get('red') ?? [])]).toEqual([0, 3, 6]);
  expect([...(value?.splits.get('some') ?? [])]).toEqual([1, 2]);
});

it('refuses splits that share rows unless one declares it', async () => {
  const splits = '  all: {}\n  red: { where: { colour: red } }\n';
  const { diagnostics } = await open(splits, 9);
  expect(diagnostics[0]?.code).toBe('splits-overlap');
  expect(diagnostics[0]?.message).toBe('splits all and red share 3 rows; the first is a.csv row 1');
  expect((await open(splits.replace('{}', '{ overlaps: red }'), 9)).diagnostics).toEqual([]);
});

it('names unknown columns and empty splits', async () => {
  const unknown = await open('  a: { where: { color: red } }\n', 3);
  expect(unknown.diagnostics[0]?.message).toBe('there is no column color');
  expect(unknown.diagnostics[0]?.help).toBe('did you mean colour?');
  expect(unknown.diagnostics[0]?.span).toMatchObject({ line: 4, column: 17 });
  const empty = await open('  a: { where: { colour: green } }\n', 3);
  expect(empty.diagnostics[0]?.message).toBe('split a of set has no rows (of 3 in all)');
});
