// Attributes as text: equal texts for equal attributes. NaN and the sign of zero count.

import type { Attr, Attrs } from './graph.ts';

/** Attributes are carried from graph to graph as they are: the text of each is made once. */
const texts = new WeakMap<Attrs, string>();

export function attrsText(attrs: Attrs): string {
  const known = texts.get(attrs);
  if (known !== undefined) return known;
  const text = Object.keys(attrs)
    .sort()
    .map(name => `${name}:${valueText(attrs[name]!)}`)
    .join(';');
  texts.set(attrs, text);
  return text;
}

function valueText(value: Attr): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const isPlain = (value as readonly unknown[]).every(v => typeof v === 'number' && !Object.is(v, -0));
  if (isPlain) return `[${value.join()}]`;
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0)) ? `#${numberText(v)}` : v,
  );
}

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
