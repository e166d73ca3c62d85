// The texts of a picture, and how wide they are: measured without a font, so never too narrow.

import type { DiagramEdge, DiagramGroup, DiagramStage } from './diagram-data.ts';

const longest = 64;

/** A text on one line that fits a box. */
export function clipped(text: string): string {
  const letters = [...text.replace(/\s+/gu, ' ')];
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : letters.join('');
}

/** What stands on an arrow; '' where it says nothing new. */
export function edgeText(e: DiagramEdge): string {
  return e.quiet ? '' : e.tied ? `tied ${e.label}` : e.label;
}

export function groupTitle(g: DiagramGroup): string {
  const kind = g.kind === 'repeat' || g.kind === 'part' ? '' : `${g.kind} `;
  return [`${kind}${g.name}`, ...g.notes].join(g.kind === 'align' || g.kind === 'head' ? ': ' : ' ');
}

/** What a stage does, a line each. */
export function stageLines(s: DiagramStage): readonly string[] {
  const terms = s.minimizes.map(t => {
    const weight = t.weight === 1 ? '' : `${t.weight} · `;
    const batch = t.batch === undefined ? '' : `, batch ${t.batch}`;
    return `${weight}${t.objective} on ${t.data}${batch}`;
  });
  return [
    ...s.fits.map(f => `fits ${f}`),
    ...terms.map((t, i) => `${i === 0 ? 'minimizes' : '+'} ${t}`),
    ...(s.trains.length === 0 ? [] : [`trains ${s.trains.join(', ')}`]),
    ...(s.freezes.length === 0 ? [] : [`freezes ${s.freezes.join(', ')}`]),
    ...(s.steps === 0 ? [] : [`${s.steps.toLocaleString('en-US')} steps`]),
  ];
}

/** Widths in parts of the font's size, from above: those of Arial, Helvetica and DejaVu Sans. */
function letterWidth(c: string): number {
  if (c > '\u2fff') return 1.1;
  if (/[ijl.,:;'|!()[\]{} ft]/.test(c)) return 0.42;
  if (/[mwMW@%→↔…]/.test(c)) return 1;
  if (/[A-Z×÷−+=<>~#]/.test(c)) return 0.84;
  return 0.66;
}

/** Of a text in a font of proportional widths. */
export function textWidth(text: string, size: number, bold = false): number {
  let width = 0;
  for (const c of text) width += letterWidth(c);
  return width * size * (bold ? 1.08 : 1);
}

/** Of a text in a font whose letters are all as wide. */
export function monoWidth(text: string, size: number): number {
  let width = 0;
  for (const c of text) width += c > '\u2fff' ? 1.1 : 0.62;
  return width * size;
}
