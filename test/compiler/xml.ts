// A strict reader of the XML that pictures are made of: throws at anything that is not well-formed.

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const text = /[^<&]+|&(?:#\d+|amp|lt|gt|quot|apos);/y;
const tag = /<(\/?)([a-z][a-zA-Z]*)((?:\s+[a-zA-Z-]+="(?:[^"<&]|&#\d+;)*")*)\s*(\/?)>/y;

/** Every element in order of its start. */
export function elementsOf(xml: string): readonly XmlElement[] {
  if (/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(xml))
    throw new Error('a character that XML has not');
  const elements: XmlElement[] = [];
  const open: string[] = [];
  for (let at = 0; at < xml.length; ) {
    tag.lastIndex = at;
    text.lastIndex = at;
    const found = tag.exec(xml);
    const content = found ?? text.exec(xml);
    if (content === null) throw new Error(`not XML at ${at}: ${xml.slice(at, at + 40)}`);
    at += content[0].length;
    if (found === null) continue;
    const [, close, name = '', list = '', empty] = found;
    if (close === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    const pairs = [...list.matchAll(/([a-zA-Z-]+)="([^"]*)"/g)].map(
      ([, key = '', value = '']) => [key, value] as const,
    );
    if (new Set(pairs.map(([key]) => key)).size < pairs.length)
      throw new Error(`<${name}> has an attribute twice`);
    elements.push({ name, attributes: new Map(pairs) });
    if (empty === '') open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.join('><')}> not closed`);
  return elements;
}
