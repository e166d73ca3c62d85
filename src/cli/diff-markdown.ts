// What `mm diff --markdown` prints: a comment for a pull request.

import type { Comparison } from '../versioning/compare.ts';
import { fatesText, signOf, told, verdictMeaning, versionText } from './diff-words.ts';

/** GitHub takes comments of 65,536 characters; what is too much is counted. */
const mostRows = 60;

export function diffMarkdown(
  comparison: Comparison,
  names: { readonly old: string; readonly now: string },
): string {
  const { verdict, origins } = comparison;
  const blocks = [
    `### ${code(names.now)}: ${verdict}`,
    `Against ${code(names.old)}: ${verdictMeaning[verdict]}. The change ${plain(versionText(comparison))}.`,
    ...origins.map(({ path, from, to }) => `Another ${path}: ${code(from ?? '')} → ${code(to ?? '')}.`),
  ];
  for (const { model, changes, before, weights } of told(comparison)) {
    if (model.changes.length === 0 && comparison.models.length === 1) continue;
    blocks.push(`#### ${code(model.name)}: ${model.judgement.verdict}`);
    for (const [group, list] of changes) {
      const rows = list
        .slice(0, mostRows)
        .map(c => `| ${signOf(c)} | ${code(c.path)} | ${code(c.from ?? '')} | ${code(c.to ?? '')} |`);
      const more = list.length > rows.length ? [`| | … and ${list.length - rows.length} more | | |`] : [];
      const table = [`| | ${group} | from | to |`, '| --- | --- | --- | --- |', ...rows, ...more].join('\n');
      blocks.push(
        group === 'weights'
          ? `<details><summary>weights: ${fatesText(weights)}</summary>\n\n${table}\n\n</details>`
          : table,
      );
    }
    if (before > 0) blocks.push(`${before === 1 ? 'A change' : `${before} changes`} as told above.`);
    else if (model.changes.length === 0) blocks.push('Unchanged.');
  }
  return blocks.join('\n\n');
}

/** Any text as code in a cell of a table: nothing of it is read as Markdown or HTML. */
export function code(text: string): string {
  if (text === '') return '';
  const line = text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  const runs = [...line.matchAll(/`+/g)].map(m => m[0].length);
  const fence = '`'.repeat(Math.max(0, ...runs) + 1);
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

const plain = (text: string): string => text.replace(/[\\`*_[\]<>@#|]/g, c => `\\${c}`);
