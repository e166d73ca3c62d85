// A tree as canonical text: parsing it again gives the same tree. Doc comments are kept, other comments aren't
// in the tree.

import type {
  BlockItem,
  Body,
  Clause,
  DataUse,
  Item,
  Member,
  Name,
  Param,
  SourceFile,
  Statement,
} from './ast.ts';
import { printArgs, printExpr, printType, quoted } from './print-expr.ts';

export function printFile(file: SourceFile): string {
  return file.items.map(i => `${printItem(i)}\n`).join('\n');
}

function docLines(doc: string | undefined, indent: string): string {
  if (doc === undefined) return '';
  return doc
    .split('\n')
    .map(line => `${indent}///${line === '' ? '' : ` ${line}`}\n`)
    .join('');
}

function printItem(item: Item): string {
  switch (item.kind) {
    case 'use':
      return `use ${quoted(item.path)} as ${item.name.text}`;
    case 'model': {
      const params = item.params.length === 0 ? '' : printParams(item.params);
      const version = item.version === undefined ? '' : ` version ${quoted(item.version.text)}`;
      const members = item.members.map(m => `${printMember(m)}\n`).join('');
      return `${docLines(item.doc, '')}model ${item.name.text}${params}${version} {\n${members}}`;
    }
    case 'block':
      return docLines(item.doc, '') + printCallable('block', item, '');
    case 'variant':
      return `${docLines(item.doc, '')}variant ${item.name.text} = ${item.model.text}${printArgs(item.args)}`;
  }
}

const printParams = (params: readonly Param[]): string =>
  `(${params
    .map(p => {
      const fallback = p.fallback === undefined ? '' : ` = ${printExpr(p.fallback)}`;
      return `${p.name.text}: ${printType(p.type)}${fallback}`;
    })
    .join(', ')})`;

function printCallable(
  keyword: string,
  c: Pick<BlockItem, 'name' | 'params' | 'result' | 'body'>,
  indent: string,
): string {
  const result = c.result === undefined ? '' : ` -> ${printType(c.result)}`;
  return `${indent}${keyword} ${c.name.text}${printParams(c.params)}${result} ${printBody(c.body, indent)}`;
}

const names = (list: readonly Name[]): string => list.map(n => n.text).join(', ');

function printMember(m: Member): string {
  return docLines(m.doc, '  ') + memberText(m);
}

function memberText(m: Member): string {
  switch (m.kind) {
    case 'modality':
      return `  modality ${m.name.text}: ${printExpr(m.type)}`;
    case 'space':
    case 'vocabulary':
      return `  ${m.kind} ${m.name.text}(${printExpr(m.size)})`;
    case 'labels':
      return m.size === undefined
        ? `  labels ${m.name.text} { ${names(m.names ?? [])} }`
        : `  labels ${m.name.text}(${printExpr(m.size)})`;
    case 'part':
    case 'param':
      return printStatement(m, '  ');
    case 'block':
    case 'encoder':
    case 'objective':
    case 'export':
      return printCallable(m.kind, m, '  ');
    case 'align': {
      const [left, right, by] = [printExpr(m.left), printExpr(m.right), printExpr(m.by)];
      return `  align ${m.name.text}: ${left} <-> ${right} by ${by}`;
    }
    case 'stage': {
      const from = m.from === undefined ? '' : ` from ${printExpr(m.from)}`;
      const clauses = m.clauses.map(c => `    ${printClause(c)}\n`).join('');
      return `  stage ${m.name.text}${from} {\n${clauses}  }`;
    }
  }
}

function printClause(c: Clause): string {
  switch (c.kind) {
    case 'minimize':
      return `minimize ${c.terms
        .map(t => {
          const weight = t.weight === undefined ? '' : `${printExpr(t.weight, 'factor')} * `;
          return `${weight}${t.objective.text}${t.data === undefined ? '' : ` ${printDataUse(t.data)}`}`;
        })
        .join(' + ')}`;
    case 'train':
    case 'freeze':
      return `${c.kind} ${c.patterns.map(p => p.text).join(', ')}`;
    case 'optimizer':
    case 'steps':
      return `${c.kind} ${printExpr(c.value)}`;
    case 'measure': {
      const every = c.every === undefined ? '' : ` every ${printExpr(c.every)}`;
      return `measure ${printExpr(c.metric)} ${printDataUse(c.data)}${every}`;
    }
  }
}

function printDataUse(d: DataUse): string {
  const transforms = d.transforms.map(t => `${t.field.text}: ${printExpr(t.list)}`).join(', ');
  const used = transforms === '' ? '' : ` with ${transforms}`;
  const batch = d.batch === undefined ? '' : ` batch ${printExpr(d.batch, 'product')}`;
  return `on ${d.set.text}.${d.split.text}${used}${batch}`;
}

function printBody(body: Body, indent: string): string {
  if (body.statements.length === 0) return '{}';
  return `{\n${body.statements.map(s => `${statementDoc(s, `${indent}  `)}${printStatement(s, `${indent}  `)}\n`).join('')}${indent}}`;
}

const statementDoc = (s: Statement, indent: string): string =>
  s.kind === 'part' || s.kind === 'param' ? docLines(s.doc, indent) : '';

function printStatement(s: Statement, indent: string): string {
  switch (s.kind) {
    case 'let':
      return `${indent}let ${names(s.names)} = ${s.values.map(v => printExpr(v)).join(', ')}`;
    case 'assign':
      return `${indent}${s.name.text} = ${printExpr(s.value)}`;
    case 'return':
      return `${indent}return ${printExpr(s.value)}`;
    case 'require':
      return `${indent}require ${printExpr(s.condition)}`;
    case 'param': {
      const least = s.atLeast === undefined ? '' : ` at least ${printExpr(s.atLeast)}`;
      const most = s.atMost === undefined ? '' : ` at most ${printExpr(s.atMost)}`;
      return `${indent}param ${s.name.text}: ${printType(s.type)} = ${printExpr(s.value)}${least}${most}`;
    }
    case 'part':
      return `${indent}part ${s.name.text} = ${printExpr(s.value)}`;
    case 'repeat': {
      const name = s.name === undefined ? '' : ` as ${s.name.text}`;
      return `${indent}repeat ${printExpr(s.count, 'count')}${name} ${printBody(s.body, indent)}`;
    }
    case 'if': {
      const head = `${indent}if ${printExpr(s.condition)} ${printBody(s.body, indent)}`;
      if (s.otherwise === undefined) return head;
      const [only, more] = s.otherwise.statements;
      if (only?.kind === 'if' && more === undefined)
        return `${head} else ${printStatement(only, indent).trimStart()}`;
      return `${head} else ${printBody(s.otherwise, indent)}`;
    }
  }
}
