// A diagram as Mermaid text (https://mermaid.js.org), which many viewers of Markdown draw.

import type { Diagram, DiagramNode, DiagramNodeKind, DiagramStage } from './diagram-data.ts';
import { clipped, edgeText, groupTitle, stageLines } from './draw-text.ts';

/** What stands around a label for each kind of node. */
const brackets: Readonly<Record<DiagramNodeKind, readonly [string, string]>> = {
  input: ['([', '])'],
  part: ['(', ')'],
  encoder: ['[[', ']]'],
  join: ['((', '))'],
  weight: ['[/', '/]'],
  space: ['{{', '}}'],
  loss: ['([', '])'],
  export: ['>', ']'],
};

/** Any text as a Mermaid label: quoted, on one line each, with nothing that is markup. */
function quoted(lines: readonly string[]): string {
  const safe = (text: string): string =>
    clipped(text).replace(/[^\p{L}\p{N} .,:()[\]{}+·×÷−→↔…/*@_=-]/gu, c => `#${c.codePointAt(0)};`);
  return `"${lines.map(safe).join('<br>')}"`;
}

/** One flowchart from top to bottom, the stages in a subgraph of their own. */
export function drawMermaid(diagram: Diagram): string {
  const ids = new Map([
    ...diagram.groups.map((g, i) => [g.id, `g${i}`] as const),
    ...diagram.nodes.map((n, i) => [n.id, `n${i}`] as const),
  ]);
  const lines = ['flowchart TB'];
  const write = (group: string | undefined, indent: string): void => {
    for (const n of diagram.nodes) if (n.group === group) lines.push(`${indent}${ids.get(n.id)}${shape(n)}`);
    for (const g of diagram.groups) {
      if (g.group !== group) continue;
      lines.push(`${indent}subgraph ${ids.get(g.id)}[${quoted([groupTitle(g)])}]`);
      write(g.id, `${indent}  `);
      lines.push(`${indent}end`);
    }
  };
  write(undefined, '  ');
  for (const e of diagram.edges) {
    const label = edgeText(e);
    const arrow = e.tied ? '-.->' : '-->';
    lines.push(`  ${ids.get(e.from)} ${arrow}${label === '' ? '' : `|${quoted([label])}|`} ${ids.get(e.to)}`);
  }
  lines.push(...stages(diagram.stages));
  const repeats = diagram.groups.filter(g => g.kind === 'repeat').map(g => ids.get(g.id));
  if (repeats.length > 0) lines.push(`  style ${repeats.join(',')} stroke-dasharray:4`);
  return `${lines.join('\n')}\n`;
}

function shape(node: DiagramNode): string {
  const [open, close] = brackets[node.kind];
  return `${open}${quoted([node.name, ...node.notes])}${close}`;
}

function stages(list: readonly DiagramStage[]): readonly string[] {
  if (list.length === 0) return [];
  const ids = new Map(list.map((s, i) => [s.name, `s${i}`]));
  return [
    '  subgraph stages["stages"]',
    '    direction LR',
    ...list.map(s => `    ${ids.get(s.name)}[${quoted([s.name, ...stageLines(s)])}]`),
    ...list.flatMap(s => {
      const from = s.from === undefined ? undefined : ids.get(s.from);
      return from === undefined ? [] : [`    ${from} --> ${ids.get(s.name)}`];
    }),
    '  end',
  ];
}
