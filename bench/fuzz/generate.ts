// Blocks made up from the grammar: all of them can be read, few of them are right.

import type { Draw } from './draw.ts';

const names = [
  'x',
  'y',
  'z',
  'n',
  'D',
  'T',
  'N',
  'heads',
  'linear',
  'relu',
  'attention',
  'softmax',
  'sum',
  'iota',
];
const numbers = ['0', '1', '2', '3', '7', '0.5', '1e-3', '1e9', '25ms', '16kHz', '2147483648'];
const operators = ['+', '-', '*', '/', '//', '%', '^', '@', '==', '!=', '<', '<=', '>', '>=', 'and', 'or'];
const patterns = [
  '"n t d -> n d t"',
  '"n (h k) -> n h k"',
  '"n t d, n s d -> n t s"',
  '"a -> "',
  '"((a) b"',
  '""',
];
const dims = ['N...', 'T', 'D', '2 * D', 'T - 1', 'D / n', '(T + 1) // 2', '3', 'n', 'D % 2'];

function expression(d: Draw, depth: number): string {
  const inner = (): string => expression(d, depth - 1);
  if (depth <= 0) return d.from(d.chance(0.7) ? names : numbers);
  switch (d.below(11)) {
    case 0:
      return `(${inner()} ${d.from(operators)} ${inner()})`;
    case 1:
      return `(${d.from(['-', 'not '])}${inner()})`;
    case 2:
    case 3:
      return `${d.from(names)}(${args(d, depth)})`;
    case 4:
      return `${d.from(names)}[${list(d, 3, () => d.from(['...', 'new', ':', `${inner()}:`, `:${inner()}`, inner()]))}]`;
    case 5:
      return `${d.from(names)}.${d.from(['weight', 'ids', 'pixels', 'max', 'low'])}`;
    case 6:
      return `(${inner()} |> ${d.from(names)}(${args(d, depth)}) as part${d.below(3)})`;
    case 7:
      return `(${inner()} when ${inner()} else ${inner()})`;
    case 8:
      return `[${list(d, 3, inner)}]`;
    case 9:
      return `{ ${list(d, 2, () => `f${d.below(3)}: ${inner()}`)} }`;
    default:
      return d.from(patterns);
  }
}

const list = (d: Draw, most: number, make: () => string): string =>
  Array.from({ length: 1 + d.below(most) }, make).join(', ');

const args = (d: Draw, depth: number): string =>
  list(
    d,
    3,
    () =>
      `${d.chance(0.3) ? `${d.from(['out', 'axis', 'heads', 'size', 'h'])}: ` : ''}${expression(d, depth - 1)}`,
  );

function type(d: Draw): string {
  if (d.chance(0.2)) return d.from(['int', 'number', 'bool', 'block', 'dim', 'axes', 'list', 'string']);
  const base = d.from([
    'float',
    'float',
    'float',
    'unit float',
    'simplex float',
    'int',
    'bool',
    'index(D)',
    'mask',
  ]);
  return `${base}[${list(d, 3, () => d.from(dims))}]`;
}

function statements(d: Draw, depth: number): string {
  const body = (): string => `{\n${statements(d, depth - 1)}\n}`;
  return Array.from({ length: 1 + d.below(4) }, (_, i) => {
    switch (depth <= 0 ? d.below(3) : d.below(10)) {
      case 0:
      case 1:
        return `let v${i} = ${expression(d, 2)}`;
      case 2:
        return `param w${d.below(3)}: ${type(d)} = ${d.from(['normal(0.02)', 'zeros()', expression(d, 1)])}`;
      case 3:
        return `repeat ${expression(d, 1)} as layers${d.below(2)} ${body()}`;
      case 4:
        return `if ${expression(d, 2)} ${body()} else ${body()}`;
      case 5:
        return `${d.from(names)} = ${expression(d, 2)}`;
      case 6:
        return `require ${expression(d, 2)}`;
      case 7:
        return `scan s${i} in ${expression(d, 1)}${d.from(['', ' along 0', ' along -1', ' reverse'])} ${body()}`;
      case 8:
        return `collect c${i} = ${expression(d, 2)}`;
      default:
        return `part p${d.below(3)} = ${d.from(names)}(${args(d, 1)})`;
    }
  }).join('\n');
}

/** One to three blocks. */
export function madeUp(d: Draw): string {
  return Array.from({ length: 1 + d.below(3) }, (_, i) => {
    const params = `x: ${type(d)}${d.chance(0.7) ? `, y: ${type(d)}` : ''}${d.chance(0.5) ? ', n: int = 2' : ''}`;
    const result = d.chance(0.5) ? ` -> ${type(d)}` : '';
    return `block b${i}(${params})${result} {\n${statements(d, 2)}\nreturn ${expression(d, 3)}\n}\n`;
  }).join('\n');
}
