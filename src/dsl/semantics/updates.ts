// Which states are declared and which are updated, as written: what nothing updates is told, and an update that can
// never happen is refused.

import type { ExportMember, ModelItem, Statement, StateStatement, UpdateStatement } from '../syntax/ast.ts';
import { complain, type Frame } from './trace.ts';

type Kind = 'state' | 'update';

/** The statements of a kind in a body, in its branches and loops too. */
function within<K extends Kind>(statements: readonly Statement[], kind: K): (Statement & { kind: K })[] {
  const found: (Statement & { kind: K })[] = [];
  for (const s of statements) {
    if (s.kind === kind) found.push(s as Statement & { kind: K });
    else if ('body' in s) {
      found.push(...within(s.body.statements, kind));
      if (s.kind === 'if' && s.otherwise !== undefined) found.push(...within(s.otherwise.statements, kind));
    }
  }
  return found;
}

function warnIdle(
  frame: Frame,
  states: readonly StateStatement[],
  updates: readonly UpdateStatement[],
): void {
  const updated = new Set(updates.map(u => u.name.text));
  for (const { name } of states)
    if (!updated.has(name.text)) complain(frame, 'state-never-updated', { name: name.text }, name.span);
}

/** Warns of states of a body that it never updates. */
export function warnIdleStates(frame: Frame, statements: readonly Statement[]): void {
  const states = within(statements, 'state');
  if (states.length > 0) warnIdle(frame, states, within(statements, 'update'));
}

/** Warns of states of a model that no body in it updates. */
export function warnIdleMembers(frame: Frame, { members }: ModelItem): void {
  const states = members.filter(m => m.kind === 'state');
  warnIdle(
    frame,
    states,
    members.flatMap(m => ('body' in m ? within(m.body.statements, 'update') : [])),
  );
}

/** An export never learns. */
export function refuseUpdates(frame: Frame, { name, body }: ExportMember): void {
  for (const u of within(body.statements, 'update'))
    complain(frame, 'export-updates', { name: u.name.text, export: name.text }, u.span);
}
