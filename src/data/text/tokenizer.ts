// Tokenizers as the model's data sees them: fitted here as byte-level BPE, kept as a Hugging Face tokenizer.json, and
// run by Hugging Face's own library. Special tokens have the first ids (base/special-tokens.ts); a text is its tokens
// between <cls>, where there is one, and <sep> or <end>.

import { Tokenizer as HuggingFace } from '@huggingface/tokenizers';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import { ends, ownTokens, specialTokens } from '../../base/special-tokens.ts';
import type { TokenizerSpec } from '../../compiler/program.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';
import { fitBpe } from './bpe.ts';

const MAX_JSON = 64 << 20;
const MAX_TOKENS = 1 << 20;
const KEPT_TEXTS = 50_000;

export interface Tokenizer {
  /** Number of ids. */
  readonly size: number;
  /** What stands before and after the tokens of a text. */
  readonly frame: TextFrame;
  /** The tokenizer.json. */
  readonly json: string;
  /** Ids without special tokens around them. */
  readonly encode: (text: string) => readonly number[];
  readonly decode: (ids: readonly number[]) => string;
  /** The text of one token, as a person reads it. */
  readonly show: (id: number) => string;
}

/** Ids around the tokens of every text. */
export interface TextFrame {
  readonly before: readonly number[];
  readonly after: number;
}

/** Fits a tokenizer of at most `spec.vocabulary` ids; the same texts give the same bytes of tokenizer.json. */
export function fitTokenizer(texts: Iterable<string>, spec: TokenizerSpec): Result<Tokenizer> {
  const special = specialTokens(spec);
  // Bytes and special tokens: the smallest vocabulary.
  const least = 256 + special.length;
  if (spec.vocabulary < least || spec.vocabulary > MAX_TOKENS) {
    const place = { span: undefined };
    const diagnostic =
      spec.vocabulary < least
        ? dataDiagnostic('vocabulary-too-small', { vocabulary: spec.vocabulary, least }, place)
        : dataDiagnostic(
            'too-large',
            { what: 'the vocabulary', size: String(spec.vocabulary), limit: String(MAX_TOKENS) },
            place,
          );
    return { value: undefined, diagnostics: [diagnostic] };
  }
  const { tokens, merges } = fitBpe(texts, spec.vocabulary - special.length);
  const vocab: Record<string, number> = {};
  for (const [i, token] of tokens.entries()) vocab[token] = i + special.length;
  const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
  const written = special.map(name => `<${name}>`);
  const { before, after } = frameOf(special);
  const framed = [...before, after].map(id => written[id] as string);
  const token = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  const begin = before.map(id => token(written[id] as string));
  const end = token(written[after] as string);
  const sequence = (id: string): object => ({ Sequence: { id, type_id: 0 } });
  const json = JSON.stringify(
    {
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
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: {
        type: 'TemplateProcessing',
        single: [...begin, sequence('A'), end],
        pair: [...begin, sequence('A'), end, sequence('B'), end],
        special_tokens: Object.fromEntries(
          framed.map(id => [id, { id, ids: [written.indexOf(id)], tokens: [id] }]),
        ),
      },
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab,
        merges: merges.map(([a, b]) => [tokens[a], tokens[b]]),
      },
    },
    null,
    1,
  );
  return loadTokenizer(`${json}\n`, { file: 'tokenizer.json', vocabulary: spec.vocabulary });
}

export interface LoadTokenizerOptions {
  /** For messages. */
  readonly file: string;
  /** The spec's vocabulary: more ids than that are refused. */
  readonly vocabulary: number;
}

/** Reads a tokenizer.json of the kind that fitTokenizer writes; everything in it is checked before it is used. */
export function loadTokenizer(json: string, options: LoadTokenizerOptions): Result<Tokenizer> {
  const { file, vocabulary } = options;
  const fail = (diagnostic: Diagnostic): Result<Tokenizer> => ({
    value: undefined,
    diagnostics: [diagnostic],
  });
  const invalid = (problem: string): Result<Tokenizer> =>
    fail(dataDiagnostic('tokenizer-invalid', { file, problem }, { span: undefined }));
  if (json.length > MAX_JSON) return invalid('it is larger than 64 MiB');
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return invalid('it is not JSON');
  }
  const problem = tokenizerProblem(parsed);
  if (problem !== undefined) return invalid(problem);
  const checked = parsed as CheckedJson;
  const special = checked.added_tokens.map(t => t.content.slice(1, -1));
  const size = Object.keys(checked.model.vocab).length + special.length;
  if (size > vocabulary)
    return fail(dataDiagnostic('tokenizer-larger', { file, has: size, vocabulary }, { span: undefined }));
  try {
    const library = new HuggingFace(checked, { clean_up_tokenization_spaces: false });
    return { value: tokenizerOf(library, special, size, json), diagnostics: [] };
  } catch (error) {
    return invalid(failure(error));
  }
}

interface CheckedJson {
  readonly added_tokens: readonly { readonly content: string }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

type Json = Readonly<Record<string, unknown>>;
const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** What keeps a parsed tokenizer.json from being one that is used here. */
function tokenizerProblem(value: unknown): string | undefined {
  const root = record(value);
  const model = record(root.model);
  if (model.type !== 'BPE') return 'its model is not BPE';
  for (const [part, name] of [
    [root.pre_tokenizer, 'pre_tokenizer'],
    [root.decoder, 'decoder'],
  ] as const)
    if (record(part).type !== 'ByteLevel') return `its ${name} is not ByteLevel`;
  if (root.normalizer !== null && root.normalizer !== undefined) return 'it has a normalizer';
  if (record(root.post_processor).type !== 'TemplateProcessing')
    return 'its post_processor is not a template';
  const added = Array.isArray(root.added_tokens) ? (root.added_tokens as readonly unknown[]) : [];
  const named = new Set<unknown>();
  for (const [id, token] of added.map(record).entries()) {
    const own = ownTokens[id];
    if (token.id !== id || (own !== undefined && token.content !== `<${own}>`))
      return `token ${id} is not ${own === undefined ? 'an added one' : `<${own}>`}`;
    if (!/^<\w+>$/.test(String(token.content)) || named.has(token.content))
      return `the added token ${JSON.stringify(token.content)?.slice(0, 80)} is no name, or is there twice`;
    named.add(token.content);
  }
  if (added.length < ownTokens.length) return `its added tokens are not ${ownTokens.join(', ')} and more`;
  const vocab = Object.entries(record(model.vocab));
  if (vocab.length < 256 || vocab.length > MAX_TOKENS) return `its vocabulary has ${vocab.length} tokens`;
  const seen = new Uint8Array(vocab.length);
  for (const [token, id] of vocab) {
    const at = typeof id === 'number' && Number.isInteger(id) ? id - added.length : -1;
    if (at < 0 || at >= vocab.length || seen[at] === 1)
      return `the id of token ${JSON.stringify(token)} is not one of ${added.length} … ${vocab.length + added.length - 1}, or is taken`;
    seen[at] = 1;
  }
  const known = record(model.vocab);
  const has = (token: unknown): boolean => typeof token === 'string' && Object.hasOwn(known, token);
  if (!Array.isArray(model.merges)) return 'it has no merges';
  for (const merge of model.merges as readonly unknown[]) {
    const [a, b, more] = Array.isArray(merge) ? (merge as readonly unknown[]) : [];
    if (more !== undefined || !has(a) || !has(b) || !has(`${a}${b}`))
      return `the merge ${JSON.stringify(merge)?.slice(0, 80)} is not of known tokens`;
  }
  return undefined;
}

function tokenizerOf(
  library: HuggingFace,
  special: readonly string[],
  size: number,
  json: string,
): Tokenizer {
  const kept = new Map<string, readonly number[]>();
  const decode = (ids: readonly number[]): string => {
    const own = ids.filter(id => id >= special.length && id < size);
    return own.length === 0 ? '' : library.decode(own, { skip_special_tokens: true }).replace(/^ /, '');
  };
  return {
    size,
    frame: frameOf(special),
    json,
    encode: text => {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const { ids } = library.encode(text, { add_special_tokens: false });
      if (kept.size >= KEPT_TEXTS) kept.clear();
      kept.set(text, ids);
      return ids;
    },
    decode,
    show: id => {
      const name = special[id];
      if (name !== undefined) return `<${name}>`;
      return id < size ? library.decode([id]) : `?${id}`;
    },
  };
}

function frameOf(special: readonly string[]): TextFrame {
  const { begin, end, begins } = ends(special);
  return { before: begins ? [begin] : [], after: end };
}

/** Ids in their frame, in `length` places; what doesn't fit is cut off before the end. */
export interface FittedText {
  readonly ids: Int32Array;
  /** Places in use, those of the frame among them. */
  readonly kept: number;
  /** Tokens that were cut off. */
  readonly cut: number;
}

export function fitText(tokens: readonly number[], length: number, frame: TextFrame): FittedText {
  const ids = new Int32Array(length);
  // Where there is room for one id alone, it is the end.
  const before = frame.before.slice(0, length - 1);
  const taken = Math.min(tokens.length, length - before.length - 1);
  ids.set(before);
  for (let i = 0; i < taken; i++) ids[before.length + i] = tokens[i] as number;
  ids[before.length + taken] = frame.after;
  return { ids, kept: before.length + taken + 1, cut: tokens.length - taken };
}
