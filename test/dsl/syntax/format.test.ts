// The formatter: its layout, what it does with comments, and that it changes neither meaning nor its own output.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { format } from '../../../src/dsl/syntax/format.ts';
import { lex } from '../../../src/dsl/syntax/lex.ts';
import { sameTree } from '../../../src/dsl/syntax/same-tree.ts';
import { bare, inBody, inModel, inStage, parsed } from './support.ts';

function formatted(text: string): string {
  const { value, diagnostics } = format(text, 'test.mm');
  expect(diagnostics.map(d => d.message)).toEqual([]);
  return value ?? '';
}

const files = ['specs', 'src/dsl/std', 'examples', 'test'].flatMap(folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.mm'))
    .map(name => `${folder}/${name}`),
);

test.each(files)('%s is formatted', file => {
  const text = readFileSync(file, 'utf8');
  expect(formatted(text)).toBe(text);
});

/** Formats to the second text, or to itself; and that stays as it is. */
function expectForm(text: string, form = text): void {
  expect(formatted(text)).toBe(form);
  expect(formatted(form)).toBe(form);
}

const statements = (...lines: readonly string[]): string =>
  `block f(x: float[N]) {\n${lines.map(l => (l === '' ? '\n' : `  ${l}\n`)).join('')}}\n`;
const clauses = (...lines: readonly string[]): string =>
  `model M {\n  stage s {\n${lines.map(l => `    ${l}\n`).join('')}  }\n}\n`;
const name = (length: number): string => 'n'.repeat(length);

describe('layout', () => {
  test('spaces, parentheses that the grammar needs, and those that show what belongs together', () => {
    expectForm(
      inBody('let a=((b))+c*d  let e=(a+b)-(c)  return(a*b)//c'),
      statements('let a = b + c * d', 'let e = (a + b) - c', 'return (a * b) // c'),
    );
  });

  test('a scan with all that it may have, its body on the line where it was and fits', () => {
    expectForm(
      inBody('scan a,b in x,f(y)along-1 reverse{collect c:a}'.replace(':', '=')),
      statements('scan a, b in x, f(y) along -1 reverse { collect c = a }'),
    );
    expectForm(statements('// before', 'scan a in x {  // behind', '  h = a', '  // last', '}'));
  });

  test('migrations have a move a line, and renames stand behind their name', () => {
    expectForm(
      'migrate from "x"{a.b=c.0.1.d  // why\neach e.*=f.* {g=h}drop i , j.{k}\n\n// new\nfresh l}',
      'migrate from "x" {\n  a.b = c.0.1.d  // why\n  each e.* = f.* {\n    g = h\n  }\n  drop i, j.{k}\n\n  // new\n  fresh l\n}\n',
    );
    expectForm(
      inModel('part a  renamed  from b.c = d(1) as e renamed from f\nexport g renamed from h(){ return 1 }'),
      'model M {\n  part a renamed from b.c = d(1) as e renamed from f\n  export g renamed from h() { return 1 }\n}\n',
    );
  });

  test('parameters one a line where they do not fit', () => {
    const [a, b] = [name(45), name(45)];
    expectForm(
      `block f(${a}: int, ${b}: int = 3) -> float { return 1 }`,
      `block f(\n  ${a}: int,\n  ${b}: int = 3,\n) -> float { return 1 }\n`,
    );
    expectForm(
      `block f(x: int,\n) -> {${a}: float, ${b}: float,} {}`,
      `block f(x: int) -> {\n  ${a}: float,\n  ${b}: float,\n} {}\n`,
    );
  });

  test('calls: on the line, on one line of their own, one argument a line', () => {
    const [a, b] = [name(42), name(42)];
    expectForm(
      inBody(`return f(x, ${a} + 1, ${b}) as part`),
      statements('return f(', `  x, ${a} + 1, ${b}`, ') as part'),
    );
    expectForm(
      inBody(`return f(g(x), ${a}: 1 + 2, ${b}: 30 + 40)\n|> g()`),
      statements('return f(', '  g(x),', `  ${a}: 1 + 2,`, `  ${b}: 30 + 40,`, ') |> g()'),
    );
  });

  test('numbers and names fill their lines', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => 100 + i);
    const made = formatted(inBody(`return [${numbers.join(',')}]`));
    expect(made.split('\n').length).toBe(8);
    expectForm(made);
  });

  test('pipes break where they did and where they must', () => {
    expectForm(inBody('return x |> a()\n|> b() |> c()'), statements('return x |> a()', '    |> b() |> c()'));
    const [a, b] = [name(40), name(40)];
    expectForm(
      inBody(`return x |> ${a}() |> ${b}() |> last()`),
      statements(`return x |> ${a}()`, `    |> ${b}() |> last()`),
    );
  });

  test('operators end their line, whose minus would begin something new', () => {
    const [a, b] = [name(50), name(50)];
    expectForm(inBody(`return ${a}(x) - ${b}`), statements(`return ${a}(x) -`, `    ${b}`));
    expectForm(
      inBody(`return ${a} when ${b} else x`),
      statements(`return ${a}`, `    when ${b}`, '    else x'),
    );
  });

  test('a sum breaks in the call that ends it', () => {
    const a = name(80);
    expectForm(
      inBody(`x = x + f(${a}(x), rate: 1) as drop`),
      statements('x = x + f(', `  ${a}(x), rate: 1`, ') as drop'),
    );
  });

  test('one clause a line, the augmentation of each field below the first', () => {
    expectForm(
      inStage('minimize a on d.train with p: [f(1)] batch 3 train all steps 3'),
      clauses('minimize a on d.train batch 3 with p: [f(1)]', 'train all', 'steps 3'),
    );
    const [a, b] = [name(40), name(40)];
    expectForm(
      inStage(`minimize a on d.train batch 3 with p: [${a}(1)], q: [${b}(2)]`),
      clauses('minimize a on d.train batch 3', `  with p: [${a}(1)],`, `       q: [${b}(2)]`),
    );
    expectForm(
      inStage(`minimize ${a} on d.train batch 3 + 0.5 * ${b} on e.train batch 4`),
      clauses(`minimize ${a} on d.train batch 3`, `    + 0.5 * ${b} on e.train batch 4`),
    );
  });

  test('a fit on one line, else its data and its length below', () => {
    expectForm(
      inStage('fit a.tokenizer on d.train fit b : f(x)\n on d.train\n batch 3\n passes 2'),
      clauses('fit a.tokenizer on d.train', 'fit b: f(x) on d.train batch 3 passes 2'),
    );
    const [a, b] = [name(40), name(40)];
    expectForm(
      inStage(`fit ${a}: ${b}(x) on d.train batch 3 passes 2`),
      clauses(`fit ${a}: ${b}(x)`, '    on d.train batch 3', '    passes 2'),
    );
  });

  test('short bodies stay on their line where they were and fit', () => {
    expectForm('block f(x: int) -> int { return x }\n');
    expectForm('block f(x: int) -> int {\n  return x\n}\n');
    expectForm('block f() { let x = 1 return x }', 'block f() {\n  let x = 1\n  return x\n}\n');
    const a = name(85);
    expectForm(`block f() { return ${a}(x) }`, `block f() {\n  return ${a}(x)\n}\n`);
    expectForm(
      inBody('if a { return b } else { return c }'),
      statements('if a { return b } else { return c }'),
    );
    expectForm(
      inBody('if a { return b } else {\nreturn c }'),
      statements('if a {', '  return b', '} else {', '  return c', '}'),
    );
  });

  test('at most one empty line, one between items, none at the ends of bodies', () => {
    expectForm(
      '\n\nuse "a" as A\nuse "b" as B\nblock f() {\n\n\nlet x = 1\n\n\n\nreturn x\n\n}\nblock g() {}\n\n\n',
      'use "a" as A\nuse "b" as B\n\nblock f() {\n  let x = 1\n\n  return x\n}\n\nblock g() {}\n',
    );
    expectForm('');
    expectForm('\n \n', '');
  });

  test('line ends stay those of the file', () => {
    expect(formatted('block f() {\r\nreturn 1\r\n}')).toBe('block f() {\r\n  return 1\r\n}\r\n');
  });
});

describe('comments', () => {
  test('stay where they stand', () => {
    expectForm(
      [
        '// about the file',
        '',
        '/// A block.',
        'block f(',
        '  x: float[N],  // what comes in',
        '  // how often',
        '  times: int = 3,',
        '  // nothing else',
        ') -> float[N] {  // the signature',
        '  // first',
        '',
        '  // second',
        '  let y = x  // a copy',
        '  return y |> g()',
        '      // then',
        '      |> h(  // with',
        '        a,  // one',
        '        b,',
        '        // and no more',
        '      )',
        '  // the end of the body',
        '}',
        '',
        '// the end of the file',
        '',
      ].join('\n'),
    );
  });

  test('that nothing can hold stand above, those behind the end of something at its end', () => {
    expectForm(
      inBody('let a = // why\n b(c,\n d)  // because\n'),
      statements('// why', 'let a = b(c, d)  // because'),
    );
    expectForm(
      inBody('let a = b +  // one\nc  // two\n'),
      statements('let a = b +  // one', '    c  // two'),
    );
  });

  test('two spaces keep them from being divisions', () => {
    expectForm(inBody('let a = f(b, // word\nc)'), statements('let a = f(', '  b,  // word', '  c,', ')'));
  });

  test('a doc comment that is moved documents nothing new', () => {
    const text = inModel('part a =\n/// about b\nlinear(3) /// and this\n\npart b = linear(4)');
    const form = 'model M {\n  // about b\n  part a = linear(3)  /// and this\n\n  part b = linear(4)\n}\n';
    expectForm(text, form);
    expect(bare(parsed(form))).toEqual(bare(parsed(text)));
  });

  test('empty places', () => {
    expectForm('block f() {\n  // nothing yet\n}\n');
    expectForm('model M {  // nothing yet\n}\n');
    expectForm('// only this\n');
  });
});

test('a file with errors has no form, and says why', () => {
  const { value, diagnostics } = format('block f( {', 'test.mm');
  expect(value).toBeUndefined();
  expect(diagnostics.length).toBeGreaterThan(0);
});

test('trees that differ are told apart', () => {
  expect(sameTree(parsed('block f() { return 1 }'), parsed('block f() {\n return (1) }'))).toBe(true);
  expect(sameTree(parsed('block f() { return 1 }'), parsed('block f() { return 2 }'))).toBe(false);
  expect(sameTree(parsed('block f() {}'), parsed('/// a\nblock f() {}'))).toBe(false);
});

// ── Real files, with comments, line breaks and empty lines anywhere

/** Every construct once. */
const everything = `use "other.mm" as Other
use "more.mm" as More

/// A model.
model M(width: int = 4, rates: list = [1, 2.5, width]) version "1.0.0" {
  modality text: Text(tokenizer: bpe(260), length: 8)
  space joint(width // 2)
  vocabulary unit(500)
  labels Tag { O, B_PER, I_PER }
  labels Thing(10)
  modality said = Other(width: 4).text
  space meaning = Other.joint
  vocabulary sound = Other.unit
  labels Kind = Other.Kind
  adapt read by lora(rank: 8, alpha: 16) on **.attention.{query,value}.weight, embedding
  part words = embedding(width: 8)
  /// A weight.
  param scale: unit float[4, joint] = normal(0.02) at least 0.1 at most 4
  encoder read(t: text[N..., T], on: bool = true) -> { a: index(Tag)[N..., T], b: float } {
    require T % 2 == 0 and not (T > 8 or on)
    let a, b = x[..., :-1, 0, new], { c: y, d }
    repeat width as layers {
      param bias: float = zeros()
      x = x + bias * -(a - b) ^ 2 // 3
      x = gelu(x) |> Other.look(8) as eye |> norm()
    }
    if on { return a } else if T == 1 { return b } else { return f(c => g(c), (d, e) => d) }
  }
  align seen: look(picture) <-> read(text) by infonce(scale: 1, max: width)
  stage first {
    minimize 0.5 * a on d.train batch 4 with text: [drop(0.1), shuffle()], p: [crop(0.3..1)] + b
    train words, read.**.{a, b}.3, all
    freeze rest
    optimizer adamw(rate: cosine(peak: 1e-3, warmup: 5), clip: 1)
    steps 100 when on else 200
    measure recall(seen, at: [1, 5]) on d.test every 10
  }
  stage second from Other.first(eye) { steps 3 }
  export name(t: text[B, T]) -> index(Tag)[B, T] { return read(t).a }
}

/// Another.
model N(rank: int = 8) extends Other.M(width: 3) version "1.1.0" {
  stage third from first, Other.second(eye) { steps 3 }
}

variant small = M(width: 2, rates: [])
variant large = M(width: 200, rates: [1, 2])
`;
const texts = [everything, ...files.map(f => readFileSync(f, 'utf8'))];
/** What can be put between two tokens; `#` becomes a number of its own. */
const pieces = [
  ' // c#\n',
  '  // c#\n\n',
  '\n// c#\n',
  '\n\n\n// c#\n// c#\n',
  '\n/// c#\n',
  ' /// c#\n',
  '\n',
  '\n\n\n',
  ' ',
];

function mutated(text: string, changes: readonly (readonly [number, number])[]): string {
  const tokens = lex(text, 'test.mm').value?.tokens ?? [];
  const at = new Map(changes.map(([share, piece]) => [Math.floor((share * tokens.length) / 10_000), piece]));
  let [out, end, number] = ['', 0, 0];
  for (const [i, token] of tokens.entries()) {
    const piece = at.get(i);
    const gap = text.slice(end, token.startOffset);
    // A line break there would end the statement.
    const stays = piece === undefined || ['(', '[', '-'].includes(token.image);
    out += stays ? gap : gap + (pieces[piece] as string).replace(/#/g, () => `${number++}`);
    out += token.image;
    end = token.startOffset + token.image.length;
  }
  return out + text.slice(end);
}

const commentsOf = (text: string): readonly string[] => {
  const read = lex(text, 'test.mm').value;
  return [...(read?.docs ?? []), ...(read?.comments ?? [])]
    .sort((a, b) => a.startOffset - b.startOffset)
    .map(c => c.image.replace(/^\/+/, '').trim());
};

test('every construct is read', () => {
  expectForm(formatted(everything));
});

test('comments anywhere: all survive in order, the tree is the same, and the form is final', () => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(everything), fc.constantFrom(...texts)),
      fc.array(fc.tuple(fc.nat(9999), fc.nat(pieces.length - 1)), {
        minLength: 1,
        maxLength: 12,
      }),
      (text, changes) => {
        const source = mutated(text, changes);
        const { value, diagnostics } = format(source, 'test.mm');
        if (value === undefined) {
          expect(diagnostics.length).toBeGreaterThan(0);
          return;
        }
        read += 1;
        expect(bare(parsed(value))).toEqual(bare(parsed(source)));
        expect(commentsOf(value)).toEqual(commentsOf(source));
        expect(formatted(value)).toBe(value);
      },
    ),
    { numRuns: 400 },
  );
  expect(read).toBeGreaterThan(100);
});

test('pieces of files, cut and put together anywhere', () => {
  const piece = fc
    .tuple(fc.constantFrom(...texts), fc.nat(3000), fc.nat(400))
    .map(([text, start, length]) => text.slice(start, start + length));
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(everything), fc.constant('')),
      fc.nat(1500),
      piece,
      (text, at, inserted) => {
        const source = text.slice(0, at) + inserted + text.slice(at);
        const { value, diagnostics } = format(source, 'test.mm');
        if (value === undefined) expect(diagnostics.length).toBeGreaterThan(0);
        else expect(formatted(value)).toBe(value);
      },
    ),
    { numRuns: 300 },
  );
});

test('long and deep files are formatted in time', () => {
  const nested = `block f() { return ${'('.repeat(90)}x + ${'f('.repeat(9)}1${')'.repeat(99)} }`;
  expect(formatted(nested)).toContain('1');
  const long =
    `block f(x: float) { ${'let y = x + 1 // 2 |> f(a: [1, 2], b: { c: 3 }) '.repeat(4000)} }`.replaceAll(
      'x + 1 // 2',
      'x',
    );
  const started = performance.now();
  expect(formatted(long).split('\n').length).toBe(4003);
  expect(performance.now() - started).toBeLessThan(20_000);
});
