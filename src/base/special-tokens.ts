// Special tokens of a text modality: which there are, and the ids that they have in the spec and in the data. They come
// first, by a fixed rule, so that a mask or an end means the same number wherever the tokenizer was fitted.

/** bpe: pairs of bytes; wordpiece: words and pieces of them; characters and bytes: one by one. */
export const tokenizerKinds = ['bpe', 'wordpiece', 'characters', 'bytes'] as const;
export type TokenizerKind = (typeof tokenizerKinds)[number];

/** What is known of a tokenizer before it is fitted. */
export interface TokenizerSpec {
  readonly kind: TokenizerKind;
  /** All ids, special ones among them. */
  readonly vocabulary: number;
  /** Further special tokens, in order. */
  readonly special: readonly string[];
}

/** Every text has these. */
export const ownTokens = ['pad', 'begin', 'end'] as const;

/** Names of a tokenizer's special tokens; a name's place is its id. */
export function specialTokens({ kind, special }: Pick<TokenizerSpec, 'kind' | 'special'>): readonly string[] {
  return [...ownTokens, ...special, ...(hasUnknown(kind) ? ['unknown'] : [])];
}

/** Bytes spell every text; where whole characters are fitted, the others are `unknown`. */
export const hasUnknown = (kind: TokenizerKind): boolean => kind === 'wordpiece' || kind === 'characters';

/** The names that a spec may give to special tokens of its own. */
export function refusedToken(name: string): string | undefined {
  if ((ownTokens as readonly string[]).includes(name)) return 'every text has one';
  if (name === 'unknown') return 'wordpiece and characters have one';
  if (name === 'ids' || name === 'max') return 'it is a field of every text';
  return undefined;
}

/**
 * The ids that a text begins and ends with: `cls` and `sep` where the spec lists them, else `begin` and `end`. Every
 * text of the data ends so; it begins so only with `cls`, `begin` is for what is generated.
 */
export function ends(names: readonly string[]): {
  readonly begin: number;
  readonly end: number;
  readonly begins: boolean;
} {
  const at = (name: string, otherwise: string): number =>
    names.indexOf(names.includes(name) ? name : otherwise);
  return { begin: at('cls', 'begin'), end: at('sep', 'end'), begins: names.includes('cls') };
}
