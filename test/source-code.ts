// TypeScript sources as the architecture test reads them: what a file imports, and its code without comments and
// without what strings say.

export interface Import {
  /** As written: `../base/dim.ts`, `node:fs`, `chevrotain`. */
  readonly from: string;
  /** Only types come through it, so nothing is loaded. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Static and dynamic imports, re-exports and types of the form `import('…').Name`. */
export function importsOf(text: string): readonly Import[] {
  const found: Import[] = [];
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length;
  for (const m of text.matchAll(/^(?:import|export)\b([^'";]*?)\bfrom\s*'([^']+)'/gm)) {
    const [, clause = '', from = ''] = m;
    const names =
      /\{([^}]*)\}/
        .exec(clause)?.[1]
        ?.split(',')
        .map(n => n.trim()) ?? [];
    const inner = names.filter(n => n !== '');
    const typeOnly =
      /^\s*type\b/.test(clause) ||
      (/^\s*\{/.test(clause) && inner.length > 0 && inner.every(n => n.startsWith('type ')));
    found.push({ from, typeOnly, line: lineAt(m.index) });
  }
  for (const m of text.matchAll(/^import\s*'([^']+)'/gm))
    found.push({ from: m[1] ?? '', typeOnly: false, line: lineAt(m.index) });
  for (const m of text.matchAll(/(await\s+)?\bimport\('([^']+)'\)(\.)?/g))
    found.push({ from: m[2] ?? '', typeOnly: m[1] === undefined && m[3] === '.', line: lineAt(m.index) });
  return found;
}

/** The text with comments, regular expressions and the insides of strings blanked out; lines stay where they are. */
export function codeOf(text: string): string {
  let out = '';
  let at = 0;
  /** For each `${` that is open: how many braces are open inside it. */
  const templates: number[] = [];
  const blank = (to: number): void => {
    out += text.slice(at, to).replace(/[^\n]/g, ' ');
    at = to;
  };
  const template = (): void => {
    let to = at;
    while (to < text.length && text[to] !== '`' && !text.startsWith('${', to))
      to += text[to] === '\\' ? 2 : 1;
    const opens = text.startsWith('${', to);
    blank(to + (opens ? 2 : 1));
    if (opens) templates.push(0);
  };
  while (at < text.length) {
    const c = text[at] as string;
    const match = (pattern: RegExp): number => {
      pattern.lastIndex = at;
      return pattern.exec(text)?.[0].length ?? 0;
    };
    const skipped =
      match(/\/\/[^\n]*/y) ||
      match(/\/\*[\s\S]*?\*\//y) ||
      match(/'(?:[^'\\\n]|\\.)*'/y) ||
      match(/"(?:[^"\\\n]|\\.)*"/y) ||
      (/(?:[(,=:[!&|?{};+>]|\breturn|^)\s*$/.test(out.slice(-40))
        ? match(/\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y)
        : 0);
    if (skipped > 0) {
      blank(at + skipped);
      continue;
    }
    const depth = templates.at(-1);
    if (c === '`') {
      blank(at + 1);
      template();
      continue;
    }
    if (c === '}' && depth === 0) {
      templates.pop();
      blank(at + 1);
      template();
      continue;
    }
    if (depth !== undefined && c === '{') templates[templates.length - 1] = depth + 1;
    if (depth !== undefined && c === '}') templates[templates.length - 1] = depth - 1;
    out += c;
    at += 1;
  }
  return out;
}
