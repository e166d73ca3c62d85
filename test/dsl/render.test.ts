// What a person and a tool see of a diagnostic, character by character.
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import type { Span } from '../../src/base/span.ts';
import { diagnosticJson, renderDiagnostic } from '../../src/dsl/render.ts';

const spec = `model Stamps {
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 192) |> mean(axis: -2)
  }
\tspace größe(2)
}`;
const std =
  'block mean(x: float[N..., T, D], axis: int) -> float[N..., D] {\n  return sum(x, axis) / count(x)\n}';
const sources = new Map([
  ['specs/stamps.mm', spec],
  ['std/mean.mm', std],
]);

/** The first place of a piece of text in a source. */
function at(file: string, piece: string, text = sources.get(file) ?? ''): Span {
  const start = text.indexOf(piece);
  const before = text.slice(0, start).split('\n');
  const inside = piece.split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  return {
    file,
    start,
    end: start + piece.length,
    line: before.length,
    column,
    endLine: before.length + inside.length - 1,
    endColumn: (inside.length === 1 ? column : 1) + (inside.at(-1) ?? '').length,
  };
}

function diagnostic(parts: Partial<Diagnostic>): Diagnostic {
  return {
    code: 'broken-promise',
    severity: 'error',
    message: 'read promises a place in shared and returns something else',
    span: undefined,
    related: [],
    notes: [],
    ...parts,
  };
}

const render = (parts: Partial<Diagnostic>, texts: ReadonlyMap<string, string> = sources): string =>
  renderDiagnostic(diagnostic(parts), texts, { color: false });

describe('text', () => {
  test('both sides of a mismatch in one excerpt, in the order of lines', () => {
    expect(
      render({
        span: at('specs/stamps.mm', 'embedding(c.ids, width: 192) |> mean(axis: -2)'),
        label: 'returned: float[N..., 192]',
        related: [
          { span: at('specs/stamps.mm', 'shared[N...]'), message: 'promised: unit float[N..., shared]' },
        ],
        notes: ['192 comes from width: 192 of embedding'],
        help: 'end with |> into(shared)',
      }),
    ).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ specs/stamps.mm:3:12
       2│   encoder read(c: caption[N..., T]) -> shared[N...] {
        │                                        ------------ promised: unit float[N..., shared]
       3│     return embedding(c.ids, width: 192) |> mean(axis: -2)
        │            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ returned: float[N..., 192]
        │   192 comes from width: 192 of embedding
        help: end with |> into(shared)"
    `);
  });

  test('an error in a block names the calls that led there', () => {
    const call = at('specs/stamps.mm', 'mean(axis: -2)');
    expect(
      render({ span: { ...at('std/mean.mm', 'sum(x, axis)'), via: call }, label: 'no such axis' }),
    ).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ std/mean.mm:2:10
       2│   return sum(x, axis) / count(x)
        │          ^^^^^^^^^^^^ no such axis
        ┌─ called from specs/stamps.mm:3:44
       3│     return embedding(c.ids, width: 192) |> mean(axis: -2)
        │                                            --------------"
    `);
  });

  test('a place in another file gets an excerpt of its own; far lines a gap between', () => {
    expect(
      render({
        span: at('specs/stamps.mm', 'Stamps'),
        related: [
          { span: at('std/mean.mm', 'axis: int'), message: 'declared here' },
          { span: at('specs/stamps.mm', 'größe'), message: 'and here' },
        ],
      }),
    ).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ specs/stamps.mm:1:7
       1│ model Stamps {
        │       ^^^^^^
        ·
       5│     space größe(2)
        │           ----- and here
        ┌─ std/mean.mm:1:34
       1│ block mean(x: float[N..., T, D], axis: int) -> float[N..., D] {
        │                                  --------- declared here"
    `);
  });

  test('a span over several lines shows its first and its last', () => {
    const whole = '-> shared[N...] {\n    return embedding(c.ids, width: 192) |> mean(axis: -2)\n  }';
    expect(render({ span: at('specs/stamps.mm', whole), label: 'this encoder' })).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ specs/stamps.mm:2:37
       2│   encoder read(c: caption[N..., T]) -> shared[N...] {
        │                                     ^^^^^^^^^^^^^^^^^
       3│     return embedding(c.ids, width: 192) |> mean(axis: -2)
       4│   }
        │   ^ this encoder"
    `);
  });

  test('two places on one line', () => {
    expect(
      render({
        span: at('specs/stamps.mm', 'mean(axis: -2)'),
        label: 'here',
        related: [{ span: at('specs/stamps.mm', 'width: 192'), message: 'from here' }],
      }),
    ).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ specs/stamps.mm:3:44
       3│     return embedding(c.ids, width: 192) |> mean(axis: -2)
        │                             ---------- from here
        │                                            ^^^^^^^^^^^^^^ here"
    `);
  });

  test('long lines are cut around the place', () => {
    const text = `let x = ${'abcdefghi + '.repeat(30)}WRONG + ${'abcdefghi + '.repeat(30)}1`;
    const long = new Map([['a.mm', text]]);
    const out = render({ span: at('a.mm', 'WRONG', text), label: 'this' }, long);
    expect(out).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ a.mm:1:369
       1│ …hi + abcdefghi + abcdefghi + WRONG + abcdefghi + abcdefghi + abcdefghi + abcdefghi + abcdefghi + abcdefg…
        │                               ^^^^^ this"
    `);
    expect(Math.max(...out.split('\n').map(l => [...l].length))).toBeLessThanOrEqual(110);
  });

  test('tabs and wide signs stand where they are shown; control signs are not obeyed', () => {
    const text = '\tlet 🙂 = "\u001b[31m" + bad';
    expect(
      render({ span: at('a.mm', 'bad', text), message: 'a \u001b[2J' }, new Map([['a.mm', text]])),
    ).toMatchInlineSnapshot(`
      "error[broken-promise]: a �[2J
        ┌─ a.mm:1:21
       1│     let 🙂 = "�[31m" + bad
        │                       ^^^"
    `);
  });

  test('without the source, or without a place', () => {
    expect(
      render({ span: at('specs/stamps.mm', 'Stamps'), label: 'this' }, new Map()),
    ).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ specs/stamps.mm:1:7
        │   1: this"
    `);
    expect(render({ help: 'free some space' })).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        help: free some space"
    `);
  });

  test('an empty place behind the last character is still marked', () => {
    const end = { file: 'a.mm', start: 3, end: 3, line: 1, column: 4, endLine: 1, endColumn: 4 };
    expect(render({ span: end }, new Map([['a.mm', 'f(a']]))).toMatchInlineSnapshot(`
      "error[broken-promise]: read promises a place in shared and returns something else
        ┌─ a.mm:1:4
       1│ f(a
        │    ^"
    `);
  });

  test('colours only where wanted', () => {
    const colored = renderDiagnostic(diagnostic({ span: at('specs/stamps.mm', 'Stamps') }), sources, {
      color: true,
    });
    expect(colored).toContain('\u001b[31m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes are what is taken out
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(render({ span: at('specs/stamps.mm', 'Stamps') }));
  });
});

describe('JSON', () => {
  test('has the keys that tools rely on', () => {
    expect(
      diagnosticJson(
        diagnostic({
          span: at('specs/stamps.mm', 'mean(axis: -2)'),
          label: 'returned',
          related: [{ span: at('specs/stamps.mm', 'shared[N...]'), message: 'promised' }],
          help: 'do this',
        }),
      ),
    ).toEqual({
      file: 'specs/stamps.mm',
      line: 3,
      column: 44,
      endLine: 3,
      endColumn: 58,
      severity: 'error',
      code: 'broken-promise',
      message: 'read promises a place in shared and returns something else',
      help: 'do this',
      related: [
        { file: 'specs/stamps.mm', line: 2, column: 40, message: 'promised' },
        { file: 'specs/stamps.mm', line: 3, column: 44, message: 'returned' },
      ],
    });
  });

  test('an error inside a block is placed at the call of the user', () => {
    const call = at('specs/stamps.mm', 'mean(axis: -2)');
    const json = diagnosticJson(diagnostic({ span: { ...at('std/mean.mm', 'sum(x, axis)'), via: call } }));
    expect(json).toMatchObject({ file: 'specs/stamps.mm', line: 3, help: null });
    expect(json.related).toEqual([{ file: 'std/mean.mm', line: 2, column: 10, message: 'here' }]);
  });

  test('without a place', () => {
    expect(diagnosticJson(diagnostic({}))).toMatchObject({ file: null, line: null, column: null });
  });
});
