// A diagnostic's message and help with the names of its parameters in capitals, for tables and `mm explain CODE`.

import type { DiagnosticRule } from '../base/diagnostic.ts';

export interface MessageForm {
  readonly message: string;
  /** What may be advised: with a name that is near, and where none is. */
  readonly helps: readonly string[];
}

export function formOf(rule: DiagnosticRule<never>): MessageForm {
  const say = (part: typeof rule.help, near: boolean): string => {
    const text = part?.(placeholders(near) as never);
    return text === undefined ? '' : String(text).replaceAll('NaN', 'SHARE').replaceAll('U+0000', 'U+CODE');
  };
  // A help that is all parameter says nothing here, and one that needs a near name isn't said without.
  const said = (text: string): boolean => /[a-z]/.test(text) && !/\bundefined\b/.test(text);
  const helps = [say(rule.help, true), say(rule.help, false)].filter(said);
  return { message: say(rule.message, true), helps: [...new Set(helps)] };
}

/** Any parameter that a message asks for: a text that is its own name in capitals, also as a list of one. */
const placeholders = (near: boolean): object =>
  new Proxy(
    {},
    {
      get: (_, name) =>
        !near &&
        typeof name === 'string' &&
        ['suggestion', 'nearest', 'near', 'counterexample'].includes(name)
          ? undefined
          : placeholder(String(name).toUpperCase()),
    },
  );

function placeholder(text: string): unknown {
  const list = [text];
  const own: Readonly<Record<PropertyKey, unknown>> = {
    length: 1,
    slice: () => placeholder(text),
    map: (f: (x: string) => string) => list.map(f),
    join: () => text,
    codePointAt: () => 0,
    toJSON: () => text,
    toString: () => text,
    toFixed: () => text,
    [Symbol.toPrimitive]: () => text,
    [Symbol.iterator]: () => list[Symbol.iterator](),
    0: text,
  };
  const rest = (key: PropertyKey): unknown => {
    const method: unknown = Reflect.get(String.prototype, key);
    return typeof method === 'function' ? method.bind(text) : method;
  };
  return new Proxy({}, { get: (_, key) => own[key] ?? rest(key) });
}
