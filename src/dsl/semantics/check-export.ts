// Exports: what a caller may give and what comes back to it.

import type { ExportMember, TypeExpr } from '../syntax/ast.ts';
import type { Declared } from './declare.ts';
import { fieldOf } from './fields.ts';
import { complain } from './trace.ts';
import { isStaticType, showTypeExpr } from './type-names.ts';
import { refuseUpdates } from './updates.ts';

/** A parameter without a default is fed as a field of data is; a result is made of tensors and has its type written. */
export function checkExport(declared: Declared, member: ExportMember): void {
  const { frame } = declared;
  const name = member.name.text;
  refuseUpdates(frame, member);
  const given = member.params.filter(p => p.fallback === undefined);
  for (const p of given) {
    const field = fieldOf(declared, p, given, 'export-parameter');
    if (field !== undefined && 'axis' in field)
      complain(frame, 'export-parameter', { name: p.name.text, got: showTypeExpr(p.type) }, p.type.span);
  }
  if (member.result === undefined) complain(frame, 'export-type-missing', { name }, member.name.span);
  else {
    for (const type of typesIn(member.result))
      if (isStaticType(type)) complain(frame, 'export-result', { name, got: showTypeExpr(type) }, type.span);
  }
}

function typesIn(type: TypeExpr): readonly TypeExpr[] {
  return type.kind === 'record' ? type.fields.flatMap(f => typesIn(f.type)) : [type];
}
