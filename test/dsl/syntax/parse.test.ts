// The tree of every construct, the precedence of operators, and the rules for newlines, `//` and keywords as names.
import { describe, expect, test } from 'vitest';
import type { Expr, Statement } from '../../../src/dsl/syntax/ast.ts';
import { printExpr } from '../../../src/dsl/syntax/print-expr.ts';
import { bare, inBody, inModel, inStage, parsed } from './support.ts';

const stamps = `
/// Pictures and captions
/// in one space.
model Stamps(width: int = 192) version "1.0.0" {
  modality picture: Image(height: 64, width: 64)
  space shared(256)
  vocabulary unit(500)
  labels Tag { O, B_PER, I_PER, }
  labels Thing(1000)
  part table = embedding(width: 384)
  param scale: float = 0 at least 0 at most log(100)
  encoder look(p: picture[N...]) -> shared[N...] { return patches(p.pixels, size: 8) |> into(shared) }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  objective nll(caption: caption[B, T], thing: index(Thing)[B]) { return 0 }
  export name(p: picture[B]) -> { hidden: unit float[B, shared], next: Bert.text[B, T + 1] } { return p }
  stage align from Pictures.pretrain(eye) {
    minimize seen on a.train batch 128 + 0.5 * heard on b.train with picture: [shift(2)], q: [] batch 64
    train look, look.layers.*, hear.**.lora.*, **.attention.{qkv,out}.weight, look.layers.{0,2}
    freeze rest
    optimizer adamw(rate: 5e-4)
    steps 3000
    measure recall(seen, at: [1, 5]) on stamps.validation batch 8 every 500
  }
  stage cluster from align {
    fit caption.tokenizer on a.train
    fit look.{a,b}.norm: look(picture) on a.train with picture: [shift(2)] batch 8 passes 2 * 3
    fit units: label(caption) on b.train batch 8 steps 100
  }
}
variant Small = Stamps(width: 64)
migrate from "vit" {
  look.table.weight = transpose(vision.patch.0.1.weight, [1, 0])[0:3] + 1
  each look.layers.* = vision.blocks.* { norm.scale = ln_1.weight each heads.{0,1} { drop a.** } }
  drop vision.head, pooler.**
  fresh head
}
use "other.mm" as Other
`;

function statements(text: string): readonly Statement[] {
  const item = parsed(inBody(text)).items[0];
  if (item?.kind !== 'block') throw new Error('no block');
  return item.body.statements;
}

function expression(text: string): Expr {
  const [first] = statements(`return ${text}`);
  if (first?.kind !== 'return') throw new Error('no return');
  return first.value;
}

/** Every operation in parentheses. */
function grouped(e: Expr): string {
  switch (e.kind) {
    case 'binary':
      return `(${grouped(e.left)} ${e.op} ${grouped(e.right)})`;
    case 'unary':
      return `(${e.op} ${grouped(e.operand)})`;
    case 'when':
      return `(${grouped(e.value)} when ${grouped(e.condition)} else ${grouped(e.otherwise)})`;
    case 'pipe':
      return `(${grouped(e.left)} |> ${grouped(e.right)})`;
    case 'lambda':
      return `(${e.params.map(p => p.text).join(',')} => ${grouped(e.body)})`;
    default:
      return printExpr(e);
  }
}

describe('items and members', () => {
  test('a head is a part, or an objective by what it predicts', () => {
    const file = parsed(
      inModel(
        'head a(h: float[N..., D]) { return h }\nhead b: a(x) -> kind: index(Kind)[B] by cross_entropy()',
      ),
    );
    const [model] = file.items;
    const [part, objective] = model?.kind === 'model' ? model.members : [];
    expect(part?.kind === 'encoder' ? part.role : undefined).toBe('head');
    if (objective?.kind !== 'head') throw new Error('no head');
    expect([printExpr(objective.left), objective.field.name.text, printExpr(objective.by)]).toEqual([
      'a(x)',
      'kind',
      'cross_entropy()',
    ]);
  });

  test('a whole model', () => {
    expect(bare(parsed(stamps))).toMatchSnapshot();
  });

  test('doc comments stand on lines of their own before what they describe', () => {
    const file = parsed(inModel('/// first\n///\n/// third\nspace a(1) /// not this\nspace b(2)'));
    const model = file.items[0];
    const docs = model?.kind === 'model' ? model.members.map(m => m.doc) : [];
    expect(docs).toEqual(['first\n\nthird', undefined]);
  });

  test('an empty file is an empty tree', () => {
    expect(parsed('').items).toEqual([]);
    expect(parsed('\uFEFF// nothing\n').items).toEqual([]);
  });

  test('spans: of names, of whole members, in lines and columns', () => {
    const model = parsed('model M {\r\n\tspace shared(256)\r\n}').items[0];
    const space = model?.kind === 'model' ? model.members[0] : undefined;
    expect(space?.span).toEqual({
      file: 'test.mm',
      start: 12,
      end: 29,
      line: 2,
      column: 2,
      endLine: 2,
      endColumn: 19,
    });
    expect(space?.kind === 'space' && space.name.span).toMatchObject({
      start: 18,
      end: 24,
      column: 8,
      endColumn: 14,
    });
  });

  test('keywords are names wherever a name stands', () => {
    const file = parsed(
      inModel(`
        modality train: Text(on: by, batch: 3)
        part stage = model(every: 2).steps
        encoder measure(from: train[N...], as: int) -> shared[N...] {
          let with = from.on |> by(version: 1) as block
          repeat at as most { part = part + let }
          return space(if)
        }`),
    );
    expect(file.items).toHaveLength(1);
  });
});

describe('expressions', () => {
  test.each([
    ['a or b and not c == d', '(a or (b and (not (c == d))))'],
    ['a + b * c - d', '((a + (b * c)) - d)'],
    ['a * b / c // d % e @ f', '(((((a * b) / c) // d) % e) @ f)'],
    ['-a ^ b', '(- (a ^ b))'],
    ['a ^ -b ^ c', '(a ^ (- (b ^ c)))'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['-a * b', '((- a) * b)'],
    ['0.3..1 + x', '(0.3 .. (1 + x))'],
    ['(a + b) * c', '((a + b) * c)'],
    ['a < b and b < c', '((a < b) and (b < c))'],
    ['(a < b) == c', '((a < b) == c)'],
    ['x when a else y when b else z', '(x when a else (y when b else z))'],
    ['x + 1 when a and b else -y', '((x + 1) when (a and b) else (- y))'],
    ['x |> f() |> g(1) as n', '((x |> f()) |> g(1) as n)'],
    ['c => x |> f', '(c => (x |> f))'],
    ['a => (b, c) => a + b', '(a => (b,c => (a + b)))'],
    ['(x + y) |> f()', '((x + y) |> f())'],
  ])('%s', (text, wanted) => expect(grouped(expression(text))).toBe(wanted));

  test('postfixes bind tightest, `as` among them', () => {
    expect(expression('norm(x) as a + f.b(c)[0].d as e')).toMatchObject({
      kind: 'binary',
      left: { kind: 'as', name: { text: 'a' }, value: { kind: 'call' } },
      right: { kind: 'as', name: { text: 'e' }, value: { kind: 'field', object: { kind: 'index' } } },
    });
  });

  test('in `repeat` the last `as` names the layers; in parentheses it stays with its call', () => {
    expect(statements('repeat depth - 1 as layers {}')[0]).toMatchObject({
      count: { kind: 'binary' },
      name: { text: 'layers' },
    });
    expect(statements('repeat f(g(x) as y) {}')[0]).toMatchObject({ name: undefined });
  });

  test('index items', () => {
    expect(bare(expression('x[..., :-1, 1:, a:b, :, 0, new, new + 1]'))).toMatchObject({
      items: [
        { kind: 'ellipsis' },
        { kind: 'slice', to: { kind: 'unary' } },
        { kind: 'slice', from: { value: 1 } },
        { kind: 'slice', from: { text: 'a' }, to: { text: 'b' } },
        { kind: 'slice' },
        { kind: 'at', value: { value: 0 } },
        { kind: 'new' },
        { kind: 'at', value: { kind: 'binary' } },
      ],
    });
  });

  test('numbers keep their digits and units; strings their escapes', () => {
    expect(bare(expression('[25ms, 16kHz, 5e-4, 0.50, 1E3s, "a\\"\\\\\\n\\tb"]'))).toMatchObject({
      items: [
        { value: 25, text: '25', unit: 'ms' },
        { value: 16, unit: 'kHz' },
        { value: 5e-4, text: '5e-4' },
        { value: 0.5, text: '0.50' },
        { value: 1000, unit: 's' },
        { value: 'a"\\\n\tb' },
      ],
    });
  });

  test('with: other values in the fields of a record, as tight as a call', () => {
    expect(bare(expression('f(x) with { a, b: 1 }.c'))).toEqual(
      bare(expression('((f(x)) with { a: a, b: 1 }).c')),
    );
    expect(printExpr(expression('-text with {ids:a|>f}'))).toBe('-text with { ids: a |> f }');
    const clause = parsed(inModel('stage s { minimize a on b.c batch 4 with p: [mirror()] steps 3 }'));
    const model = clause.items[0];
    const stage = model?.kind === 'model' ? model.members[0] : undefined;
    const [first] = stage?.kind === 'stage' ? stage.clauses : [];
    const data = first?.kind === 'minimize' ? first.terms[0]?.data : undefined;
    expect(data?.batch?.kind).toBe('number');
    expect(data?.transforms.length).toBe(1);
  });

  test('records: a field alone is short for its own name', () => {
    expect(bare(expression('{ hidden: h, move, }'))).toMatchObject({
      fields: [
        { name: { text: 'hidden' }, value: { text: 'h' } },
        { name: { text: 'move' }, value: { kind: 'name', text: 'move' } },
      ],
    });
  });

  test('a parenthesised expression spans its parentheses', () => {
    expect(expression('(a + b) * c').span).toMatchObject({ column: 8, endColumn: 19 });
  });
});

describe('newlines', () => {
  test('pipes and other operators go on over lines', () => {
    expect(statements('let a = b\n  |> f()\n  |> g()\nreturn a\n  and b')).toHaveLength(2);
  });

  test('a bracket at the start of a line is not a call or an index', () => {
    expect(statements('let a = f\nreturn [1]')).toHaveLength(2);
    expect(bare(expression('[f\n]'))).toMatchObject({ items: [{ kind: 'name' }] });
  });

  test('within parentheses a minus may start a line', () => {
    expect(grouped(expression('(a\n - b)'))).toBe('(a - b)');
  });

  test('a statement may follow another on its line', () => {
    expect(statements('let a = f(x)  let b = a  return b')).toHaveLength(3);
  });

  test('a carried value may be called as a word operator is', () => {
    expect(statements('let y = x\nand = y\nwhen = y')).toHaveLength(3);
  });
});

describe('`//`', () => {
  test.each([
    ['H // 2 + 1', '((H // 2) + 1)'],
    ['(a + b)//c', '((a + b) // c)'],
    ['x[0] // (a)', '(x[0] // a)'],
    ['a  // 2', 'a'],
    ['a // — a remark', 'a'],
    ['a //', 'a'],
    ['f( // the first\n a)', 'f(a)'],
  ])('%s', (text, wanted) => expect(grouped(expression(text))).toBe(wanted));
});

describe('what was called otherwise', () => {
  test('behind each name that weights, calls and callers have', () => {
    const tree = parsed(
      'block f renamed from g(x: float[N]) {\nstate s renamed from t: float = 0\nparam p renamed from a.0.b: float = 0\n' +
        'part q renamed from r = h(3)\nrepeat 2 as layers renamed from blocks { let y = h(x) as last renamed from out |> k }\n}',
    );
    const renamed = (text: string) => ({ renamed: { text } });
    expect(bare(tree)).toMatchObject({
      items: [
        {
          ...renamed('g'),
          body: {
            statements: [
              renamed('t'),
              renamed('a.0.b'),
              renamed('r'),
              { ...renamed('blocks'), body: { statements: [{ values: [{ left: renamed('out') }] }] } },
            ],
          },
        },
      ],
    });
    const members = parsed(
      inModel(
        'encoder a renamed from b() {}\nhead c renamed from d() {}\nhead e renamed from f: g -> h: float by i()\n' +
          'objective j renamed from k() {}\nexport l renamed from m() {}\nalign n renamed from o: p <-> q by r()',
      ),
    );
    expect(bare(members)).toMatchObject({
      items: [{ members: ['b', 'd', 'f', 'k', 'm', 'o'].map(renamed) }],
    });
  });

  test('`renamed`, `migrate`, `each`, `drop` and `fresh` are names too', () => {
    expect(statements('renamed = x as renamed\nmigrate = drop\neach = fresh')).toHaveLength(3);
    const moves = parsed('migrate from "x" { drop.weight = fresh.weight each.a = drop drop fresh }').items[0];
    expect(moves).toMatchObject({ moves: [{ kind: 'give' }, { kind: 'give' }, { kind: 'drop' }] });
  });
});

describe('stages', () => {
  test('`with` and `batch` stand in either order', () => {
    const text = (use: string) => bare(parsed(inStage(`minimize a on d.train ${use}`)));
    expect(text('batch 8 with p: [f()]')).toEqual(text('with p: [f()] batch 8'));
  });

  test('a batch ends before the next term', () => {
    expect(bare(parsed(inStage('minimize a on d.train batch 2 * n + 0.5 * b')))).toMatchObject({
      items: [
        {
          members: [{ clauses: [{ terms: [{ data: { batch: { op: '*' } } }, { weight: { value: 0.5 } }] }] }],
        },
      ],
    });
  });
});
