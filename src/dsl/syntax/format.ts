// Files in their canonical form: the layout of specs/ and std/, 100 columns where the text allows it. Comments, at
// most one empty line between things, breaks before `|>` and short bodies on one line are kept as written.

import type { Result } from '../../base/diagnostic.ts';
import type { Item, SourceFile } from './ast.ts';
import { type Comments, noComments, readComments } from './comments.ts';
import { type Doc, group, hardline, join, render } from './doc.ts';
import { callableDoc, paramsDoc } from './format-body.ts';
import { argsDoc, exprDoc, quoted } from './format-expr.ts';
import { memberDoc } from './format-member.ts';
import { migrationDoc } from './format-migration.ts';
import { braces, type Part, rowDocs, rowsOf, width } from './layout.ts';
import { lex } from './lex.ts';
import { parse } from './parse.ts';
import { sameTree } from './same-tree.ts';

/**
 * The text of a file in canonical form, with its own line ends; nothing, and the errors, where it can't be read.
 * What comes out was read again and has the same tree; throws where it hasn't, which would be a fault of ours.
 */
export function format(text: string, file: string): Result<string> {
  const { value: tree, diagnostics } = parse(text, file);
  const lexed = lex(text, file).value;
  if (tree === undefined || lexed === undefined || diagnostics.length > 0)
    return { value: undefined, diagnostics };
  const made = layOut(tree, readComments(text, lexed));
  const again = parse(made, file);
  // A file near its bounds may pass them by its own indentation.
  if (again.value === undefined || again.diagnostics.length > 0)
    return { value: undefined, diagnostics: again.diagnostics };
  if (!sameTree(tree, again.value)) throw new Error(`formatting ${file} would change what it means`);
  const ends = /\r?\n/.exec(text)?.[0] ?? '\n';
  return { value: made.replaceAll('\n', ends), diagnostics };
}

/** A tree without a source as text in canonical form. */
export const printFile = (tree: SourceFile): string => layOut(tree, noComments);

function layOut({ items }: SourceFile, c: Comments): string {
  const parts = items.map(
    (i): Part => ({ span: i.span, doc: 'doc' in i ? i.doc : undefined, print: () => itemDoc(c, i) }),
  );
  const apart = (i: number): boolean => {
    const [a, b] = [items[i - 1]?.kind, items[i]?.kind];
    return a !== b || a === 'model' || a === 'block';
  };
  const { rows } = rowsOf(c, parts, c.rest, apart);
  return rows.length === 0 ? '' : render([join(rowDocs(rows), hardline), hardline], width);
}

function itemDoc(c: Comments, item: Item): Doc {
  switch (item.kind) {
    case 'use':
      return `use ${quoted(item.path)} as ${item.name.text}`;
    case 'model': {
      c.pass(item.name.span, 'end');
      const params = item.params.length === 0 ? '' : paramsDoc(c, item.params);
      const base = item.extends === undefined ? '' : [' extends ', exprDoc(c, item.extends)];
      const version = item.version === undefined ? '' : ` version ${quoted(item.version.text)}`;
      const members = item.members.map(
        (m): Part => ({ span: m.span, doc: m.doc, print: () => memberDoc(c, m) }),
      );
      const body = braces(rowsOf(c, members, () => c.beforeEnd(item.span)));
      return [`model ${item.name.text}`, group([params, base, version]), ' ', body];
    }
    case 'block':
      return callableDoc(c, 'block', item);
    case 'migrate':
      return migrationDoc(c, item);
    case 'variant':
      return [`variant ${item.name.text} = ${item.model.text}`, argsDoc(c, item.args, item.model.span)];
  }
}
