// What modalities, tokenizers and features take, with their ranges.

import { audioSettings } from './audio-modality.ts';
import type { Setting } from './settings.ts';
import { videoSettings } from './video-modality.ts';

const side = { whole: true, least: 1, most: 4096 } as const;

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
  ...audioSettings,
  Video: videoSettings,
} as const satisfies Readonly<Record<string, readonly Setting[]>>;
