// Members of models, and the clauses of stages, as documents.

import type { Clause, DataUse, Member, MinimizeTerm, Name } from './ast.ts';
import type { Comments } from './comments.ts';
import { type Doc, group, indent, line } from './doc.ts';
import { callableDoc, paramStatementDoc, partDoc, stateDoc } from './format-body.ts';
import { exprDoc, renamedDoc, typeDoc } from './format-expr.ts';
import { migrationDoc } from './format-migration.ts';
import { patternsDoc } from './format-pattern.ts';
import { braces, continued, goOn, list, rowsOf, step } from './layout.ts';

export function memberDoc(c: Comments, m: Member): Doc {
  switch (m.kind) {
    case 'modality':
      return [`modality ${m.name.text}: `, exprDoc(c, m.type)];
    case 'space':
    case 'vocabulary':
      return [`${m.kind} ${m.name.text}(`, exprDoc(c, m.size), ')'];
    case 'labels': {
      if (m.size !== undefined) return [`labels ${m.name.text}(`, exprDoc(c, m.size), ')'];
      return [`labels ${m.name.text} `, labelNames(c, m.name, m.names ?? [])];
    }
    case 'alias':
      return [`${m.what} ${m.name.text} = `, exprDoc(c, m.value)];
    case 'part':
      return partDoc(c, m);
    case 'param':
      return paramStatementDoc(c, m);
    case 'state':
      return stateDoc(c, m);
    case 'block':
    case 'objective':
    case 'export':
      return callableDoc(c, m.kind, m);
    case 'encoder':
      return callableDoc(c, m.role, m);
    case 'head': {
      const left = exprDoc(c, m.left);
      const field = goOn(c, m.field.span, line, () => [
        `-> ${m.field.name.text}: `,
        typeDoc(c, m.field.type),
      ]);
      const by = goOn(c, m.by.span, line, () => ['by ', exprDoc(c, m.by)]);
      return group([
        `head ${m.name.text}`,
        renamedDoc(m.renamed),
        ': ',
        left,
        indent(continued, [field, by]),
      ]);
    }
    case 'align': {
      const left = exprDoc(c, m.left);
      const right = goOn(c, m.right.span, line, () => ['<-> ', exprDoc(c, m.right)]);
      const by = goOn(c, m.by.span, line, () => ['by ', exprDoc(c, m.by)]);
      return group([
        `align ${m.name.text}`,
        renamedDoc(m.renamed),
        ': ',
        left,
        indent(continued, [right, by]),
      ]);
    }
    case 'adapt': {
      const part = exprDoc(c, m.part);
      const by = goOn(c, m.by.span, line, () => ['by ', exprDoc(c, m.by)]);
      const [first] = m.patterns;
      const on =
        first === undefined ? '' : goOn(c, first.span, line, () => ['on ', patternsDoc(c, m.patterns)]);
      return group(['adapt ', part, indent(continued, [by, on])]);
    }
    case 'stage': {
      const [first, ...more] = m.from;
      const rest = more.map(e => [',', goOn(c, e.span, line, () => exprDoc(c, e))]);
      const from = first === undefined ? '' : group([' from ', exprDoc(c, first), indent(continued, rest)]);
      const clauses = m.clauses.map(clause => ({ span: clause.span, print: () => clauseDoc(c, clause) }));
      return [`stage ${m.name.text}`, from, ' ', braces(rowsOf(c, clauses, () => c.beforeEnd(m.span)))];
    }
    case 'migrate':
      return migrationDoc(c, m);
  }
}

function labelNames(c: Comments, of: Name, names: readonly Name[]): Doc {
  c.pass(of.span, 'end');
  const parts = names.map(n => ({ span: n.span, print: () => n.text }));
  return list(c, ['{', '}'], parts, { padded: true, filled: true });
}

// ── Clauses

function clauseDoc(c: Comments, clause: Clause): Doc {
  switch (clause.kind) {
    case 'minimize': {
      const [first, ...more] = clause.terms as [MinimizeTerm, ...MinimizeTerm[]];
      const head = termDoc(c, first);
      const rest = more.map(t => goOn(c, t.span, line, () => ['+ ', termDoc(c, t)]));
      return group(['minimize ', head, indent(continued, rest)]);
    }
    case 'train':
    case 'freeze':
      return [`${clause.kind} `, patternsDoc(c, clause.patterns)];
    case 'optimizer':
    case 'steps':
      return [`${clause.kind} `, exprDoc(c, clause.value)];
    case 'fit': {
      const value = clause.value === undefined ? '' : [': ', exprDoc(c, clause.value)];
      const on = goOn(c, clause.data.span, line, () => dataDoc(c, clause.data));
      const { length } = clause;
      const long =
        length === undefined
          ? ''
          : goOn(c, length.span, line, () => [`${length.kind} `, exprDoc(c, length.value)]);
      return group([`fit ${clause.target.text}`, value, indent(continued, [on, long])]);
    }
    case 'measure': {
      const metric = exprDoc(c, clause.metric);
      const on = goOn(c, clause.data.span, line, () => dataDoc(c, clause.data));
      const every = clause.every === undefined ? '' : [' every ', exprDoc(c, clause.every)];
      return group(['measure ', metric, indent(continued, [on, every])]);
    }
  }
}

function termDoc(c: Comments, { weight, objective, data }: MinimizeTerm): Doc {
  const factor = weight === undefined ? '' : [exprDoc(c, weight, 'product'), ' * '];
  return [factor, objective.text, data === undefined ? '' : [' ', dataDoc(c, data)]];
}

const under = 'with '.length;

/** `on SET.SPLIT batch N`, and the augmentation of each field below the first where they don't fit. */
function dataDoc(c: Comments, { set, split, batch, transforms }: DataUse): Doc {
  const rows = batch === undefined ? '' : [' batch ', exprDoc(c, batch, 'product')];
  const on = `on ${set.text}.${split.text}`;
  const [first, ...more] = transforms;
  if (first === undefined) return [on, rows];
  const used = (t: Transform): Doc => [`${t.field.text}: `, exprDoc(c, t.list)];
  const fields = goOn(c, first.field.span, line, () => {
    const head = used(first);
    return ['with ', indent(under, [head, more.map(t => [',', goOn(c, t.field.span, line, () => used(t))])])];
  });
  return [on, rows, group(indent(step, fields))];
}

type Transform = DataUse['transforms'][number];
