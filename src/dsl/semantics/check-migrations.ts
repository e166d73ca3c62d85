// What is wrong in a migration whatever the old weights are: versions that no earlier model has, patterns where one
// weight is meant, weights that are given twice. The weights themselves are checked against a lock
// (src/versioning/migration.ts).

import type { EachMove, GiveMove, Migration, Move, WeightPattern } from '../syntax/ast.ts';
import { complain, type Frame } from './trace.ts';
import { comesBefore, overlap, readVersions } from './version-pattern.ts';

/** The migrations of a model, each from versions of its own before the model's. */
export function checkMigrations(
  frame: Frame,
  migrations: readonly Migration[],
  version: string | undefined,
): void {
  const earlier: Migration[] = [];
  for (const m of migrations) {
    const { text, span } = m.from;
    const versions = readVersions(text);
    const problem =
      versions === undefined
        ? 'it names no versions'
        : version === undefined
          ? 'the model has no version that comes after'
          : comesBefore(versions, version)
            ? undefined
            : `the model itself is ${version}`;
    if (problem !== undefined) complain(frame, 'migration-version', { text, problem }, span);
    const same = earlier.find(e => overlap(e.from.text, text));
    if (same !== undefined)
      complain(frame, 'migration-twice', { a: text, b: same.from.text }, span, {
        related: [{ span: same.from.span, message: 'the other one' }],
      });
    earlier.push(m);
    checkMoves(frame, m.moves);
  }
}

/** Paths and patterns of moves. */
export function checkMoves(frame: Frame, moves: readonly Move[]): void {
  const given = new Map<string, GiveMove>();
  for (const move of moves) {
    switch (move.kind) {
      case 'give': {
        const { text, span } = move.path;
        if (/[*{]/.test(text)) wrong(frame, move.path, 'what is given is one weight or part, not a pattern');
        const first = given.get(text);
        if (first !== undefined)
          complain(frame, 'weight-given-twice', { path: text }, span, {
            related: [{ span: first.path.span, message: 'the first time' }],
          });
        given.set(text, move);
        break;
      }
      case 'each':
        checkEach(frame, move);
        checkMoves(frame, move.moves);
        break;
      case 'drop':
      case 'fresh':
        break;
      default:
        move satisfies never;
    }
  }
}

function checkEach(frame: Frame, { layers, from }: EachMove): void {
  const [own, other] = [layers, from].map(p => (p === undefined ? undefined : choices(p.text)));
  if (layers.text.includes('**'))
    wrong(frame, layers, '`**` may stand for several names: write a `*` for each');
  else if (own === 0) wrong(frame, layers, 'each goes over layers: write `*` for their numbers');
  else if (from?.text.includes('**'))
    wrong(frame, from, '`**` may stand for several names: write a `*` for each');
  else if (from !== undefined && own !== other)
    wrong(
      frame,
      from,
      `it has ${other} of \`*\` and {…}, ${layers.text} has ${own}: they correspond in order`,
    );
}

const choices = (pattern: string): number => pattern.match(/[*{]/g)?.length ?? 0;

const wrong = (frame: Frame, { text, span }: WeightPattern, problem: string): void =>
  complain(frame, 'migration-path', { path: text, problem }, span);
