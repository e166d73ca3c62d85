// The direction of imports between rooms (docs/architecture.md) and facts of style that hold for every source file.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { expect, it } from 'vitest';
import { codeOf, importsOf } from './source-code.ts';

interface Room {
  /** Other rooms, folders of them or single files, that it may import. */
  readonly rooms: readonly string[];
  /** Of these only types. */
  readonly types?: readonly string[];
  /** Packages; a room without the key `node` may not ask the machine for anything. */
  readonly packages: readonly string[];
  readonly node?: true;
}

const rooms: Readonly<Record<string, Room>> = {
  'src/base': { rooms: [], packages: [] },
  'src/ir': { rooms: ['src/base'], packages: [] },
  'src/ops': { rooms: ['src/base', 'src/ir'], packages: [] },
  'src/dsl': { rooms: ['src/base', 'src/ir', 'src/ops'], packages: ['chevrotain', 'picocolors'] },
  'src/compiler': { rooms: ['src/base', 'src/ir', 'src/ops', 'src/dsl'], packages: [] },
  'src/backends/engine.ts': { rooms: ['src/base', 'src/compiler/plan.ts'], packages: [] },
  'src/backends/reference': {
    rooms: [
      ...['src/base', 'src/ir', 'src/ops', 'src/compiler/plan.ts', 'src/backends/engine.ts'],
      'src/backends/owned.ts',
    ],
    packages: [],
  },
  'src/backends/owned.ts': { rooms: ['src/ir', 'src/backends/node-query.ts'], packages: [] },
  'src/backends/node-query.ts': { rooms: ['src/base', 'src/ir'], packages: [] },
  'src/backends/element-bytes.ts': { rooms: [], packages: [] },
  'src/backends/differences.ts': { rooms: [], packages: [] },
  'src/backends/native-library.ts': { rooms: [], packages: [] },
  'src/backends/installed.ts': { rooms: [], packages: [], node: true },
  'src/backends/refused.ts': {
    rooms: ['src/base', 'src/compiler/plan.ts', 'src/backends/engine.ts'],
    packages: [],
  },
  'src/backends/open-sizes.ts': { rooms: [], packages: [] },
  'src/backends/refused-size.ts': { rooms: [], packages: [] },
  'src/backends/onnx': {
    rooms: [
      ...['src/base', 'src/ir', 'src/ops', 'src/compiler/plan.ts', 'src/backends/engine.ts'],
      ...['src/backends/node-query.ts', 'src/backends/element-bytes.ts'],
      ...['src/backends/native-library.ts', 'src/backends/refused.ts'],
      ...['src/backends/open-sizes.ts', 'src/backends/refused-size.ts'],
    ],
    packages: ['onnxruntime-node', 'protobufjs'],
    node: true,
  },
  'src/backends/tensorflow': {
    rooms: [
      ...['src/base', 'src/ir', 'src/ops', 'src/compiler/plan.ts', 'src/backends/engine.ts'],
      ...['src/backends/node-query.ts', 'src/backends/element-bytes.ts', 'src/backends/owned.ts'],
      ...['src/backends/native-library.ts', 'src/backends/refused.ts', 'src/backends/installed.ts'],
      ...['src/backends/open-sizes.ts', 'src/backends/refused-size.ts'],
    ],
    packages: ['protobufjs'],
    node: true,
  },
  'src/backends/tfjs': {
    rooms: [
      ...['src/base', 'src/ir', 'src/ops', 'src/compiler/plan.ts', 'src/backends/engine.ts'],
      ...[
        'src/backends/node-query.ts',
        'src/backends/owned.ts',
        'src/backends/native-library.ts',
        'src/backends/refused.ts',
      ],
    ],
    packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-backend-wasm'],
  },
  // Of WebGPU what is found on a machine; a page has its own.
  'src/backends/webgpu/installation.ts': {
    rooms: ['src/backends/engine.ts', 'src/backends/native-library.ts', 'src/backends/installed.ts'],
    packages: [],
    node: true,
  },
  'src/backends/webgpu/probe.ts': {
    rooms: ['src/backends/webgpu/installation.ts'],
    packages: [],
    node: true,
  },
  'src/backends/webgpu/dawn.ts': { rooms: ['src/backends/webgpu'], packages: [] },
  'src/backends/webgpu': {
    rooms: [
      ...['src/base', 'src/ir', 'src/ops', 'src/compiler/plan.ts', 'src/backends/engine.ts'],
      ...['src/backends/node-query.ts', 'src/backends/owned.ts', 'src/backends/refused.ts'],
    ],
    packages: [],
  },
  'src/versioning': {
    rooms: ['src/base', 'src/ir', 'src/ops', 'src/dsl', 'src/compiler'],
    packages: ['ajv', 'yaml'],
    node: true,
  },
  'src/data': {
    rooms: ['src/base'],
    types: ['src/compiler/program.ts'],
    packages: ['@huggingface/tokenizers', 'ajv', 'csv-parse', 'hyparquet', 'sharp', 'yaml'],
    node: true,
  },
  'src/train': {
    rooms: [
      ...['src/base', 'src/ir', 'src/ops', 'src/dsl', 'src/compiler', 'src/backends', 'src/data'],
      'src/versioning',
      'src/compile.ts',
      'package.json',
    ],
    packages: ['csv-parse', 'sharp'],
    node: true,
  },
  'src/page': {
    rooms: [
      ...['src/base', 'src/compiler', 'src/dsl', 'src/compile.ts', 'src/compile-text.ts'],
      ...['src/backends/engine.ts', 'src/backends/tfjs', 'src/backends/webgpu/engine.ts'],
      // What of training asks nothing of a machine.
      ...[
        'feeds',
        'guarded-engine',
        'held',
        'host-tensor',
        'initialize',
        'rounds',
        'schedule',
        'step',
        'told',
      ].map(f => `src/train/${f}.ts`),
    ],
    packages: ['@tensorflow/tfjs-backend-wasm'],
  },
  'src/export': {
    rooms: [
      ...['src/base', 'src/ir', 'src/compiler', 'src/backends', 'src/data', 'src/train'],
      'src/compile.ts',
    ],
    packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-converter'],
    node: true,
  },
  'src/cli/install': { rooms: ['src'], packages: ['nanotar', 'yauzl'], node: true },
  'src/cli': { rooms: ['src'], packages: ['commander', 'picocolors'], node: true },
  'src/compile.ts': { rooms: ['src/base', 'src/ir', 'src/ops', 'src/dsl', 'src/compiler'], packages: [] },
  'src/compile-text.ts': { rooms: ['src/base', 'src/dsl', 'src/compile.ts'], packages: [] },
  'src/index.ts': { rooms: ['src'], packages: [], node: true },
};

const root = join(import.meta.dirname, '..');
const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter(e => e.isFile() && e.name.endsWith('.ts'))
  .map(e => relative(root, join(e.parentPath, e.name)).replaceAll('\\', '/'))
  .sort();
const textOf = new Map(sources.map(file => [file, readFileSync(join(root, file), 'utf8')]));
const programs = sources.filter(file => !file.endsWith('.d.ts'));
const codeLines = new Map(programs.map(file => [file, codeOf(textOf.get(file) ?? '').split('\n')]));

const isIn = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);
const roomOf = (file: string): string | undefined => Object.keys(rooms).find(room => isIn(file, room));

/** What a file imports that its room may not. */
function trespasses(file: string, text: string): readonly string[] {
  const name = roomOf(file);
  const room = name === undefined ? undefined : rooms[name];
  if (name === undefined || room === undefined) return [`${file} stands in no room`];
  return importsOf(text).flatMap(({ from, typeOnly, line }) => {
    const complaint = [`${file}:${line} imports ${from}`];
    if (from.startsWith('node:')) return room.node === true ? [] : complaint;
    if (!from.startsWith('.')) return room.packages.some(p => isIn(from, p)) ? [] : complaint;
    const target = posix.join(posix.dirname(file), from);
    const allowed = [name, ...room.rooms, ...(typeOnly ? (room.types ?? []) : [])];
    const cli = !isIn(name, 'src/cli') && isIn(target, 'src/cli');
    return allowed.some(place => isIn(target, place)) && !cli ? [] : complaint;
  });
}

/** Where code matches a pattern. */
function places(files: readonly string[], pattern: RegExp): readonly string[] {
  return files.flatMap(file =>
    (codeLines.get(file) ?? []).flatMap((line, i) =>
      pattern.test(line) ? [`${file}:${i + 1} ${line.trim()}`] : [],
    ),
  );
}

it('keeps the direction of imports', () => {
  expect(programs.length).toBeGreaterThan(200);
  expect(programs.flatMap(file => trespasses(file, textOf.get(file) ?? ''))).toEqual([]);
});

it.each([
  ['src/ir/builder.ts', "import { ops } from '../ops/registry.ts';"],
  ['src/compiler/lower.ts', "import { openData } from '../data/index.ts';"],
  ['src/dsl/render.ts', "import { readFileSync } from 'node:fs';"],
  ['src/ops/dot.ts', "import type { Plan } from '../compiler/plan.ts';"],
  ['src/backends/onnx/emit.ts', "import { lower } from '../../compiler/lower.ts';"],
  ['src/backends/onnx/emit.ts', "import { half } from '../reference/half.ts';"],
  ['src/data/open.ts', "import { x } from '../compiler/program.ts';"],
  ['src/data/open.ts', "const x: import('../compiler/lower.ts').LowerContext = y;"],
  ['src/train/train.ts', "const { report } = await import('../cli/context.ts');"],
  ['src/ops/dot.ts', "export { parse } from 'yaml';"],
  ['src/index.ts', "export * from './cli/main.ts';"],
])('%s may not say: %s', (file, line) => {
  expect(trespasses(file, line)).toHaveLength(1);
});

it('loads nothing in a page that a page hasn’t', () => {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { from, typeOnly } of importsOf(textOf.get(file) ?? ''))
      if (from.startsWith('.') && !typeOnly) load(posix.join(posix.dirname(file), from));
  };
  load('src/page/index.ts');
  const code = [...loaded].filter(f => programs.includes(f));
  expect(code.length).toBeGreaterThan(150);
  const wanted = code.flatMap(file =>
    importsOf(textOf.get(file) ?? '')
      .filter(i => i.from.startsWith('node:') && !i.typeOnly)
      .map(i => `${file}:${i.line} imports ${i.from}`),
  );
  expect(wanted).toEqual([]);
});

const pure = programs.filter(file =>
  ['base', 'ir', 'ops', 'dsl', 'compiler', 'compile.ts'].some(room => isIn(file, `src/${room}`)),
);

it('asks neither clock nor chance nor machine in the rooms that make artefacts', () => {
  const impure =
    /\bDate\b|\bMath\.random\b|\bperformance\.|\bprocess\.|\bglobalThis\b|\bconsole\.|\bset(?:Timeout|Interval|Immediate)\b|\bfetch\(/;
  expect(pure.length).toBeGreaterThan(100);
  expect(places(pure, impure)).toEqual([]);
});

it('has no default export, no enum, no any and no silenced error', () => {
  expect(places(programs, /\bexport\s+default\b/)).toEqual([]);
  expect(places(programs, /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w/)).toEqual([]);
  expect(places(programs, /(?:[:<|&]|=>|\bas)\s*any\b(?!\s*\()|\bany\[\]/)).toEqual([]);
  expect(places(programs, /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/)).toEqual([]);
});

it('names files in kebab-case, opens each with what lives there, and imports them with their ending', () => {
  expect(programs.filter(f => !/^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(posix.basename(f)))).toEqual([]);
  expect(programs.filter(f => posix.basename(f) === 'utils.ts')).toEqual([]);
  expect(programs.filter(f => !textOf.get(f)?.startsWith('// '))).toEqual([]);
  const bare = programs.flatMap(file =>
    importsOf(textOf.get(file) ?? '')
      .filter(i => i.from.startsWith('.') && !/\.(?:ts|mm|json|css|html)$/.test(i.from))
      .map(i => `${file}:${i.line} ${i.from}`),
  );
  expect(bare).toEqual([]);
});

it('reads code without comments, strings and patterns', () => {
  const text = [
    "const a = 'any'; // any",
    'const b = `any $' + '{x.any} any`;',
    'const c = /any[\'"`]/.test(d) / 2; /* any */',
  ].join('\n');
  const code = codeOf(text);
  expect(code.split('\n')).toHaveLength(3);
  expect(code.match(/\bany\b/g)).toEqual(['any']);
  expect(code).toContain('.test(d) / 2;');
});
