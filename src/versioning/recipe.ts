// A stage's recipe as lines by name: what it learns from, what learns, how and how long. It changes what a training
// ends with and nothing of what a checkpoint computes.

import type { Measure, Stage, StageData } from '../dsl/semantics/model.ts';
import { printExpr } from '../dsl/syntax/print-expr.ts';
import { dataText } from './data-text.ts';

export function recipeOf(stage: Stage): ReadonlyMap<string, string> {
  const starts = [...(stage.from === undefined ? [] : [stage.from]), ...stage.imports.map(i => i.text)];
  const lines: [string, string][] = [];
  if (starts.length > 0) lines.push(['from', starts.join(', ')]);
  lines.push(...learning(stage));
  const measures = stage.measures.map(measureText);
  for (const [i, text] of measures.entries()) lines.push([`measure ${i + 1}`, text]);
  return new Map(lines);
}

function learning(stage: Stage): readonly [string, string][] {
  switch (stage.kind) {
    case 'minimize':
      return [
        ...stage.terms.map(
          t => [`minimize ${t.objective}`, `${t.weight} × ${sourceText(t.data)}`] as [string, string],
        ),
        ['train', patterns(stage.train)],
        ...(stage.freeze.length === 0 ? [] : [['freeze', patterns(stage.freeze)] as [string, string]]),
        ['optimizer', dataText(stage.optimizer)],
        ['steps', String(stage.steps)],
      ];
    case 'fit':
      return [
        ...stage.fits.map(
          f =>
            [`fit ${f.pattern.text}`, `${sourceText(f.data)}, ${f.length.count} ${f.length.kind}`] as [
              string,
              string,
            ],
        ),
        ...stage.tokenizers.map(
          t => [`fit ${t.modality}.tokenizer`, `${t.field} on ${sourceText(t.data)}`] as [string, string],
        ),
      ];
    default:
      return stage satisfies never;
  }
}

const patterns = (list: readonly { readonly text: string }[]): string => list.map(p => p.text).join(', ');

function sourceText({ set, split, batch, transforms }: StageData): string {
  const changed = [...transforms].map(
    ([field, list]) => `${field}: [${list.map(t => dataText({ kind: t.name, ...t.settings })).join(', ')}]`,
  );
  return [`${set}.${split}`, ...(batch === undefined ? [] : [`batch ${batch}`]), ...changed].join(', ');
}

function measureText({ metric, data, every }: Measure): string {
  const { metric: name, objective, values, ranks } = metric;
  const read = [
    ...(objective === undefined ? [] : [objective]),
    ...[...values].map(([p, e]) => `${p}: ${printExpr(e)}`),
    ...(ranks.length === 0 ? [] : [`at: [${ranks.join(', ')}]`]),
  ];
  const on = `${name}(${read.join(', ')}) on ${sourceText(data)}`;
  return every === undefined ? on : `${on} every ${every}`;
}
