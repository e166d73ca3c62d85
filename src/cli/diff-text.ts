// What `mm diff` and `mm lock` print for people.

import type { Comparison } from '../versioning/compare.ts';
import type { Verdict } from '../versioning/verdict.ts';
import { changeText, fatesText, signOf, told, verdictMeaning, versionText } from './diff-words.ts';
import type { Colors } from './output.ts';

/** More lines than this in one group are counted, and all of them are in `--json` and `--html`. */
const mostLines = 40;

export function diffText(comparison: Comparison, paint: Colors): string {
  const { verdict, models, origins } = comparison;
  const lines = [
    `${paint.bold(verdictColor(verdict, paint)(verdict))}: ${verdictMeaning[verdict]}`,
    versionText(comparison),
    ...origins.map(c => paint.dim(`another ${changeText(c)}`)),
  ];
  for (const { model, changes, before, weights } of told(comparison)) {
    const isPlain = models.length === 1;
    if (model.changes.length === 0 && isPlain) continue;
    const own = isPlain ? '' : ` (${model.judgement.verdict})`;
    lines.push('', `${paint.bold(model.name)}${own}`);
    if (model.changes.length === 0) lines.push('  unchanged');
    for (const [group, list] of changes) {
      lines.push(`  ${group}${group === 'weights' ? `: ${fatesText(weights)}` : ''}`);
      for (const c of list.slice(0, mostLines)) {
        const sign = signOf(c);
        const color = sign === '+' ? paint.green : sign === '-' ? paint.red : paint.yellow;
        lines.push(`    ${color(sign)} ${changeText(c)}`);
      }
      if (list.length > mostLines) lines.push(`    … and ${list.length - mostLines} more`);
    }
    if (before > 0) lines.push(`  ${before === 1 ? 'a change' : `${before} changes`} as told above`);
  }
  return lines.join('\n');
}

export function verdictColor(verdict: Verdict, paint: Colors): (text: string) => string {
  switch (verdict) {
    case 'identical':
    case 'loads':
      return paint.green;
    case 'migrates':
    case 'partial':
      return paint.yellow;
    case 'changes meaning':
    case 'incompatible':
      return paint.red;
    default:
      return verdict satisfies never;
  }
}
