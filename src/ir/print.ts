// A graph as text, one node a line. parse.ts reads it back; the two are kept together by a property test.
//
//   dim B: data "batch" max 64
//   graph step {
//     input %0 "x" feed: f32[B, 4]
//     input %1 "w" weight: f32[4, 2]
//     %2: f32[B, 2] = dot_general(%0, %1) {lhsBatch: [], …} @ model.mm:3:5-3:9 [40-44] < main.mm:1:1-1:8 [0-7]
//     fetch "y" %2
//   }

import type { Dim, DimAtom, DimSymbol } from '../base/dim.ts';
import { dimSymbols } from '../base/dim.ts';
import type { Span } from '../base/span.ts';
import type { Attr, Graph, Node, TensorType } from './graph.ts';

export interface PrintOptions {
  /** Whether each node tells its place in the source; true if absent. */
  readonly spans?: boolean;
}

/** The text of a graph. With spans it parses back to an equal graph. */
export function print(graph: Graph, { spans = true }: PrintOptions = {}): string {
  const symbols = nameSymbols(graph);
  const dims = [...symbols].map(([, { name, symbol }]) => `dim ${name}: ${symbolText(symbol)}\n`).join('');
  return dims + body(graph, { symbols, spans }, '');
}

interface Naming {
  readonly symbols: ReadonlyMap<string, { readonly name: string; readonly symbol: DimSymbol }>;
  readonly spans: boolean;
}

function symbolText(symbol: DimSymbol): string {
  const max = symbol.max === undefined ? '' : ` max ${symbol.max}`;
  const size = symbol.size === undefined ? '' : ` size ${symbol.size}`;
  return `${symbol.role} ${JSON.stringify(symbol.id)} ${JSON.stringify(symbol.name)}${max}${size}`;
}

function body(graph: Graph, naming: Naming, indent: string): string {
  const type = (id: number): string => typeText(graph.types[id]!, naming);
  const lines = [
    ...graph.inputs.map(i => `input %${i.id} ${JSON.stringify(i.name)} ${i.role}: ${type(i.id)}`),
    ...graph.nodes.map(node => nodeText(node, type, naming, `${indent}  `)),
    ...graph.outputs.map(o => `${o.role} ${JSON.stringify(o.name)} %${o.id}`),
  ];
  return `${indent}graph ${word(graph.name)} {\n${lines.map(l => `${indent}  ${l}\n`).join('')}${indent}}\n`;
}

function nodeText(node: Node, type: (id: number) => string, naming: Naming, indent: string): string {
  const outputs = node.outputs.map(id => `%${id}: ${type(id)}`).join(', ');
  const inputs = node.inputs.map(id => `%${id}`).join(', ');
  const entries = Object.entries(node.attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  const attrs = entries.map(([key, value]) => `${key}: ${attrText(value, naming)}`).join(', ');
  const regions = node.regions.map(region => `\n${body(region, naming, `${indent}  `)}`.trimEnd()).join('');
  const span = naming.spans && node.span !== undefined ? ` @ ${spanText(node.span)}` : '';
  return `${outputs} = ${node.op}(${inputs})${attrs === '' ? '' : ` {${attrs}}`}${span}${regions}`;
}

const word = (text: string): string =>
  /^(?!(?:NaN|Infinity)$)[A-Za-z_][\w./-]*$/.test(text) ? text : JSON.stringify(text);

function typeText(type: TensorType, naming: Naming): string {
  return `${type.dtype}[${type.shape.map(d => dimText(d, naming)).join(', ')}]`;
}

function attrText(value: Attr, naming: Naming): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const item = (v: Dim | string | readonly number[]): string => {
    if (typeof v === 'string') return JSON.stringify(v);
    if (typeof v === 'number') return numberText(v);
    return 'kind' in v ? dimText(v, naming) : `[${v.map(numberText).join(', ')}]`;
  };
  return `[${value.map(item).join(', ')}]`;
}

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Sums of products of names, numbers and quotients `(a // b)`, `(a / b)` where exact. */
function dimText(dim: Dim, naming: Naming): string {
  if (typeof dim === 'number') return numberText(dim);
  const atom = (a: DimAtom): string =>
    a.kind === 'symbol'
      ? naming.symbols.get(a.id)!.name
      : `(${dimText(a.numerator, naming)} ${a.exact ? '/' : '//'} ${dimText(a.denominator, naming)})`;
  const term = (coefficient: number, atoms: readonly DimAtom[]): string =>
    coefficient === 1 && atoms.length > 0
      ? atoms.map(atom).join('*')
      : [numberText(coefficient), ...atoms.map(atom)].join('*');
  return dim.terms.map(t => term(t.coefficient, t.atoms)).join(' + ');
}

function spanText(span: Span): string {
  const own = `${word(span.file)}:${span.line}:${span.column}-${span.endLine}:${span.endColumn} [${span.start}-${span.end}]`;
  return span.via === undefined ? own : `${own} < ${spanText(span.via)}`;
}

/** Names for the symbols of a graph: their own where that is a plain word and not taken. */
function nameSymbols(graph: Graph): Naming['symbols'] {
  const found = new Map<string, DimSymbol>();
  const collect = (dim: Dim): void => {
    for (const s of dimSymbols(dim)) found.set(s.id, s);
  };
  const visit = (g: Graph): void => {
    for (const type of g.types) type.shape.forEach(collect);
    for (const node of g.nodes) {
      for (const value of Object.values(node.attrs)) {
        if (typeof value !== 'object') continue;
        for (const item of value) if (typeof item === 'object' && 'kind' in item) collect(item);
      }
      node.regions.forEach(visit);
    }
  };
  visit(graph);
  const taken = new Set<string>();
  const named = new Map<string, { name: string; symbol: DimSymbol }>();
  for (const symbol of [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const base = /^(?!(?:NaN|Infinity)$)[A-Za-z]\w*$/.test(symbol.name) ? symbol.name : 'd';
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    named.set(symbol.id, { name, symbol });
  }
  return named;
}
