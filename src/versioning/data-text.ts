// Settings as one line, as the language would write them: `adamw(rate: cosine(peak: 0.001, warmup: 100), decay: 0.1)`.

type Data =
  | string
  | number
  | boolean
  | undefined
  | null
  | readonly Data[]
  | { readonly [name: string]: Data };

/** Equal for equal settings: fields that are undefined are as if they weren't there. */
export function dataText(data: unknown): string {
  return text(data as Data);
}

function text(data: Data): string {
  if (data === undefined || data === null) return 'none';
  if (typeof data === 'string') return data;
  if (typeof data !== 'object') return Object.is(data, -0) ? '-0' : String(data);
  if (isList(data)) return `[${data.map(text).join(', ')}]`;
  const { kind, ...rest } = data;
  const fields = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${text(value)}`)
    .join(', ');
  if (typeof kind !== 'string') return `{${fields}}`;
  return fields === '' ? kind : `${kind}(${fields})`;
}

const isList = (data: Data): data is readonly Data[] => Array.isArray(data);
