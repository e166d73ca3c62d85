// The numbers that modalities and tokenizers take, with their ranges.

import type { NumberSetting } from './settings.ts';

const side = { whole: true, least: 1, most: 4096 } as const;

/** The numbers that a modality takes, and those of its tokenizer. */
export const modalitySettings = {
  Image: [
    { name: 'height', ...side },
    { name: 'width', ...side },
  ],
  Text: [{ name: 'length', whole: true, least: 1, most: 65_536 }],
  // Byte-level pairs start from the 256 bytes and the special tokens.
  bpe: [{ name: 'vocabulary', whole: true, least: 259, most: 1_000_000 }],
  wordpiece: [{ name: 'vocabulary', whole: true, least: 5, most: 1_000_000 }],
  characters: [{ name: 'vocabulary', fallback: 256, whole: true, least: 5, most: 1_000_000 }],
  bytes: [],
} as const satisfies Readonly<Record<string, readonly NumberSetting[]>>;
