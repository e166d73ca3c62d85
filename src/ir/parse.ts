// Reads the printed form of a graph (print.ts). Types come from the text; verify.ts says whether they are right.

import { type DiagnosticRule, defineDiagnostics, type Result } from '../base/diagnostic.ts';
import { type Dim, type DimRole, dimAdd, dimFloorDiv, dimMul, dimSymbol } from '../base/dim.ts';
import type { DType } from '../base/dtype.ts';
import type { Span } from '../base/span.ts';
import type { Attr, Attrs, Graph, GraphInput, GraphOutput, InputRole, Node, TensorType } from './graph.ts';
import { type GraphToken, tokenize } from './tokens.ts';

const diagnostic = defineDiagnostics({
  'graph-syntax': {
    severity: 'error',
    message: p => `expected ${p.expected}, found ${p.found}`,
  } as DiagnosticRule<{ readonly expected: string; readonly found: string }>,
});

/** Reads a graph, or says where the text stops being one. */
export function parse(text: string, file = 'graph'): Result<Graph> {
  const reader = createReader(tokenize(text));
  try {
    return { value: graphFile(reader), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    const { token, expected } = error;
    const found = token.kind === 'end' ? 'the end' : token.text.slice(0, 40);
    const span = spanAt(text, file, token);
    return { value: undefined, diagnostics: [diagnostic('graph-syntax', { expected, found }, { span })] };
  }
}

class Unexpected extends Error {
  constructor(
    readonly token: GraphToken,
    readonly expected: string,
  ) {
    super(`expected ${expected}`);
  }
}

function spanAt(text: string, file: string, token: GraphToken): Span {
  const before = text.slice(0, token.start).split('\n');
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  const end = token.start + token.text.length;
  return {
    file,
    start: token.start,
    end,
    line,
    column,
    endLine: line,
    endColumn: column + token.text.length,
  };
}

interface Reader {
  readonly peek: () => GraphToken;
  readonly next: () => GraphToken;
  /** Takes the next token where it is this text. */
  readonly accept: (text: string) => boolean;
  readonly expect: (text: string) => void;
  readonly word: (expected: string) => string;
  readonly oneOf: <T extends string>(choices: readonly T[], expected: string) => T;
  readonly string: () => string;
  readonly number: () => number;
  readonly value: () => number;
  readonly list: <T>(close: string, item: () => T) => readonly T[];
  /** Guards against nesting deep enough to exhaust the stack. */
  readonly nested: <T>(read: () => T) => T;
  readonly dims: Map<string, Dim>;
}

const deepest = 100;

function createReader(tokens: readonly GraphToken[]): Reader {
  let at = 0;
  let depth = 0;
  const peek = (): GraphToken => tokens[at]!;
  const next = (): GraphToken => {
    const token = peek();
    if (token.kind !== 'end') at++;
    return token;
  };
  const take = (kind: GraphToken['kind'], expected: string): string => {
    const token = next();
    if (token.kind !== kind) throw new Unexpected(token, expected);
    return token.text;
  };
  const accept = (text: string): boolean => {
    if (peek().text !== text || peek().kind === 'string') return false;
    at++;
    return true;
  };
  const expect = (text: string): void => {
    const token = peek();
    if (!accept(text)) throw new Unexpected(token, `'${text}'`);
  };
  const word = (expected: string): string =>
    peek().kind === 'string' ? (JSON.parse(next().text) as string) : take('word', expected);
  return {
    peek,
    next,
    accept,
    expect,
    word,
    oneOf: (choices, expected) => {
      const token = next();
      const found = choices.find(c => c === token.text);
      if (found === undefined) throw new Unexpected(token, expected);
      return found;
    },
    string: () => JSON.parse(take('string', 'a string')) as string,
    number: () => Number(take('number', 'a number')),
    value: () => Number(take('value', 'a value').slice(1)),
    list: (close, item) => {
      const items: ReturnType<typeof item>[] = [];
      if (accept(close)) return items;
      do items.push(item());
      while (accept(','));
      expect(close);
      return items;
    },
    nested: read => {
      if (++depth > deepest) throw new Unexpected(peek(), `nesting of at most ${deepest}`);
      const result = read();
      depth--;
      return result;
    },
    dims: new Map(),
  };
}

function graphFile(r: Reader): Graph {
  while (r.accept('dim')) {
    const name = r.word('the name of a dim');
    r.expect(':');
    const role = r.oneOf<DimRole>(['config', 'data', 'pack', 'nominal', 'formal'], 'the role of a dim');
    const [id, shown] = [r.string(), r.string()];
    const max = r.accept('max') ? { max: r.number() } : {};
    const size = r.accept('size') ? { size: r.number() } : {};
    r.dims.set(name, dimSymbol({ id, name: shown, role, ...max, ...size }));
  }
  r.expect('graph');
  const graph = graphBody(r);
  if (r.peek().kind !== 'end') throw new Unexpected(r.peek(), 'the end');
  return graph;
}

function graphBody(r: Reader): Graph {
  const name = r.word('the name of a graph');
  const inputs: GraphInput[] = [];
  const nodes: Node[] = [];
  const outputs: GraphOutput[] = [];
  const types: TensorType[] = [];
  let defined = 0;
  const define = (id: number, type: TensorType): number => {
    types[id] = type;
    defined++;
    return id;
  };
  r.expect('{');
  while (!r.accept('}')) {
    const token = r.peek();
    if (r.accept('input')) {
      const id = r.value();
      const inputName = r.string();
      const role = r.oneOf<InputRole>(
        ['feed', 'scalar', 'weight', 'state', 'moment'],
        'the role of an input',
      );
      r.expect(':');
      inputs.push({ id: define(id, tensorType(r)), name: inputName, role });
    } else if (token.text === 'fetch' || token.text === 'next') {
      const role = r.oneOf(['fetch', 'next'], 'a role');
      outputs.push({ name: r.string(), id: r.value(), role });
    } else {
      nodes.push(node(r, define));
    }
  }
  // Ids count from 0 without holes, so that a text cannot ask for an enormous table.
  if (types.length !== defined) throw new Unexpected(r.peek(), `values numbered from %0 to %${defined - 1}`);
  return { name, inputs, nodes, outputs, types };
}

function node(r: Reader, define: (id: number, type: TensorType) => number): Node {
  const outputs: number[] = [];
  do {
    const id = r.value();
    r.expect(':');
    outputs.push(define(id, tensorType(r)));
  } while (r.accept(','));
  r.expect('=');
  const op = r.word('the name of an op');
  r.expect('(');
  const inputs = r.list(')', r.value);
  const attrs: Attrs = r.accept('{')
    ? Object.fromEntries(
        r.list('}', () => {
          const key = r.word('the name of an attribute');
          r.expect(':');
          return [key, attr(r)] as const;
        }),
      )
    : {};
  const span = spanChain(r);
  const regions: Graph[] = [];
  while (r.accept('graph')) regions.push(r.nested(() => graphBody(r)));
  return { op, inputs, outputs, attrs, regions, span };
}

function spanChain(r: Reader): Span | undefined {
  const token = r.peek();
  if (token.kind !== 'span') return undefined;
  r.next();
  const parts = /^[@<] (.*):(\d+):(\d+)-(\d+):(\d+) \[(\d+)-(\d+)\]$/s.exec(token.text);
  if (parts === null) throw new Unexpected(token, 'a place');
  const [, file, line, column, endLine, endColumn, start, end] = parts;
  const via = r.peek().text.startsWith('<') ? r.nested(() => spanChain(r)) : undefined;
  return {
    file: file!.startsWith('"') ? (JSON.parse(file!) as string) : file!,
    start: Number(start),
    end: Number(end),
    line: Number(line),
    column: Number(column),
    endLine: Number(endLine),
    endColumn: Number(endColumn),
    ...(via === undefined ? {} : { via }),
  };
}

function tensorType(r: Reader): TensorType {
  const dtype = r.oneOf<DType>(['f32', 'f16', 'bf16', 'i32', 'bool'], 'a dtype');
  r.expect('[');
  return { dtype, shape: r.list(']', () => dim(r)) };
}

function dim(r: Reader): Dim {
  let sum: Dim = term(r);
  while (r.accept('+')) sum = dimAdd(sum, term(r));
  return sum;
}

function term(r: Reader): Dim {
  let product: Dim = factor(r);
  while (r.accept('*')) product = dimMul(product, factor(r));
  return product;
}

function factor(r: Reader): Dim {
  if (r.peek().kind === 'number') return r.number();
  if (r.accept('(')) {
    return r.nested(() => {
      const numerator = dim(r);
      const exact = r.oneOf(['//', '/'], "'/' or '//'") === '/';
      const denominator = dim(r);
      r.expect(')');
      return dimFloorDiv(numerator, denominator, exact);
    });
  }
  const token = r.next();
  const known = r.dims.get(token.text);
  if (token.kind !== 'word' || known === undefined) throw new Unexpected(token, 'a dim');
  return known;
}

function attr(r: Reader): Attr {
  const token = r.peek();
  if (token.kind === 'number') return r.number();
  if (token.kind === 'string') return r.string();
  if (r.accept('true')) return true;
  if (r.accept('false')) return false;
  r.expect('[');
  if (r.peek().kind === 'string') return r.list(']', r.string);
  if (r.peek().text !== '[') return r.list(']', () => dim(r));
  return r.list(']', () => {
    r.expect('[');
    return r.list(']', r.number);
  });
}
