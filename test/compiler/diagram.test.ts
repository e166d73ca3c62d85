// The picture of a model: what flows where, as data, as Mermaid and as SVG.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/compile.ts';
import { diagram } from '../../src/compiler/diagram.ts';
import type { Diagram } from '../../src/compiler/diagram-data.ts';
import { layoutGroups } from '../../src/compiler/draw-groups.ts';
import { layout } from '../../src/compiler/draw-layout.ts';
import { drawMermaid } from '../../src/compiler/draw-mermaid.ts';
import { drawSvg } from '../../src/compiler/draw-svg.ts';
import { ops } from '../../src/ops/registry.ts';
import { elementsOf } from './xml.ts';

const file = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const emoji = file('../../specs/emoji.mm');

function draw(text: string, depth = 1, variant?: string): Diagram {
  const { library, models, diagnostics } = check(text, 'spec.mm', () => undefined);
  expect(diagnostics).toEqual([]);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined) throw new Error('the spec has no such model');
  return diagram({ library, model, registry: ops }, { depth });
}

const recipe = 'train all optimizer adamw(rate: 1e-3) steps 10';
const language = `model Language {
  modality text: Text(tokenizer: bpe(2048), length: 64)
  part words = embedding(width: 128)
  encoder next(t: text[N..., T]) -> float[N..., T, text] {
    let h = words(t.ids) |> transformer(depth: 12, heads: 4, causal: true)
    return h @ transpose(words.weight)
  }
  objective predicts(text: text[B, T]) {
    return cross_entropy(next(text)[:, :-1, :], text.ids[:, 1:])
  }
  stage pretrain { minimize predicts on books.train batch 16 ${recipe} }
}`;

const edgesOf = (d: Diagram): readonly string[] =>
  d.edges.map(e => `${e.from} > ${e.to}${e.quiet ? '' : ` ${e.label}`}${e.tied ? ' tied' : ''}`);

describe('what flows', () => {
  it('is golden for the emoji model', async () => {
    await expect(drawMermaid(draw(emoji))).toMatchFileSnapshot('golden/emoji.mmd');
  });

  it('is golden for a language model with a tied embedding, with what is in its parts', async () => {
    await expect(drawMermaid(draw(language, 2))).toMatchFileSnapshot('golden/language.mmd');
  });

  it('shows a repeat once, however often it runs', () => {
    const d = draw(language, 2);
    const [layers] = d.groups.filter(g => g.kind === 'repeat');
    expect(layers).toMatchObject({ name: 'layers', notes: ['× 12'], group: 'next/transformer' });
    expect(d.nodes.filter(n => n.name === 'attention')).toHaveLength(1);
    const closed = draw(language, 1);
    expect(closed.groups.map(g => g.kind)).toEqual(['encoder', 'objective']);
    expect(closed.nodes.find(n => n.name === 'transformer')?.notes).toEqual(['layers × 12']);
    // The last residual sum of a layer stands in it.
    expect(d.nodes.filter(n => n.kind === 'join').map(n => n.group)).toEqual([
      layers?.id,
      layers?.id,
      'next',
    ]);
  });

  it('draws a tied weight from the part that owns it', () => {
    const tied = draw(language).edges.filter(e => e.tied);
    expect(tied).toHaveLength(1);
    expect(tied[0]).toMatchObject({ from: 'next/words', label: '[128, text]' });
  });

  it('follows residuals, gates and labels, and leaves out what changes nothing', () => {
    const d = draw(
      `model M {
      modality picture: Image(height: 8, width: 8)
      labels Kind(3)
      block gated(x: float[N..., D]) -> float[N..., D] {
        return dropout(sigmoid(linear(x, out: D) as gate) * linear(x, out: D) as made, rate: 0)
      }
      part head = linear(out: Kind)
      encoder look(p: picture[N...]) -> float[N..., 12] {
        let x = patches(p.pixels, size: 2) |> mean(axis: -2)
        return x + gated(x)
      }
      objective kinds(picture: picture[B], kind: index(Kind)[B]) {
        return cross_entropy(head(look(picture)), kind)
      }
      stage s { minimize kinds on d.train batch 4 ${recipe} }
    }`,
      2,
    );
    expect(edgesOf(d)).toEqual(
      [
        'modality picture > look/patches pixels [N, 8, 8, 3]',
        'look/patches > look/mean [N, 16, 12]',
        'look/mean > look/gated/gate [N, 12]',
        'look/mean > look/gated/made [N, 12]',
        'look/gated/gate > look/mul.A',
        'look/gated/made > look/mul.A',
        'look/mean > look/add.B',
        'look/mul.A > look/add.B',
        'look/add.B > kinds/head [B, 12]',
        'kinds/head > kinds/cross_entropy [B, Kind]',
        'field kind > kinds/cross_entropy [B]',
      ].map(line =>
        line
          .replace('mul.A', d.nodes.find(n => n.name === '×')?.id.slice(5) ?? '')
          .replace('add.B', d.nodes.find(n => n.name === '+')?.id.slice(5) ?? ''),
      ),
    );
  });

  it('gives an encoder what another one makes, and marks parts with shared weights', () => {
    const d = draw(`model M {
      modality a: Text(tokenizer: bpe(512), length: 8)
      modality b: Text(tokenizer: bpe(512), length: 8)
      space joint(16)
      part trunk = linear(out: 16)
      encoder left(x: a[N..., T]) -> float[N..., T, 16] { return embedding(x.ids, width: 16) |> trunk() }
      encoder right(x: b[N..., T]) -> joint[N...] { return embedding(x.ids, width: 16) |> trunk() |> mean(axis: -2) |> into(joint) }
      encoder fuse(x: float[N..., T, D], y: float[N..., E]) -> float[N...] { return sum(mean(x, axis: -2) * linear(y, out: D), axis: -1) }
      objective fits(a: a[B], b: b[B], score: float[B]) { return mean(square(fuse(left(a), right(b)) - score)) }
      stage s { minimize fits on d.train batch 4 ${recipe} }
    }`);
    expect(d.nodes.map(n => n.id)).not.toContain('fuse:x');
    expect(edgesOf(d)).toContain('left/trunk > fuse/mean [N, T, D]');
    expect(d.edges.find(e => e.from === 'space joint')).toMatchObject({ to: 'fuse/linear', label: '[N, E]' });
    expect(d.nodes.filter(n => n.notes.includes('shared weights')).map(n => n.id)).toEqual([
      'left/trunk',
      'right/trunk',
    ]);
  });

  it('finds encoders in blocks and exports, and opens what calls them', () => {
    const d = draw(`model M {
      modality picture: Image(height: 8, width: 8)
      space joint(4)
      encoder look(p: picture[N...]) -> joint[N...] { return patches(p.pixels, size: 2) |> mean(axis: -2) |> into(joint) }
      block seen(p: picture[N...]) -> float[N..., joint] { return look(p) }
      objective same(picture: picture[B]) { let x = seen(picture)
        return mean(square(linear(x, out: joint) - x)) }
      stage s { minimize same on d.train batch 4 ${recipe} }
      export place(p: picture[B]) -> float[B, joint] {
        let x = look(p)
        repeat 3 as rounds { x = x + look(p) }
        return x
      }
    }`);
    expect(d.groups.map(g => g.id)).toEqual(['look', 'same']);
    expect(edgesOf(d).filter(e => e.startsWith('space'))).toEqual([
      'space joint > same/linear [B, joint]',
      expect.stringMatching(/^space joint > same\/sub/),
      'space joint > export place [B, joint]',
    ]);
  });

  it('tells what each stage trains, freezes and starts from', () => {
    const { stages } = draw(`model M {
      modality picture: Image(height: 8, width: 8)
      labels Kind(3)
      encoder look(p: picture[N...]) -> float[N..., 12] { return patches(p.pixels, size: 2) |> mean(axis: -2) |> linear(out: 12) }
      part head = linear(out: Kind)
      objective kinds(picture: picture[B], kind: index(Kind)[B]) { return cross_entropy(head(look(picture)), kind) }
      stage s { minimize kinds on d.train batch 4 ${recipe} }
      stage probe from s { minimize 0.5 * kinds on e.train batch 8 freeze look train rest optimizer adamw(rate: 1e-3) steps 2000 }
    }`);
    expect(stages[1]).toEqual({
      name: 'probe',
      from: 's',
      steps: 2000,
      fits: [],
      minimizes: [{ objective: 'kinds', weight: 0.5, data: 'e.train', batch: 8 }],
      trains: ['rest'],
      freezes: ['look'],
    });
  });
});

/** Names that break what is careless. */
const hostile = [
  '"]; click n0 href "javascript:alert(1)"',
  '</text><script>alert(1)</script>',
  '&amp;#34;',
  'a\u0000b\nend',
  '`**x**`',
  '<br>',
];

const nasty: Diagram = {
  model: hostile[1] ?? '',
  version: '"',
  nodes: hostile.map((name, i) => ({
    id: name,
    kind: 'part',
    name,
    notes: [name],
    group: i < 3 ? 'g' : undefined,
  })),
  edges: hostile
    .slice(1)
    .map((to, i) => ({ from: hostile[i] ?? '', to, label: to, quiet: false, tied: false })),
  groups: [{ id: 'g', kind: 'encoder', name: hostile[1] ?? '', notes: hostile, group: undefined }],
  stages: [
    {
      name: hostile[0] ?? '',
      from: hostile[1],
      steps: 1,
      fits: [],
      minimizes: [],
      trains: hostile,
      freezes: [],
    },
  ],
};

describe('Mermaid', () => {
  it('escapes what is markup', () => {
    const text = drawMermaid(nasty);
    for (const line of text.split('\n')) {
      // Outside of quotes stands only what we wrote, inside nothing that ends or means anything.
      const inside = [...line.matchAll(/"([^"]*)"/g)].map(m => m[1] ?? '');
      expect(line.replaceAll(/"[^"]*"/g, '')).toMatch(
        /^ *(flowchart TB|subgraph (g\d+|stages)\[\]|end|direction LR|[ns]\d+ ?[[\](){}>/|]*|[ns]\d+ -->(\|\|)? [ns]\d+)$|^$/,
      );
      for (const s of inside) expect(s.replaceAll('<br>', '')).not.toMatch(/[<>"&;`](?<!#\d+;)/);
    }
  });
});

describe('SVG', () => {
  it.each([
    ['the emoji model', () => draw(emoji)],
    ['a language model, opened', () => draw(language, 3)],
    ['hostile names', () => nasty],
    [
      'nothing',
      (): Diagram => ({ model: 'M', version: undefined, nodes: [], edges: [], groups: [], stages: [] }),
    ],
  ])('is well-formed, without scripts, and everything lies within: %s', (_, make) => {
    const svg = drawSvg(make());
    const elements = elementsOf(svg);
    expect(new Set(elements.map(e => e.name))).toSatisfy((names: Set<string>) =>
      [...names].every(n => ['svg', 'style', 'rect', 'text', 'path'].includes(n)),
    );
    const [width = 0, height = 0] = ['width', 'height'].map(a => Number(elements[0]?.attributes.get(a)));
    for (const { name, attributes } of elements.slice(1)) {
      expect([...attributes.keys()].filter(a => a.startsWith('on') || a.includes('href'))).toEqual([]);
      if (name !== 'rect' || !attributes.has('x')) continue;
      const [x = 0, y = 0, w = 0, h = 0] = ['x', 'y', 'width', 'height'].map(a => Number(attributes.get(a)));
      expect([x >= 0, y >= 0, x + w <= width, y + h <= height]).toEqual([true, true, true, true]);
    }
    expect(svg).not.toContain('NaN');
  });

  it('is the same every time', () => {
    expect(drawSvg(draw(emoji, 2))).toBe(drawSvg(draw(emoji, 2)));
  });

  it('keeps boxes apart and lets arrows end at them', () => {
    const { layout: top, nodes, inner, edges } = layoutGroups(draw(emoji));
    const sizes = [...nodes.map(() => undefined), ...inner];
    expect(sizes).toHaveLength(top.places.length);
    expect(edges.length).toBeGreaterThan(5);
    const made = layout(
      [...'abcdef'].map(() => ({ width: 60, height: 30 })),
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [0, 3],
        [0, 4],
        [4, 3],
        [1, 5],
      ].map(([from = 0, to = 0]) => ({ from, to, label: { width: 50, height: 16 } })),
    );
    const boxes = [
      ...made.places.map(p => ({ ...p, w: 60, h: 30 })),
      ...made.labels.flatMap(p => (p === undefined ? [] : [{ x: p.x - 25, y: p.y - 8, w: 50, h: 16 }])),
    ];
    expect(boxes).toHaveLength(13);
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        expect(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y).toBe(true);
    const end = made.routes[3]?.at(-1);
    const to = made.places[3] ?? { x: 0, y: 0 };
    expect([end?.y, (end?.x ?? 0) >= to.x, (end?.x ?? 0) <= to.x + 60]).toEqual([to.y, true, true]);
  });

  it('lays out a cycle and a thousand boxes in bounded time', () => {
    const size = { width: 40, height: 20 };
    expect(
      layout(
        [size, size],
        [
          { from: 0, to: 1 },
          { from: 1, to: 0 },
        ],
      ).places,
    ).toHaveLength(2);
    const many = Array.from({ length: 1000 }, () => size);
    const links = many.flatMap((_, i) =>
      i === 0
        ? []
        : [
            { from: i - 1, to: i },
            { from: 0, to: i },
          ],
    );
    const start = performance.now();
    expect(layout(many, links).places).toHaveLength(1000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

it('docs/emoji-graph.svg is the picture of specs/emoji.mm (else: npm run docs)', () => {
  expect(file('../../docs/emoji-graph.svg')).toBe(drawSvg(draw(emoji)));
});
