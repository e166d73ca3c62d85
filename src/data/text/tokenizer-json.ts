// Hugging Face's tokenizer.json, written for each kind of tokenizer, and held to what is written here when read.

import { ownTokens } from '../../base/special-tokens.ts';
import { continuing, longestWord } from './wordpiece.ts';

const MAX_TOKENS = 1 << 20;

/** How a text is cut and put together again: bytes of words (bpe, bytes), pieces of words, whole characters. */
export type Form = 'bytes' | 'pieces' | 'characters';

const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };

/** The parts of a form around its model. */
const around = {
  bytes: { normalizer: null, pre_tokenizer: byteLevel, decoder: byteLevel },
  pieces: {
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: continuing, cleanup: false },
  },
  characters: { normalizer: null, pre_tokenizer: null, decoder: { type: 'Fuse' } },
} as const satisfies Readonly<Record<Form, object>>;

const bpe = {
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
};

const model = {
  bytes: bpe,
  pieces: {
    type: 'WordPiece',
    unk_token: '<unknown>',
    continuing_subword_prefix: continuing,
    max_input_chars_per_word: longestWord,
  },
  characters: { ...bpe, unk_token: '<unknown>' },
} as const satisfies Readonly<Record<Form, object>>;

export interface Written {
  readonly form: Form;
  /** Names of the special tokens, in order of id. */
  readonly special: readonly string[];
  readonly before: readonly number[];
  readonly after: number;
  /** What is not special, in order of id. */
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

export function writeTokenizer({ form, special, before, after, tokens, merges }: Written): string {
  const written = special.map(name => `<${name}>`);
  const nameOf = (id: number): string => written[id] as string;
  const token = (id: number): object => ({ SpecialToken: { id: nameOf(id), type_id: 0 } });
  const [begin, end] = [before.map(token), token(after)];
  const sequence = (id: string): object => ({ Sequence: { id, type_id: 0 } });
  const vocab: Record<string, number> = Object.create(null);
  // Where there is an unknown token the model must know it, and with it the others.
  if (form !== 'bytes') for (const [id, name] of written.entries()) vocab[name] = id;
  for (const [i, text] of tokens.entries()) vocab[text] = i + special.length;
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: written.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: around[form].normalizer,
    pre_tokenizer: around[form].pre_tokenizer,
    post_processor: {
      type: 'TemplateProcessing',
      single: [...begin, sequence('A'), end],
      pair: [...begin, sequence('A'), end, sequence('B'), end],
      special_tokens: Object.fromEntries(
        [...before, after].map(id => [nameOf(id), { id: nameOf(id), ids: [id], tokens: [nameOf(id)] }]),
      ),
    },
    decoder: around[form].decoder,
    model: { ...model[form], vocab, ...(form === 'pieces' ? {} : { merges }) },
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}

type Json = Readonly<Record<string, unknown>>;
const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

export interface ReadTokenizer {
  readonly form: Form;
  readonly special: readonly string[];
  /** Number of ids. */
  readonly size: number;
}

/** What a parsed tokenizer.json holds, or what keeps it from being one that is used here. */
export function readTokenizerJson(value: unknown): ReadTokenizer | { readonly problem: string } {
  const root = record(value);
  const own = record(root.model);
  const form = (['bytes', 'pieces', 'characters'] as const).find(
    f =>
      own.type === model[f].type &&
      own.unk_token === model[f].unk_token &&
      record(root.decoder).type === around[f].decoder.type,
  );
  const problem = (text: string): { readonly problem: string } => ({ problem: text });
  if (form === undefined) return problem('its model and decoder are not of a kind that is written here');
  for (const part of ['normalizer', 'pre_tokenizer', 'decoder'] as const)
    if (!sameJson(root[part] ?? null, around[form][part])) return problem(`its ${part} is another one`);
  if (form === 'pieces' && own.continuing_subword_prefix !== continuing)
    return problem(`its pieces don't begin with ${continuing}`);
  if (record(root.post_processor).type !== 'TemplateProcessing')
    return problem('its post_processor is not a template');
  const special = specialNames(root.added_tokens);
  if (typeof special === 'string') return problem(special);
  if ((form === 'bytes') === special.includes('unknown')) return problem('unknown is not where it belongs');
  const wrong =
    vocabularyProblem(record(own.vocab), form, special) ??
    (form === 'pieces' ? undefined : mergesProblem(own.merges, record(own.vocab)));
  if (wrong !== undefined) return problem(wrong);
  const tokens = Object.keys(record(own.vocab)).length;
  return { form, special, size: form === 'bytes' ? tokens + special.length : tokens };
}

const sameJson = (a: unknown, b: unknown): boolean => {
  const text = (v: unknown): string =>
    JSON.stringify(v, (_, x: unknown) => (x === record(x) ? sorted(x as Json) : x));
  return text(a) === text(b);
};

const sorted = (x: Json): Json => Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The names of the added tokens, or what is wrong with them. */
function specialNames(value: unknown): readonly string[] | string {
  const added = Array.isArray(value) ? (value as readonly unknown[]).map(record) : [];
  const names: string[] = [];
  for (const [id, token] of added.entries()) {
    const own = ownTokens[id];
    if (token.id !== id || (own !== undefined && token.content !== `<${own}>`))
      return `token ${id} is not ${own === undefined ? 'an added one' : `<${own}>`}`;
    const name = /^<(\w+)>$/.exec(String(token.content))?.[1];
    if (name === undefined || names.includes(name))
      return `the added token ${JSON.stringify(token.content)?.slice(0, 80)} is no name, or is there twice`;
    names.push(name);
  }
  return added.length < ownTokens.length
    ? `its added tokens are not ${ownTokens.join(', ')} and more`
    : names;
}

function vocabularyProblem(vocab: Json, form: Form, special: readonly string[]): string | undefined {
  const all = Object.entries(vocab);
  const first = form === 'bytes' ? special.length : 0;
  const least = form === 'bytes' ? 256 : special.length;
  if (all.length < least || all.length > MAX_TOKENS) return `its vocabulary has ${all.length} tokens`;
  if (first === 0)
    for (const [id, name] of special.entries())
      if (vocab[`<${name}>`] !== id) return `${name} has not id ${id}`;
  const seen = new Uint8Array(all.length);
  for (const [token, id] of all) {
    const at = typeof id === 'number' && Number.isInteger(id) ? id - first : -1;
    if (at < 0 || at >= all.length || seen[at] === 1)
      return `the id of token ${JSON.stringify(token)} is not one of ${first} … ${all.length + first - 1}, or is taken`;
    seen[at] = 1;
  }
  return undefined;
}

function mergesProblem(merges: unknown, vocab: Json): string | undefined {
  const has = (token: unknown): boolean => typeof token === 'string' && Object.hasOwn(vocab, token);
  if (!Array.isArray(merges)) return 'it has no merges';
  for (const merge of merges as readonly unknown[]) {
    const [a, b, more] = Array.isArray(merge) ? (merge as readonly unknown[]) : [];
    if (more !== undefined || !has(a) || !has(b) || !has(`${a}${b}`))
      return `the merge ${JSON.stringify(merge)?.slice(0, 80)} is not of known tokens`;
  }
  return undefined;
}
