// Writes the text of one thread: each expression gets a name once, and the same text has the same name.

export interface Scribe {
  /** The name of an expression; `type` is WGSL's. */
  name(type: string, expression: string): string;
  /** The name of a constant of the module. */
  constant(value: string): string;
  line(text: string): void;
  /** What was worked out in this scope or one around it, by a key of the caller's. */
  known(key: string): string | undefined;
  remember(key: string, name: string): void;
  /** A scope within this one: what it names is known there alone. */
  within(): Scribe;
  text(): string;
  /** Declarations of the constants that this scope and those within it name. */
  constants(): string;
}

interface Shared {
  names: number;
  readonly constants: Map<string, string>;
}

export const createScribe = (): Scribe => scope(undefined, 1, { names: 0, constants: new Map() });

function scope(outer: Scribe | undefined, depth: number, shared: Shared): Scribe {
  const lines: string[] = [];
  const names = new Map<string, string>();
  const self: Scribe = {
    name(type, expression) {
      if (/^\w+$/.test(expression)) return expression;
      const key = `=${expression}`;
      const found = self.known(key);
      if (found !== undefined) return found;
      const name = `t${shared.names++}`;
      self.line(`let ${name}: ${type} = ${expression};`);
      names.set(key, name);
      return name;
    },
    constant(value) {
      const { constants } = shared;
      const name = constants.get(value) ?? `k${constants.size}`;
      constants.set(value, name);
      return name;
    },
    line: text => {
      lines.push(`${'  '.repeat(depth)}${text}\n`);
    },
    known: key => names.get(key) ?? outer?.known(key),
    remember: (key, name) => {
      names.set(key, name);
    },
    within: () => scope(self, depth + 1, shared),
    text: () => lines.join(''),
    constants: () => [...shared.constants].map(([value, name]) => `const ${name} = ${value};\n`).join(''),
  };
  return self;
}

const number = (text: string): number | undefined =>
  /^\d+u$/.test(text) ? Number.parseInt(text, 10) : undefined;

/** a + b of u32. */
export function plus(a: string, b: string): string {
  const [x, y] = [number(a), number(b)];
  if (x !== undefined && y !== undefined) return `${x + y}u`;
  if (x === 0) return b;
  return y === 0 ? a : `(${a} + ${b})`;
}

/** a · n of u32. */
export function times(a: string, n: number): string {
  const x = number(a);
  if (x !== undefined) return `${x * n}u`;
  return n === 1 ? a : `(${a} * ${n}u)`;
}
