// Whatever is read, `parse` returns within bounds: no exception, no exhausted stack, no minute of work.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../../src/dsl/render.ts';
import { maxNesting } from '../../../src/dsl/syntax/lex.ts';
import { parse } from '../../../src/dsl/syntax/parse.ts';
import { inBody, inStage } from './support.ts';

function codesOf(text: string): readonly string[] {
  return parse(text, 'test.mm').diagnostics.map(d => d.code);
}

describe('nesting', () => {
  const wrappers: readonly [string, (k: number) => string][] = [
    ['parentheses', k => inBody(`return ${'('.repeat(k)}x${')'.repeat(k)}`)],
    ['calls', k => inBody(`return ${'f('.repeat(k)}x${')'.repeat(k)}`)],
    ['lists', k => inBody(`return ${'['.repeat(k)}x${']'.repeat(k)}`)],
    ['records', k => inBody(`return ${'{a:'.repeat(k)}x${'}'.repeat(k)}`)],
    ['repeats', k => inBody(`${'repeat 3 {'.repeat(k)}${'}'.repeat(k)}`)],
    ['scans', k => inBody(`${'scan a in b {'.repeat(k)}${'}'.repeat(k)}`)],
    ['with', k => inBody(`return ${'x with {a:'.repeat(k)}x${'}'.repeat(k)}`)],
    ['record types', k => `block f(x: ${'{a:'.repeat(k)}int${'}'.repeat(k)}) {}`],
    ['unclosed', k => inBody('(['.repeat(k))],
  ];
  test.each(wrappers)('%s', (_, nest) => {
    expect(codesOf(nest(3000))).toEqual(['nested-too-deep']);
    expect(codesOf(nest(12_000))).toEqual(['nested-too-deep']);
  });
  test.each(wrappers.filter(([name]) => name !== 'unclosed'))('%s up to the limit', (_, nest) => {
    expect(codesOf(nest(maxNesting - 3))).toEqual([]);
  });
});

describe('chains', () => {
  const chains: readonly [string, (k: number) => string][] = [
    ['sums', k => inBody(`return ${'x + '.repeat(k)}x`)],
    ['powers', k => inBody(`return ${'x ^ '.repeat(k)}x`)],
    ['signs', k => inBody(`return ${'- '.repeat(k)}x`)],
    ['not', k => inBody(`return ${'not '.repeat(k)}x`)],
    ['pipes', k => inBody(`return ${'x |> '.repeat(k)}x`)],
    ['choices', k => inBody(`return ${'x when a else '.repeat(k)}x`)],
    ['lambdas', k => inBody(`return ${'a => '.repeat(k)}x`)],
    ['fields', k => inBody(`return x${'.a'.repeat(k)}`)],
    ['calls of calls', k => inBody(`return x${'()'.repeat(k)}`)],
    ['else if', k => inBody(`if a {} ${'else if a {} '.repeat(k)}`)],
  ];
  test.each(chains)('%s', (_, chain) => {
    expect(codesOf(chain(3000))).toEqual(['chain-too-long']);
    expect(codesOf(chain(200))).toEqual([]);
  });
});

describe('size and bytes', () => {
  test('files that are too large', () => {
    expect(codesOf('x '.repeat(5_000_000))).toEqual(['file-too-large']);
    expect(codesOf('x='.repeat(400_000))).toEqual(['file-too-large']);
  });

  test('binary data', () => {
    expect(codesOf('model M {\0}')).toEqual(['not-text']);
  });

  test.each([
    '{',
    '}',
    '"',
    '#\n',
    '/*',
    'é€',
    'model A {',
    'let x 3\n',
    '//',
    'modalty x\n',
    ';',
    "'",
    '\\',
  ])('many of %j', sign => {
    const start = performance.now();
    parse(sign.repeat(Math.floor(100_000 / sign.length)), 'test.mm');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('patterns', () => {
    expect(codesOf(inStage(`train ${'a.**'.repeat(3000)}`))).toEqual([]);
  });
});

const valid = `
model Stamps(width: int = 192) version "1.0.0" {
  modality picture: Image(height: 64, width: 64)
  labels Tag { O, B_PER }
  encoder look(p: picture[N...]) -> { a: shared[N...], b: float } {
    param w: float[In, out] = normal(0.02) at least 0 at most 4
    let x, y = patches(p.pixels[..., :-1, new], size: 8) |> into(shared) as n
    repeat depth as layers { x = x + f(c => -x ^ 2, { a, b: 3ms }) }
    if a == b and not c { return x when learning else y } else { require T // 2 <= max }
  }
  align seen: look(picture) <-> read(caption) by infonce()
  stage align from Other.pre {
    minimize seen + 0.5 * heard on stamps.train batch 128 with picture: [crop(0.3..1)]
    train look, **.{a,b}.*
    measure recall(seen, at: [1, 5]) on stamps.validation every 500
  }
}`;

/** Parses and renders; every span must lie in the text and every line be there. */
function survives(text: string): boolean {
  const { diagnostics } = parse(text, 'test.mm');
  renderDiagnostics(diagnostics, new Map([['test.mm', text]]), { color: false });
  return diagnostics.every(
    ({ span }) =>
      span !== undefined &&
      span.start >= 0 &&
      span.end <= text.length &&
      span.start <= span.end &&
      span.line >= 1 &&
      span.line <= text.split(/\r\n|\n|\r/).length,
  );
}

describe('properties', () => {
  test('a file cut off anywhere is an error, never more', () => {
    for (let end = 1; end < valid.length - 1; end++) {
      const text = valid.slice(0, end);
      expect(survives(text)).toBe(true);
      if (text.trim() !== '') expect(codesOf(text)).not.toEqual([]);
    }
  });

  test('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), survives), { numRuns: 300 });
  });

  test('any sequence of the language’s own words and signs', () => {
    const words = [...new Set(valid.match(/[A-Za-z_]+|[^\sA-Za-z_]|\n/g))];
    const soup = fc.array(fc.constantFrom(...words, '"a"', '|>', '->', '<->', '=>', '//', '...', ' '), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(soup, list => survives(list.join(' '))),
      { numRuns: 500 },
    );
  });

  test('a valid file with pieces cut out, doubled and moved', () => {
    const at = fc.nat(valid.length - 1);
    const edit = fc.tuple(at, fc.nat(12), at, fc.constantFrom('cut', 'copy', 'break'));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), edits => {
        let text = valid;
        for (const [from, length, to, how] of edits) {
          const piece = how === 'break' ? '}\n(' : text.slice(from, from + length);
          if (how === 'cut') text = text.slice(0, from) + text.slice(from + length);
          else text = text.slice(0, to) + piece + text.slice(to);
        }
        return survives(text);
      }),
      { numRuns: 500 },
    );
  });
});
