// Printing and parsing again gives the same tree: of written specs, and of any tree.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BinaryOp, SourceFile } from '../../../src/dsl/syntax/ast.ts';
import { format, printFile } from '../../../src/dsl/syntax/format.ts';
import { parse } from '../../../src/dsl/syntax/parse.ts';
import { bare, inBody, parsed } from './support.ts';

describe('written files', () => {
  const folders = ['specs', 'src/dsl/std'];
  const files = folders
    .flatMap(f => readdirSync(f).map(name => `${f}/${name}`))
    .filter(f => f.endsWith('.mm'));
  test.each(files)('%s', file => {
    const tree = parsed(readFileSync(file, 'utf8'));
    expect(bare(parsed(printFile(tree)))).toEqual(bare(tree));
  });
});

test('the canonical form', () => {
  const text = inBody('let a=((b)+(c*d))|>f  ');
  expect(printFile(parsed(text.replace('|>f', ''))).split('\n')[1]).toBe('  let a = b + c * d');
  expect(printFile(parsed('model A{space s(1) stage t{steps 3 freeze all}}'))).toBe(
    'model A {\n  space s(1)\n  stage t {\n    steps 3\n    freeze all\n  }\n}\n',
  );
});

// ── Any tree

const span = undefined;
const named = (text: string) => ({ text, span });
const word = fc.constantFrom(
  'x',
  'width',
  'B_PER',
  'on',
  'train',
  'let',
  'as',
  'when',
  'unit',
  'part',
  'new',
  'if',
  'at',
  'scan',
  'in',
  'along',
  'reverse',
  'collect',
);
const name = word.map(named);
const number = fc
  .tuple(fc.constantFrom('0', '12', '0.5', '1e-4'), fc.constantFrom(undefined, 'ms', 'kHz'))
  .map(([text, unit]) => ({ kind: 'number', value: Number(text), text, unit, span }));
const text = fc
  .string({ maxLength: 6 })
  .map(s => `${s.replace(/[\p{Cc}]/gu, '')}\n"\\\t`)
  .map(value => ({ kind: 'string', value, span }));
const operators: readonly BinaryOp[] = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '^',
  '@',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
  '..',
];

const { expr } = fc.letrec(tie => {
  const e = tie('expr');
  const nameExpr = word.map(w => ({ kind: 'name', text: w, span }));
  const arg = fc.record({ name: fc.option(name, { nil: undefined }), value: e, span: fc.constant(span) });
  const call = fc.record({ kind: fc.constant('call'), callee: e, args: fc.array(arg, { maxLength: 2 }) });
  const field = fc.record({ kind: fc.constant('field'), object: e, field: name });
  const side = fc.option(e, { nil: undefined });
  const item = fc.oneof(
    fc.constant({ kind: 'ellipsis' }),
    fc.constant({ kind: 'new' }),
    fc.record({ kind: fc.constant('at'), value: e }),
    fc.record({ kind: fc.constant('slice'), from: side, to: side }),
  );
  const target = fc.oneof(call, field, nameExpr);
  return {
    expr: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      nameExpr,
      number,
      text,
      fc.record({ kind: fc.constant('bool'), value: fc.boolean() }),
      fc.record({ kind: fc.constant('list'), items: fc.array(e, { maxLength: 2 }) }),
      fc.record({
        kind: fc.constant('record'),
        fields: fc.array(fc.record({ name, value: e }), { maxLength: 2 }),
      }),
      fc.record({
        kind: fc.constant('with'),
        value: e,
        fields: fc.array(fc.record({ name, value: e }), { maxLength: 2 }),
      }),
      fc.record({ kind: fc.constant('unary'), op: fc.constantFrom('-', 'not'), operand: e }),
      fc.record({ kind: fc.constant('binary'), op: fc.constantFrom(...operators), left: e, right: e }),
      call,
      field,
      fc.record({
        kind: fc.constant('index'),
        object: e,
        items: fc.array(item, { minLength: 1, maxLength: 2 }),
      }),
      fc.record({ kind: fc.constant('as'), value: e, name }),
      fc.record({ kind: fc.constant('pipe'), left: e, right: target }),
      fc.record({ kind: fc.constant('when'), value: e, condition: e, otherwise: e }),
      fc.record({
        kind: fc.constant('lambda'),
        params: fc.array(name, { minLength: 1, maxLength: 2 }),
        body: e,
      }),
    ),
  };
});

const optionalExpr = fc.option(expr, { nil: undefined });
const dim = fc.oneof(
  fc.record({ kind: fc.constant('pack'), name }),
  fc.record({ kind: fc.constant('dim'), value: expr }),
);
const tensor = fc
  .record({
    kind: fc.constant('tensor'),
    qualifier: fc.constantFrom(undefined, 'unit', 'simplex'),
    base: fc.constantFrom('float', 'block', 'Bert.text', 'unit', 'index').map(named),
    of: expr,
    dims: fc.option(fc.array(dim, { maxLength: 2 }), { nil: undefined }),
  })
  .map(t => ({ ...t, of: t.base.text === 'index' ? t.of : undefined }));
const { type } = fc.letrec(tie => ({
  type: fc.oneof(
    { depthSize: 'small' },
    tensor,
    fc.record({
      kind: fc.constant('record'),
      fields: fc.array(fc.record({ name, type: tie('type') }), { maxLength: 2 }),
    }),
  ),
}));

const doc = fc.option(fc.constantFrom('one line', 'two\n\n lines', '/ slash'), { nil: undefined });
const part = fc.oneof(
  fc.record({ kind: fc.constant('part'), doc, name, value: expr, follows: fc.constant(undefined) }),
  fc.record({
    kind: fc.constant('part'),
    doc,
    name,
    value: name.map(n => ({ kind: 'name', text: n.text })),
    follows: expr,
  }),
);
const state = fc.record({ kind: fc.constant('state'), doc, name, type, value: expr });
const paramStatement = fc.record({
  kind: fc.constant('param'),
  doc,
  name,
  type,
  value: expr,
  atLeast: optionalExpr,
  atMost: optionalExpr,
});
const { body } = fc.letrec(tie => {
  const inner = tie('body');
  const statement = fc.oneof(
    { depthSize: 'small' },
    fc.record({
      kind: fc.constant('let'),
      names: fc.array(name, { minLength: 1, maxLength: 3 }),
      values: expr.map(e => [e]),
    }),
    fc.tuple(name, name, expr, expr).map(([a, b, x, y]) => ({ kind: 'let', names: [a, b], values: [x, y] })),
    fc.record({ kind: fc.constant('assign'), name, value: expr }),
    fc.record({ kind: fc.constant('return'), value: expr }),
    fc.record({ kind: fc.constant('require'), condition: expr }),
    paramStatement,
    state,
    fc.record({ kind: fc.constant('update'), name, value: expr }),
    part,
    fc.record({
      kind: fc.constant('repeat'),
      count: expr,
      name: fc.option(name, { nil: undefined }),
      body: inner,
    }),
    fc.array(fc.tuple(name, expr), { minLength: 1, maxLength: 2 }).chain(pairs =>
      fc.record({
        kind: fc.constant('scan'),
        names: fc.constant(pairs.map(([n]) => n)),
        values: fc.constant(pairs.map(([, e]) => e)),
        along: optionalExpr,
        reverse: fc.boolean(),
        body: inner,
      }),
    ),
    fc.record({ kind: fc.constant('collect'), name, value: expr }),
    fc
      .record({
        kind: fc.constant('if'),
        condition: expr,
        yes: inner,
        otherwise: fc.option(inner, { nil: undefined }),
      })
      .map(({ yes, otherwise, ...rest }) => ({ ...rest, body: yes, otherwise })),
  );
  return { body: fc.record({ statements: fc.array(statement, { maxLength: 3 }) }) };
});

const param = fc.record({ name, type, fallback: optionalExpr });
const params = fc.array(param, { maxLength: 2 });
const callable = (kind: string) =>
  fc.record({
    kind: fc.constant(kind),
    doc,
    name,
    params,
    result: fc.option(type, { nil: undefined }),
    body,
  });
const list = fc.record({ kind: fc.constant('list'), items: fc.array(expr, { maxLength: 2 }) });
const data = fc.record({
  set: name,
  split: name,
  batch: optionalExpr,
  transforms: fc.array(fc.record({ field: name, list }), { maxLength: 2 }),
});
const patterns = fc.array(
  fc.constantFrom('all', 'look.layers.*', 'hear.**.lora.*', '**.a.{qkv,out}.3').map(named),
  {
    minLength: 1,
    maxLength: 2,
  },
);
const objective = fc.constantFrom('seen', 'heard').map(named);
const clause = fc.oneof(
  fc.record({
    kind: fc.constant('minimize'),
    terms: fc.array(
      fc.record({ weight: optionalExpr, objective, data: fc.option(data, { nil: undefined }) }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
  }),
  fc.record({ kind: fc.constantFrom('train', 'freeze'), patterns }),
  fc.record({ kind: fc.constantFrom('optimizer', 'steps'), value: expr }),
  fc.record({ kind: fc.constant('measure'), metric: expr, data, every: optionalExpr }),
  fc.record({
    kind: fc.constant('fit'),
    target: fc.constantFrom('units', 'text.tokenizer', 'look.**.norm1').map(named),
    value: optionalExpr,
    data,
    // Without one, a clause `steps` behind it would be its own.
    length: fc.record({ kind: fc.constantFrom('passes', 'steps'), value: expr }),
  }),
);
const labels = fc.oneof(
  fc.record({ kind: fc.constant('labels'), doc, name, size: expr, names: fc.constant(undefined) }),
  fc.record({
    kind: fc.constant('labels'),
    doc,
    name,
    size: fc.constant(undefined),
    names: fc.array(name, { maxLength: 2 }),
  }),
);
/** `modality p = Image(…)` is a slip for `:`. */
const uncalled = expr.filter(e => (e as { readonly kind: string }).kind !== 'call');
const member = fc.oneof(
  fc.record({ kind: fc.constant('modality'), doc, name, type: expr }),
  fc.record({ kind: fc.constantFrom('space', 'vocabulary'), doc, name, size: expr }),
  labels,
  fc.record({ kind: fc.constant('alias'), doc, what: fc.constant('modality'), name, value: uncalled }),
  fc.record({
    kind: fc.constant('alias'),
    doc,
    what: fc.constantFrom('space', 'vocabulary', 'labels'),
    name,
    value: expr,
  }),
  part,
  paramStatement,
  state,
  ...['block', 'objective', 'export'].map(callable),
  fc
    .tuple(callable('encoder'), fc.constantFrom('encoder', 'head'))
    .map(([made, role]) => ({ ...made, role })),
  fc.record({
    kind: fc.constant('head'),
    doc,
    name,
    left: expr,
    field: fc.record({ name, type, fallback: fc.constant(undefined) }),
    by: expr,
  }),
  fc.record({ kind: fc.constant('adapt'), doc, part: expr, by: expr, patterns }),
  fc.record({ kind: fc.constant('align'), doc, name, left: expr, right: expr, by: expr }),
  fc.record({
    kind: fc.constant('stage'),
    doc,
    name,
    from: fc.array(expr, { maxLength: 2 }),
    clauses: fc.array(clause, { maxLength: 3 }),
  }),
);
const arg = fc.record({ name: fc.option(name, { nil: undefined }), value: expr });
const item = fc.oneof(
  fc.record({ kind: fc.constant('use'), path: fc.constant('a "b".mm'), name }),
  fc.record({
    kind: fc.constant('model'),
    doc,
    name,
    params,
    extends: optionalExpr,
    version: fc.option(fc.constant({ text: '1.0.0' }), { nil: undefined }),
    members: fc.array(member, { maxLength: 4 }),
  }),
  callable('block'),
  fc.record({ kind: fc.constant('variant'), doc, name, model: name, args: fc.array(arg, { maxLength: 2 }) }),
);
const file = fc.record({
  kind: fc.constant('file'),
  file: fc.constant('test.mm'),
  items: fc.array(item, { maxLength: 3 }),
});

test('any tree', () => {
  fc.assert(
    fc.property(file, tree => {
      const printed = printFile(tree as unknown as SourceFile);
      const { value, diagnostics } = parse(printed, 'test.mm');
      expect({ printed, diagnostics }).toEqual({ printed, diagnostics: [] });
      expect(bare(value)).toEqual(bare(tree));
      expect(printFile(value as SourceFile)).toBe(printed);
      expect(format(printed, 'test.mm').value).toBe(printed);
    }),
    { numRuns: 400 },
  );
});
