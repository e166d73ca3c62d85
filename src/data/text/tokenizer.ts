// Tokenizers as the model's data sees them: fitted here as byte-level BPE, kept as a Hugging Face tokenizer.json, and
// run by Hugging Face's own library. Ids 0, 1, 2 are <pad>, <begin>, <end>; a text is its tokens and then <end>.

import { Tokenizer as HuggingFace } from '@huggingface/tokenizers';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import type { TokenizerSpec } from '../../compiler/program.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';
import { fitBpe } from './bpe.ts';

export const specialTokens = ['<pad>', '<begin>', '<end>'] as const;
export const padId = 0;
export const beginId = 1;
export const endId = 2;
/** Bytes and special tokens: the smallest vocabulary. */
export const LEAST_VOCABULARY = 256 + specialTokens.length;

const MAX_JSON = 64 << 20;
const MAX_TOKENS = 1 << 20;
const KEPT_TEXTS = 50_000;

export interface Tokenizer {
  /** Number of ids. */
  readonly size: number;
  /** The tokenizer.json. */
  readonly json: string;
  /** Ids without special tokens around them. */
  readonly encode: (text: string) => readonly number[];
  readonly decode: (ids: readonly number[]) => string;
  /** The text of one token, as a person reads it. */
  readonly show: (id: number) => string;
}

/** Fits a tokenizer of at most `spec.vocabulary` ids; the same texts give the same bytes of tokenizer.json. */
export function fitTokenizer(texts: Iterable<string>, spec: TokenizerSpec): Result<Tokenizer> {
  if (spec.vocabulary < LEAST_VOCABULARY || spec.vocabulary > MAX_TOKENS) {
    const place = { span: undefined };
    const diagnostic =
      spec.vocabulary < LEAST_VOCABULARY
        ? dataDiagnostic(
            'vocabulary-too-small',
            { vocabulary: spec.vocabulary, least: LEAST_VOCABULARY },
            place,
          )
        : dataDiagnostic(
            'too-large',
            { what: 'the vocabulary', size: String(spec.vocabulary), limit: String(MAX_TOKENS) },
            place,
          );
    return { value: undefined, diagnostics: [diagnostic] };
  }
  const { tokens, merges } = fitBpe(texts, spec.vocabulary - specialTokens.length);
  const vocab: Record<string, number> = {};
  for (const [i, token] of tokens.entries()) vocab[token] = i + specialTokens.length;
  const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
  const end = { SpecialToken: { id: '<end>', type_id: 0 } };
  const sequence = (id: string): object => ({ Sequence: { id, type_id: 0 } });
  const json = JSON.stringify(
    {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: specialTokens.map((content, id) => ({
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
        single: [sequence('A'), end],
        pair: [sequence('A'), end, sequence('B'), end],
        special_tokens: { '<end>': { id: '<end>', ids: [endId], tokens: ['<end>'] } },
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
  const size = Object.keys(checked.model.vocab).length + specialTokens.length;
  if (size > vocabulary)
    return fail(dataDiagnostic('tokenizer-larger', { file, has: size, vocabulary }, { span: undefined }));
  try {
    const library = new HuggingFace(checked, { clean_up_tokenization_spaces: false });
    return { value: tokenizerOf(library, size, json), diagnostics: [] };
  } catch (error) {
    return invalid(failure(error));
  }
}

interface CheckedJson {
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
  if (added.length !== specialTokens.length) return `its added tokens are not ${specialTokens.join(', ')}`;
  for (const [id, content] of specialTokens.entries()) {
    const token = record(added[id]);
    if (token.id !== id || token.content !== content) return `token ${id} is not ${content}`;
  }
  const vocab = Object.entries(record(model.vocab));
  if (vocab.length < 256 || vocab.length > MAX_TOKENS) return `its vocabulary has ${vocab.length} tokens`;
  const seen = new Uint8Array(vocab.length);
  for (const [token, id] of vocab) {
    const at = typeof id === 'number' && Number.isInteger(id) ? id - specialTokens.length : -1;
    if (at < 0 || at >= vocab.length || seen[at] === 1)
      return `the id of token ${JSON.stringify(token)} is not one of 3 … ${vocab.length + 2}, or is taken`;
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

function tokenizerOf(library: HuggingFace, size: number, json: string): Tokenizer {
  const kept = new Map<string, readonly number[]>();
  const decode = (ids: readonly number[]): string => {
    const own = ids.filter(id => id >= specialTokens.length && id < size);
    return own.length === 0 ? '' : library.decode(own, { skip_special_tokens: true }).replace(/^ /, '');
  };
  return {
    size,
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
      const special = specialTokens[id];
      if (special !== undefined) return special;
      return id < size ? library.decode([id]) : `?${id}`;
    },
  };
}

/** Ids with <end> after them, in `length` places; what doesn't fit is cut off before <end>. */
export interface FittedText {
  readonly ids: Int32Array;
  /** Places in use, <end> among them. */
  readonly kept: number;
  /** Tokens that were cut off. */
  readonly cut: number;
}

export function fitText(tokens: readonly number[], length: number): FittedText {
  const ids = new Int32Array(length);
  const taken = Math.min(tokens.length, length - 1);
  for (let i = 0; i < taken; i++) ids[i] = tokens[i] as number;
  ids[taken] = endId;
  return { ids, kept: taken + 1, cut: tokens.length - taken };
}
