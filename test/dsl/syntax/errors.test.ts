// Syntax errors: where each points, what it says, and that one never hides another.
import { describe, expect, test } from 'vitest';
import { parse } from '../../../src/dsl/syntax/parse.ts';
import { expectErrors, helpOf, inBody, inModel, inStage } from './support.ts';

const messages = (text: string): readonly string[] => parse(text, 'test.mm').diagnostics.map(d => d.message);

describe('brackets', () => {
  test('an unclosed call names where it starts', () => {
    const text = inBody('let a = g(b, c\nlet d = a');
    expect(messages(text)).toEqual(['expected `,` or `)` to close the call that starts at 2:10']);
    expectErrors(inBody('let a = g(b, c‸\nlet d = a'), 'unclosed-bracket');
  });

  test.each([
    inBody('return g(a ‸b)'),
    inBody('return [a, b‸\nlet c = a'),
    inBody('return x[0‸\nlet c = a'),
    inBody('return { a: b ‸c }'),
    inBody('return (a ‸b)'),
    inModel('space shared(256‸\nspace other(3)'),
    inModel('labels Tag { A, B‸\nspace a(3)'),
    'block f(x: float[N...‸) {}',
    'block f(x: float ‸y: int) {}',
  ])('%s', text => expectErrors(text, 'unclosed-bracket'));

  test('a missing `}` is seen where the next member starts', () => {
    const text = 'model M {\nencoder f(x: float) {\nreturn x‸\nencoder g(x: float) { return x }\n}';
    expectErrors(text, 'missing-brace');
    expect(parse(text.replace('‸', ''), 'test.mm').value?.items[0]).toMatchObject({ members: [{}, {}] });
    expectErrors('model M {\nspace a(1)‸\nmodel N {}', 'missing-brace');
    expectErrors(inModel('stage s {\nsteps 3‸\nspace a(1)'), 'missing-brace');
    expectErrors('model M { space a(1)‸', 'missing-brace');
  });

  test('a `}` too many', () => {
    expectErrors('model M { }\n‸}\nblock f() {}', 'stray-brace');
  });
});

describe('slips that are read as what was meant', () => {
  test.each([
    [inModel('‸modalty p: Image()'), 'unknown-keyword'],
    [inModel('‸endcoder f(x: float) { return x }'), 'unknown-keyword'],
    [inModel('‸def f(x: float) { return x }'), 'borrowed-keyword'],
    [inBody('‸retrun x'), 'unknown-keyword'],
    [inBody('‸lte a = x'), 'unknown-keyword'],
    [inBody('‸const a = x'), 'borrowed-keyword'],
    [inStage('‸minimise a on b.c'), 'unknown-keyword'],
    ['‸modle M {}', 'unknown-keyword'],
    ['‸class M {}', 'borrowed-keyword'],
    [inModel('modality p ‸= Image()'), 'equals-for-colon'],
    [inModel('part p‸: linear()'), 'colon-for-equals'],
    [inBody('return g(size ‸= 3)'), 'equals-for-colon'],
    [inBody('return { a ‸= 3 }'), 'equals-for-colon'],
    [inBody('let a‸: 3'), 'colon-for-equals'],
    [inBody('return a‸;'), 'semicolon'],
    [`‸# remark\n${inBody('return a')}`, 'hash-comment'],
    [`‸/* remark\n */${inBody('return a')}`, 'block-comment'],
    [inBody('return a ‸&& b'), 'foreign-operator'],
    [inBody('return ‸!b'), 'foreign-operator'],
    [inBody('return a ‸** b'), 'foreign-operator'],
    [inBody("return g(‸'a')"), 'single-quotes'],
    [inBody('let a = ‸"text\nreturn a'), 'unclosed-string'],
    [inBody('return "a‸\\q"').replace('a‸', 'a').replace('"a', '‸"a'), 'bad-escape'],
    [inBody('return ‸1_000'), 'bad-number'],
    [inBody('return ‸1e999'), 'bad-number'],
    ['block f(‸x = 3) {}', 'missing-type'],
    ['block f(x: float‸(3)) {}', 'size-of-type'],
    [inBody('return a ‸“b'), 'unknown-character'],
    [inStage('minimize ‸heard * 0.5'), 'weight-behind'],
    [inStage('minimize a on b.c batch 1 ‸batch 2'), 'given-twice'],
    [inBody('‸let a, b = 1, 2, 3'), 'names-and-values'],
  ])('%s', (text, code) => expectErrors(text, code));

  test('one complaint for a flock of semicolons', () => {
    const { diagnostics } = parse(inBody('let a = 1;\nlet b = 2;\nreturn a;'), 'test.mm');
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.notes).toEqual(['and 2 more in this file']);
  });
});

describe('operators', () => {
  test.each([
    [inBody('return ‸a + b |> f()'), 'pipe-mixed'],
    [inBody('return a |> ‸f() + b'), 'pipe-mixed'],
    [inBody('return ‸-a |> f()'), 'pipe-mixed'],
    [inBody('return a |> f() |> ‸g() * 2'), 'pipe-mixed'],
    [inBody('return a |> ‸3'), 'pipe-target'],
    [inBody('return a < b ‸< c'), 'chained-comparison'],
    [inBody('return a + ‸not b'), 'not-in-operation'],
  ])('%s', (text, code) => expectErrors(text, code));
});

describe('every error of a file at once', () => {
  test('statements, clauses, members and items', () => {
    expectErrors(
      `
model A {
  space ‸3
  encoder f(x: float) {
    let ‸3 = x
    let b = g(x‸
    return h(x‸]
  }
  stage s {
    steps‸
    train all,‸
    freeze all
  }
  ‸lonely
}
block g(x ‸float) {
  return‸
}
‸nonsense
variant ‸= A()`,
      'unexpected-token',
      'unexpected-token',
      'unclosed-bracket',
      'unclosed-bracket',
      'unexpected-token',
      'unexpected-token',
      'unexpected-token',
      'unclosed-bracket',
      'unexpected-token',
      'unexpected-token',
      'unexpected-token',
    );
  });

  test('moves of a migration', () => {
    expectErrors(
      'model M {\nmigrate from "1.x" {\na.b = ‸}\nmigrate ‸"2.x" { }\nmigrate from "3.x" {\n‸remove a\na.b‸: c\n‸d e\neach f.* { g = ‸* }\n}\nspace ‸(3)\n}',
      'unexpected-token',
      'unexpected-token',
      'borrowed-keyword',
      'colon-for-equals',
      'unexpected-token',
      'unexpected-token',
      'unexpected-token',
    );
    expectErrors(
      'model M {\npart a renamed ‸b = c()\npart d renamed from ‸= c()\n}',
      'unexpected-token',
      'unexpected-token',
    );
    expectErrors('model M {\nmigrate from "1.x" {\na = b‸\nspace a(1)\n}', 'missing-brace');
  });

  test('a wrong head does not hide errors in its body', () => {
    expectErrors(
      inModel('encoder f(x float‸) {\nlet a ‸3\nreturn a\n}').replace('x float‸', 'x ‸float'),
      'unclosed-bracket',
      'unexpected-token',
    );
    expectErrors(inBody('repeat ‸* {\nlet a ‸3\n}'), 'unexpected-token', 'unexpected-token');
    expectErrors(inBody('scan a ‸x {\nlet a ‸3\n}'), 'unexpected-token', 'unexpected-token');
    expectErrors(
      inBody('scan ‸{ }\n‸scan a, b in x { collect c ‸3\n }\ncollect c‸: 3'),
      'unexpected-token',
      'names-and-values',
      'unexpected-token',
      'colon-for-equals',
    );
    expectErrors('model ‸3 {\nstage s {\nsteps‸\n}\n}', 'unexpected-token', 'unexpected-token');
  });

  test('a body in the manner of Python is one error', () => {
    expectErrors(inBody('if a == b‸:\n  return 3\nreturn a'), 'colon-block');
    expectErrors('block f(x: int)‸:\n  let y = 3\n  return y\nblock g() {}', 'colon-block');
  });

  test('a bound on how many are told', () => {
    const { diagnostics } = parse(inBody('let a 3\n'.repeat(60)), 'test.mm');
    expect(diagnostics).toHaveLength(31);
    expect(diagnostics.at(-1)?.message).toBe('and 30 more syntax errors');
  });

  test('what stands around an error is kept', () => {
    const { value } = parse(inModel('space a(1)\nspace b(\nspace c(3)'), 'test.mm');
    expect(value?.items[0]).toMatchObject({ members: [{ name: { text: 'a' } }, { name: { text: 'c' } }] });
  });
});

describe('hints', () => {
  test.each([
    [inModel('modalty p: Image()'), 'did you mean `modality`?'],
    [inStage('measure r(a) on b.c evry 3'), 'did you mean `every`?'],
    [inStage('fit a: f(x) on b.c batch 3 pases 3'), 'did you mean `passes`?'],
    [
      inStage('fit a: f(x) batch 3'),
      'the form is: fit units: label(speech) on libri.train batch 64 passes 20',
    ],
    [
      inModel('align a: f(x) <-> g(y) infonce()'),
      'the form is: align seen: look(picture) <-> read(caption) by infonce()',
    ],
    [inStage('minimize a - b'), 'terms are added; give the term a negative weight: + -1 * name'],
    [
      inBody('if a = b { }'),
      '`==` compares; `=` only gives a name to a value, behind `let`, `part` or a name',
    ],
    [inBody('f(x)'), 'a statement that only computes has no effect: begin with `let NAME =` or `return`'],
    [inModel('x = linear(3)'), 'write `part x = …`'],
    [inModel('return 3'), '`return` belongs in the body of a block, encoder, objective or export'],
    [inBody('steps 3'), '`steps` belongs in a stage'],
    [
      inBody('let h = a // the width'),
      '`//` right behind a value is floor division; a comment behind a value takes two spaces or its own line',
    ],
    [
      inModel('export f(x: int) -> { return 3 }'),
      'the type of the result stands behind `->`; without one, leave the arrow out',
    ],
  ])('%s', (text, help) => expect(helpOf(text)).toContain(help));
});

test('a clause with a colon, as YAML has it', () => {
  const text = inStage('steps: 3');
  expectErrors(inStage('steps‸: 3'), 'unexpected-token');
  expect(helpOf(text)).toContain('a clause has no colon: `steps` and then what it says');
});
