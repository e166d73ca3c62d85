// The moves of a migration one by one: `each` spelled out for every layer, paths from the models' roots.

import type { Diagnostic } from '../base/diagnostic.ts';
import type { Span } from '../base/span.ts';
import type { Expr, Migration, Move } from '../dsl/syntax/ast.ts';
import { versioningDiagnostic } from './diagnostics.ts';

/** `look.layers.0.norm.scale = ln_1.weight`, below vision.blocks.0. */
export interface Give {
  readonly path: string;
  readonly value: Expr;
  /** Where paths on the right begin, the innermost first; '' for the root. */
  readonly within: readonly string[];
  readonly span: Span;
}

export interface Named {
  readonly pattern: string;
  readonly span: Span;
}

export interface Moves {
  readonly gives: readonly Give[];
  /** Patterns of old weights. */
  readonly drops: readonly Named[];
  /** Patterns of new weights. */
  readonly fresh: readonly Named[];
}

/** Paths on both sides; those of the new one are unknown where another migration follows. */
export interface Sides {
  readonly old: readonly string[];
  readonly now: readonly string[] | undefined;
}

export function movesOf({ moves }: Migration, sides: Sides, report: (d: Diagnostic) => void): Moves {
  const gives: Give[] = [];
  const drops: Named[] = [];
  const fresh: Named[] = [];
  const visit = (list: readonly Move[], now: string, within: readonly string[]): void => {
    for (const move of list)
      switch (move.kind) {
        case 'give':
          gives.push({ path: under(now, move.path.text), value: move.value, within, span: move.path.span });
          break;
        case 'drop':
          for (const { text, span } of move.patterns)
            drops.push({ pattern: under(within[0] ?? '', text), span });
          break;
        case 'fresh':
          for (const { text, span } of move.patterns) fresh.push({ pattern: under(now, text), span });
          break;
        case 'each': {
          const own = under(now, move.layers.text);
          const other = under(within[0] ?? '', (move.from ?? move.layers).text);
          const layers =
            sides.now === undefined
              ? layersIn(other, sides.old).map(l => ({ now: filled(own, l.choices), old: l.path }))
              : layersIn(own, sides.now).map(l => ({ now: l.path, old: filled(other, l.choices) }));
          if (layers.length === 0)
            report(
              versioningDiagnostic(
                'migration-matches-nothing',
                {
                  pattern: sides.now === undefined ? other : own,
                  side: sides.now === undefined ? 'old' : 'new',
                },
                { span: move.layers.span },
              ),
            );
          for (const l of layers) visit(move.moves, l.now, [l.old, ...within]);
          break;
        }
        default:
          move satisfies never;
      }
  };
  visit(moves, '', ['']);
  return { gives, drops, fresh };
}

const under = (prefix: string, path: string): string => (prefix === '' ? path : `${prefix}.${path}`);

interface Layer {
  readonly path: string;
  /** What stands for each `*` and `{…}`, in order. */
  readonly choices: readonly string[];
}

const wild = /\*|\{[^}]*\}/g;

/** The layers that a pattern stands for, each once, in the order in which they are met. */
function layersIn(pattern: string, paths: readonly string[]): readonly Layer[] {
  const segments = pattern.split('.').map(
    s =>
      new RegExp(
        `^${s.replace(/\*|\{[^}]*\}|[^*{]+/g, part =>
          part === '*'
            ? '(.*)'
            : part.startsWith('{')
              ? `(${part
                  .slice(1, -1)
                  .split(',')
                  .map(x => escaped(x.trim()))
                  .join('|')})`
              : escaped(part),
        )}$`,
      ),
  );
  const found = new Map<string, Layer>();
  for (const path of paths) {
    const names = path.split('.');
    if (names.length <= segments.length) continue;
    const matches = segments.map((s, i) => s.exec(names[i] ?? ''));
    if (matches.some(m => m === null)) continue;
    const layer = names.slice(0, segments.length).join('.');
    if (!found.has(layer))
      found.set(layer, { path: layer, choices: matches.flatMap(m => m?.slice(1) ?? []) });
  }
  return [...found.values()];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The pattern with its choices made. */
function filled(pattern: string, choices: readonly string[]): string {
  let i = 0;
  return pattern.replace(wild, () => choices[i++] ?? '');
}
