// A diagram as one SVG that needs nothing outside it: light or dark as the reader's system is, no scripts, all text
// escaped.

import type { Diagram, DiagramNode, DiagramStage } from './diagram-data.ts';
import {
  headGap,
  headHeight,
  type Level,
  type LevelEdge,
  labelSize,
  layoutGroups,
  nameSize,
  nodeSize,
  noteSize,
} from './draw-groups.ts';
import { type Layout, layout, type Point } from './draw-layout.ts';
import { clipped, groupTitle, stageLines, textWidth } from './draw-text.ts';

type Palette = Readonly<Record<string, string>>;

const light: Palette = {
  paper: '#ffffff',
  ink: '#1d2430',
  soft: '#5b6675',
  line: '#6b7686',
  box: '#ffffff',
  edge: '#c3cad4',
  c0: '#e8f1fb',
  d0: '#3b78b8',
  c1: '#e9f6ec',
  d1: '#3a8a55',
  c2: '#fdf1e2',
  d2: '#b8721d',
  c3: '#f3ecfa',
  d3: '#7d55ab',
  loss: '#fbebec',
  lossLine: '#b4474f',
  space: '#fdf6d8',
  spaceLine: '#a38a1d',
  out: '#eef0f3',
};
const dark: Palette = {
  paper: '#12161c',
  ink: '#e4e9f0',
  soft: '#9aa6b5',
  line: '#8e9aaa',
  box: '#1b2129',
  edge: '#3d4755',
  c0: '#16263a',
  d0: '#6aa5e0',
  c1: '#15291d',
  d1: '#65b884',
  c2: '#2f2415',
  d2: '#dc9c4c',
  c3: '#261d33',
  d3: '#b08add',
  loss: '#331b1e',
  lossLine: '#e07f86',
  space: '#2e2913',
  spaceLine: '#d3b94a',
  out: '#20262f',
};

/** Colours are written out, as programs that read SVG outside of browsers know no CSS variables. */
const coloured = (
  p: Palette,
): string => `.paper{fill:${p.paper}}text{fill:${p.ink}}.n,.l{fill:${p.soft}}.e{stroke:${p.line}}.a{fill:${p.line}}
.part{fill:${p.box};stroke:${p.edge}}.input,.join,.weight{fill:${p.box};stroke:${p.line}}
.space{fill:${p.space};stroke:${p.spaceLine}}.export,.stage{fill:${p.out};stroke:${p.edge}}.encoder{fill:${p.c0};stroke:${p.d0}}
.repeat{stroke:${p.line}}.open{fill:${p.box};stroke:${p.edge}}.loss,.objective,.align{fill:${p.loss};stroke:${p.lossLine}}
${[0, 1, 2, 3].map(i => `.c${i}{fill:${p[`c${i}`]};stroke:${p[`d${i}`]}}`).join('')}`;

const style = `
text{font:${nameSize}px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.m{text-anchor:middle}.b{font-weight:600}.n{font-size:${noteSize}px}.g{font-size:12px;font-weight:600}.t{font-size:18px;font-weight:600}
.l{font:${labelSize}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;text-anchor:middle}
.e{fill:none;stroke-width:1.3}.tied,.weight{stroke-dasharray:4 3}.repeat{fill:none;stroke-dasharray:5 3}.open{fill-opacity:.55}
${coloured(light)}
@media(prefers-color-scheme:dark){${coloured(dark)}}
`;

/** What became of a box since an earlier version of the model. */
export type Mark = 'added' | 'gone' | 'changed';

const marked = (added: string, gone: string, changed: string): string =>
  `.added{stroke:${added}}.gone{stroke:${gone}}.changed{stroke:${changed}}`;
const markStyle = `.added,.gone,.changed{stroke-width:3}.gone{stroke-dasharray:6 3}
${marked('#1a7f37', '#c9282d', '#b26a00')}
@media(prefers-color-scheme:dark){${marked('#3fb950', '#f85149', '#e3a008')}}
`;

const margin = 24;
const stageGap = 40;

/** The whole picture: the model, and below it the stages. `marks`: of nodes and groups by id, of `stage NAME`. */
export function drawSvg(diagram: Diagram, marks: ReadonlyMap<string, Mark> = new Map()): string {
  const root = layoutGroups(diagram);
  const title = `${diagram.model}${diagram.version === undefined ? '' : ` ${diagram.version}`}`;
  const stages = stageStrip(diagram.stages, marks);
  const inner = Math.max(root.width, stages.width, textWidth(clipped(title), 18, true));
  const width = Math.ceil(inner + 2 * margin);
  const modelTop = margin + 40;
  const stagesTop = modelTop + root.height + stageGap;
  const below = diagram.stages.length === 0 ? 0 : stageGap + 30 + stages.height;
  const height = Math.ceil(modelTop + root.height + below + margin);
  const colours = new Map(diagram.groups.filter(g => g.kind === 'encoder').map((g, i) => [g.id, i % 4]));
  const looks = { colours, marks };
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}${marks.size === 0 ? '' : markStyle}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    text(margin, margin + 16, 't', title),
    ...drawLevel(root, margin + (inner - root.width) / 2, modelTop, looks),
    ...(diagram.stages.length === 0
      ? []
      : [text(margin, stagesTop + 10, 'b', 'Stages'), ...stages.draw(margin, stagesTop + 26)]),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

interface Looks {
  /** Of encoders by name. */
  readonly colours: ReadonlyMap<string, number>;
  readonly marks: ReadonlyMap<string, Mark>;
}

/** The class of a box and of its mark. */
const withMark = (kind: string, mark: Mark | undefined): string =>
  mark === undefined ? kind : `${kind} ${mark}`;

function drawLevel(level: Level, x: number, y: number, looks: Looks): readonly string[] {
  const { group, nodes, inner, edges, layout: own } = level;
  const lines: string[] = [];
  if (group !== undefined) {
    const colour = looks.colours.get(group.id);
    const kind = group.kind === 'part' ? 'open' : colour === undefined ? group.kind : `c${colour}`;
    lines.push(box(withMark(kind, looks.marks.get(group.id)), x, y, level.width, level.height, 10));
    lines.push(text(x + level.width / 2, y + headHeight - 9, 'g m', groupTitle(group)));
  }
  const left = x + level.left;
  const top = y + level.top;
  const place = (i: number): Point => {
    const p = own.places[i] ?? { x: 0, y: 0 };
    return { x: left + p.x, y: top + p.y };
  };
  for (const [i, l] of inner.entries()) {
    const at = place(nodes.length + i);
    lines.push(...drawLevel(l, at.x, at.y, looks));
  }
  for (const [i, e] of edges.entries())
    lines.push(...arrow(own, i, e, p => ({ x: left + p.x, y: top + p.y })));
  for (const [i, n] of nodes.entries()) lines.push(...drawNode(n, place(i), looks));
  for (const [i, e] of edges.entries()) {
    const at = own.labels[i];
    if (at !== undefined && e.text !== '') lines.push(text(left + at.x, top + at.y + 4, 'l', e.text));
  }
  return lines;
}

function drawNode(node: DiagramNode, { x, y }: Point, { colours, marks }: Looks): readonly string[] {
  const { width, height } = nodeSize(node);
  const middle = x + width / 2;
  if (node.kind === 'join')
    return [box('join', x, y, width, height, 12), text(middle, y + height / 2 + 4.5, 'm', node.name)];
  const colour = node.kind === 'encoder' ? colours.get(node.name) : undefined;
  const round = node.kind === 'input' || node.kind === 'space' || node.kind === 'loss' ? height / 2 : 6;
  return [
    box(
      withMark(colour === undefined ? node.kind : `c${colour}`, marks.get(node.id)),
      x,
      y,
      width,
      height,
      Math.min(round, 18),
    ),
    text(middle, y + 20, 'b m', node.name),
    ...node.notes.map((note, i) => text(middle, y + 35 + 14 * i, 'n m', note)),
  ];
}

/** One arrow of a layout, its points moved to where they are drawn. */
function arrow(
  own: Layout,
  i: number,
  { text, tied, arrives, enters }: LevelEdge,
  move: (p: Point) => Point,
): readonly string[] {
  const points = own.routes[i] ?? [];
  const at = (p: Point): string => {
    const { x, y } = move(p);
    return `${num(x)} ${num(y)}`;
  };
  const last = points.at(-1);
  const first = points[0];
  if (first === undefined || last === undefined) return [];
  const gap = text === '' ? -1 : points.length - 3;
  let d = `M${at(enters ? { x: first.x, y: first.y - headGap } : first)}`;
  for (const [k, p] of points.entries()) {
    const before = points[k - 1];
    if (before === undefined || (before.x === p.x && before.y === p.y)) continue;
    if (k === gap) {
      // Its label stands here.
      d += `M${at(p)}`;
      continue;
    }
    const middle = (before.y + p.y) / 2;
    const end = arrives && k === points.length - 1 ? { x: p.x, y: p.y - 4 } : p;
    d +=
      Math.abs(before.x - p.x) < 0.05
        ? `L${at(end)}`
        : `C${at({ x: before.x, y: middle })} ${at({ x: p.x, y: middle })} ${at(p)}`;
  }
  const head = [last, { x: last.x - 4, y: last.y - 7 }, { x: last.x + 4, y: last.y - 7 }];
  return [
    `<path class="e${tied ? ' tied' : ''}" d="${d}"/>`,
    ...(arrives ? [`<path class="a" d="M${head.map(at).join('L')}Z"/>`] : []),
  ];
}

interface Strip {
  readonly width: number;
  readonly height: number;
  readonly draw: (x: number, y: number) => readonly string[];
}

/** Stages from left to right, each after the one that it starts from: the same layout, on its side. */
function stageStrip(stages: readonly DiagramStage[], marks: ReadonlyMap<string, Mark>): Strip {
  const boxes = stages.map(s => {
    const lines = [
      ...(s.from === undefined || stages.some(o => o.name === s.from) ? [] : [`from ${s.from}`]),
      ...stageLines(s),
    ];
    const width =
      Math.max(
        textWidth(clipped(s.name), nameSize, true),
        ...lines.map(l => textWidth(clipped(l), noteSize)),
      ) + 26;
    return { name: s.name, lines, width, height: 31 + 14 * lines.length };
  });
  const index = new Map(stages.map((s, i) => [s.name, i]));
  const edges = stages.flatMap((s, to) => {
    const from = s.from === undefined ? undefined : index.get(s.from);
    // Without a stage to start from, it still comes after the one before it.
    if (from !== undefined) return [{ from, to, seen: true }];
    return to === 0 ? [] : [{ from: to - 1, to, seen: false }];
  });
  const made = layout(
    boxes.map(b => ({ width: b.height, height: b.width })),
    edges,
  );
  const draw = (x: number, y: number): readonly string[] => {
    const turn = (p: Point): Point => ({ x: x + p.y, y: y + p.x });
    return [
      ...edges.flatMap((e, i) => (e.seen ? arrow(made, i, plain, turn) : [])),
      ...boxes.flatMap((b, i) => {
        const at = turn(made.places[i] ?? { x: 0, y: 0 });
        return [
          box(withMark('stage', marks.get(`stage ${b.name}`)), at.x, at.y, b.width, b.height, 6),
          text(at.x + 13, at.y + 20, 'b', b.name),
          ...b.lines.map((l, k) => text(at.x + 13, at.y + 35 + 14 * k, 'n', l)),
        ];
      }),
    ];
  };
  return { width: made.height, height: made.width, draw };
}

const plain: LevelEdge = { text: '', tied: false, arrives: true, enters: false };

const num = (n: number): string => String(Math.round(n * 10) / 10 + 0);

function box(kind: string, x: number, y: number, width: number, height: number, round: number): string {
  return `<rect class="${kind}" x="${num(x)}" y="${num(y)}" width="${num(width)}" height="${num(height)}" rx="${num(round)}"/>`;
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${num(x)}" y="${num(y)}">${escaped(clipped(content))}</text>`;
}

/** Text for XML: markup escaped, and what XML may not hold replaced. */
function escaped(content: string): string {
  return content
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`);
}
