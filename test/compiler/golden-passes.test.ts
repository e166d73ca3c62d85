// What each pass makes of a small graph, in the printed form. The files under golden/passes hold what is given and what
// comes out: they are read in review, and `npx vitest run … -u` writes the second part anew.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import { createTfjsEngine } from '../../src/backends/tfjs/engine.ts';
import { optimizationPasses } from '../../src/compiler/optimize.ts';
import { passesOf } from '../../src/compiler/pass-list.ts';
import type { Target } from '../../src/compiler/plan.ts';
import { recognitionPasses } from '../../src/compiler/recognise.ts';
import { recompute } from '../../src/compiler/recompute.ts';
import { peakBytes, schedule } from '../../src/compiler/schedule.ts';
import { splitRows } from '../../src/compiler/split-rows.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { parse } from '../../src/ir/parse.ts';
import { print } from '../../src/ir/print.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare, everything, expectSame, expectSound, text, withGradients } from './helpers.ts';

const folder = join(import.meta.dirname, 'golden/passes');
const engines = [createOnnxEngine(), createTensorflowEngine(), createTfjsEngine()];
const passes = [...new Map(engines.flatMap(e => passesOf(e.target)).map(p => [p.name, p])).values()];
const files = readdirSync(folder)
  .filter(f => f.endsWith('.txt'))
  .sort();
const caseOf = (file: string): string => file.replace(/\.txt$/, '');
/** `attention` of `attention.causal.txt`. */
const passOf = (file: string): string => file.split('.')[0] ?? '';

/** What a pass makes of a graph, as text, and as a graph where it is one. */
interface Made {
  readonly text: string;
  readonly graph?: Graph;
}

const tensorflow = createTensorflowEngine().target;
const without = (name: string): ReadonlySet<string> => new Set([name]);

/** Passes that don't give a graph alone. */
const special: Readonly<Record<string, (graph: Graph) => Made>> = {
  recompute: graph => {
    const limit = Math.ceil(0.9 * peakBytes(graph, bare));
    const { graph: made, note } = recompute(graph, bare, ops, limit);
    const say = `under ${limit} bytes: ${note.before} become ${note.peak}, ${note.values} values made again`;
    return { graph: made, text: `${say}\n\n${text(made)}` };
  },
  'split-rows': graph => {
    const feeds = new Set(graph.inputs.map(i => i.name).filter(name => name.startsWith('b0/')));
    const { graph: made, meeting } = splitRows(graph, ops, { feeds, size: 4, parts: 2 });
    return { graph: made, text: `rows meet in ${meeting?.op}\n\n${text(made)}` };
  },
  'reuse-buffers': graph => ({ text: planText(graph, bare, 'reuse-buffers', '') }),
  'in-place': graph => ({ text: planText(graph, { ...bare, inPlace }, 'in-place', '') }),
  'attention.backward': graph => {
    const made = withGradients(listed('attention', graph).graph);
    return { text: text(made) };
  },
  clusters: graph => ({ text: unitsText(graph) }),
  'one-update': graph => ({ text: unitsText(graph) }),
};

const inPlace = createOnnxEngine().target.inPlace ?? new Set();

/** Where values lie when each of these passes is left out. */
function planText(graph: Graph, target: Target, ...left: readonly string[]): string {
  return left
    .map(name => {
      const { bufferOf, buffers, peakBytes: peak } = schedule(graph, target, [], without(name));
      const lines = buffers.map(({ id, bytes }) => {
        const here = [...bufferOf].filter(([, b]) => b === id).map(([value]) => `%${value}`);
        return `  buffer ${id}, ${bytes} bytes: ${here.join(', ')}\n`;
      });
      return `${name === '' ? '' : `without ${name}: `}${peak} bytes at most\n${lines.join('')}`;
    })
    .join('\n');
}

/** The nodes of a graph by what TensorFlow runs at once. */
function unitsText(graph: Graph): string {
  const lines = print(graph, { spans: false }).split('\n');
  const ids = (values: readonly number[]): string => values.map(id => `%${id}`).join(', ') || 'nothing';
  const lineOf = (node: number): string => lines[1 + graph.inputs.length + node] ?? '';
  return (tensorflow.units?.(graph, new Set()) ?? [])
    .map(
      u =>
        `${u.kind}: reads ${ids(u.reads)}, leaves ${ids(u.makes)}\n${u.nodes.map(i => `${lineOf(i)}\n`).join('')}`,
    )
    .join('');
}

/** A pass of the lists, alone. */
function listed(name: string, graph: Graph): Made & { readonly graph: Graph } {
  const pass = [...recognitionPasses, ...optimizationPasses].find(p => p.name === name);
  const own = engines.flatMap(e => e.target.passes ?? []).find(p => p.name === name);
  const precision = name === 'precision' ? 'bf16' : 'f32';
  const target = name === 'decompose' ? bare : { ...everything, packs: true as const };
  const made = pass?.run(graph, { registry: ops, target, precision }) ?? own?.run?.(graph);
  if (made === undefined) throw new Error(`${name} gives no graph`);
  return { graph: made, text: text(made) };
}

test('every pass has its equation and a golden graph, and every golden graph its pass', () => {
  for (const { name, because } of passes) expect(because, name).not.toBe('');
  expect([...new Set(files.map(passOf))].sort()).toEqual(passes.map(p => p.name).sort());
  expect(Object.keys(special).filter(name => !files.includes(`${name}.txt`))).toEqual([]);
});

describe.each(files)('%s', file => {
  const given = readFileSync(join(folder, file), 'utf8');
  const [, title = '', about = '', before = ''] =
    /^([^\n]*)\n\n([^\n]*)\n\nBefore:\n\n([\s\S]*?)\nAfter:\n/.exec(given) ?? [];
  const { value: graph, diagnostics } = parse(before);

  test('is made', async () => {
    expect(diagnostics).toEqual([]);
    const name = passOf(file);
    const pass = passes.find(p => p.name === name);
    expect(title.startsWith(name) && about !== '').toBe(true);
    if (graph === undefined) throw new Error('no graph is given');
    expectSound(graph);
    const made = special[caseOf(file)]?.(graph) ?? listed(name, graph);
    const now = `${name}: ${pass?.because}\n\n${about}\n\nBefore:\n\n${text(graph)}\nAfter:\n\n${made.text}`;
    await expect(now).toMatchFileSnapshot(join(folder, file));
  });

  test('computes the same', () => {
    const name = passOf(file);
    const made =
      graph === undefined ? undefined : (special[caseOf(file)]?.(graph) ?? listed(name, graph)).graph;
    if (graph === undefined || made === undefined) return;
    expectSound(made);
    expect(text(made), 'the pass has something to do').not.toBe(text(graph));
    // Narrow products round; the reference in f64 doesn't tell them apart.
    expectSame(graph, made, name === 'precision' ? 2 ** -6 : 1e-6);
  });
});
