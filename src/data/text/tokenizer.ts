// Tokenizers as the model's data sees them: fitted here, kept as a Hugging Face tokenizer.json, and run by
// Hugging Face's own library. Special tokens have the first ids (base/special-tokens.ts); a text is its tokens between <cls>, where there is one, and <sep> or <end>.

import { Tokenizer as HuggingFace } from '@huggingface/tokenizers';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import { ends, specialTokens } from '../../base/special-tokens.ts';
import type { TokenizerSpec } from '../../compiler/program.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';
import { fitBpe } from './bpe.ts';
import { fitCharacters } from './characters.ts';
import { type ReadTokenizer, readTokenizerJson, type Written, writeTokenizer } from './tokenizer-json.ts';
import { fitWordpiece } from './wordpiece.ts';

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
  const { kind, vocabulary } = spec;
  const special = specialTokens(spec);
  const { least, need } = leastVocabulary(kind, special.length);
  const refuse = (diagnostic: Diagnostic): Result<Tokenizer> => ({
    value: undefined,
    diagnostics: [diagnostic],
  });
  const place = { span: undefined };
  if (vocabulary < least)
    return refuse(dataDiagnostic('vocabulary-too-small', { kind, vocabulary, least, need }, place));
  if (vocabulary > MAX_TOKENS) {
    const params = { what: 'the vocabulary', size: String(vocabulary), limit: String(MAX_TOKENS) };
    return refuse(dataDiagnostic('too-large', params, place));
  }
  const { before, after } = frameOf(special);
  const json = writeTokenizer({
    special,
    before,
    after,
    ...fitted(texts, kind, vocabulary - special.length),
  });
  return loadTokenizer(json, { file: 'tokenizer.json', vocabulary });
}

function leastVocabulary(
  kind: TokenizerSpec['kind'],
  special: number,
): { readonly least: number; readonly need: string } {
  const bytes = kind === 'bpe' || kind === 'bytes';
  return bytes
    ? { least: 256 + special, need: 'bytes and special tokens' }
    : { least: 1 + special, need: 'special tokens' };
}

type Fitted = Pick<Written, 'form' | 'tokens' | 'merges'>;

function fitted(texts: Iterable<string>, kind: TokenizerSpec['kind'], size: number): Fitted {
  switch (kind) {
    case 'bpe':
    case 'bytes': {
      const { tokens, merges } = fitBpe(texts, kind === 'bytes' ? 256 : size);
      const spelled = merges.map(([a, b]) => [tokens[a] as string, tokens[b] as string] as const);
      return { form: 'bytes', tokens, merges: spelled };
    }
    case 'wordpiece':
      return { form: 'pieces', tokens: fitWordpiece(wordsOf(texts), size), merges: [] };
    case 'characters':
      return { form: 'characters', tokens: fitCharacters(texts, size), merges: [] };
    default:
      return kind satisfies never;
  }
}

/** The words of texts as they are cut for pieces. */
function* wordsOf(texts: Iterable<string>): Generator<string> {
  const blank = { special: specialTokens({ kind: 'wordpiece', special: [] }), before: [], after: 0 };
  const json = writeTokenizer({ ...blank, form: 'pieces', tokens: [], merges: [] });
  const { normalizer, pre_tokenizer } = new HuggingFace(JSON.parse(json), {});
  for (const text of texts) yield* pre_tokenizer?.pre_tokenize(normalizer?.normalize(text) ?? text) ?? [];
}

export interface LoadTokenizerOptions {
  /** For messages. */
  readonly file: string;
  /** The spec's vocabulary: more ids than that are refused. */
  readonly vocabulary: number;
}

/** Reads a tokenizer.json of the kinds that fitTokenizer writes; everything in it is checked before it is used. */
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
  const read = readTokenizerJson(parsed);
  if ('problem' in read) return invalid(read.problem);
  if (read.size > vocabulary)
    return fail(
      dataDiagnostic('tokenizer-larger', { file, has: read.size, vocabulary }, { span: undefined }),
    );
  try {
    const library = new HuggingFace(parsed as object, { clean_up_tokenization_spaces: false });
    return { value: tokenizerOf(library, read, json), diagnostics: [] };
  } catch (error) {
    return invalid(failure(error));
  }
}

function tokenizerOf(library: HuggingFace, { form, special, size }: ReadTokenizer, json: string): Tokenizer {
  const kept = new Map<string, readonly number[]>();
  const decode = (ids: readonly number[]): string => {
    const own = ids.filter(id => id >= special.length && id < size);
    const text = own.length === 0 ? '' : library.decode(own, { skip_special_tokens: true });
    // The space that was put before the first word.
    return form === 'bytes' ? text.replace(/^ /, '') : text;
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
