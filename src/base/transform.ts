// The augmentations that a batch may declare (`on emoji.train with picture: [shift(2)]`): which modality each one is
// for and its settings. Declarations only, so that a spec is checked without data; src/data carries them out.

export interface TransformSetting {
  /** undefined: the setting has to be given. */
  readonly default: number | undefined;
  readonly min: number;
  readonly max: number;
  /** Given as a time, as in 100ms; the number is of seconds. */
  readonly unit?: 'time';
  readonly doc: string;
}

export interface TransformRule {
  /** Of a recording: whether its waveform is changed, or the features made of it. */
  readonly of?: 'waveform' | 'features';
  /** In order: `shift(2)` sets the first. A range `0.8..1` sets `from` and `to`. */
  readonly settings: Readonly<Record<string, TransformSetting>>;
  readonly doc: string;
}

const share = (fallback: number | undefined, doc: string): TransformSetting => ({
  default: fallback,
  min: 0,
  max: 1,
  doc,
});

/** What can stand after `with picture:`. Geometry acts first and in one resampling, then colours, the background, erasing. */
export const imageTransforms = {
  shift: {
    settings: {
      pixels: { default: undefined, min: 0, max: 4096, doc: 'farthest move along each axis, in pixels' },
    },
    doc: 'Moves the picture by up to so many pixels.',
  },
  scale: {
    settings: {
      from: { default: undefined, min: 0.05, max: 20, doc: 'smallest factor' },
      to: { default: undefined, min: 0.05, max: 20, doc: 'largest factor' },
    },
    doc: 'Scales about the centre, the factor uniform in its logarithm.',
  },
  stretch: {
    settings: { by: { default: undefined, min: 0, max: 2, doc: 'largest logarithm of the aspect ratio' } },
    doc: 'Changes the aspect ratio by a factor of up to e^by.',
  },
  crop: {
    settings: {
      from: { default: undefined, min: 0.01, max: 1, doc: 'smallest share of the area' },
      to: { default: undefined, min: 0.01, max: 1, doc: 'largest share of the area' },
    },
    doc: 'Takes a random window of that share of the area, aspect ratio 3/4 to 4/3, to full size.',
  },
  rotate: {
    settings: { degrees: { default: undefined, min: 0, max: 180, doc: 'largest angle either way' } },
    doc: 'Turns about the centre.',
  },
  mirror: {
    settings: { share: share(0.5, 'share of pictures that are mirrored') },
    doc: 'Swaps left and right.',
  },
  brightness: {
    settings: { by: { default: undefined, min: 0, max: 1, doc: 'largest amount added, of the full range' } },
    doc: 'Adds one amount to all channels.',
  },
  contrast: {
    settings: { by: { default: undefined, min: 0, max: 2, doc: 'largest logarithm of the factor' } },
    doc: 'Stretches values about the middle grey by a factor of up to e^by.',
  },
  colour: {
    settings: { by: { default: undefined, min: 0, max: 2, doc: 'largest logarithm of a factor' } },
    doc: 'Multiplies each channel by a factor of its own of up to e^by.',
  },
  hue: {
    settings: { degrees: { default: undefined, min: 0, max: 180, doc: 'largest angle either way' } },
    doc: 'Turns colours about the grey axis.',
  },
  grey: {
    settings: { share: share(undefined, 'share of pictures without colour') },
    doc: 'Takes the mean of the channels.',
  },
  invert: {
    settings: { share: share(undefined, 'share of pictures that are inverted') },
    doc: 'Turns light into dark, the background left as it is.',
  },
  background: {
    settings: { share: share(undefined, 'share of pictures on a random colour; the others stand on white') },
    doc: 'Puts what is transparent in the picture on a random colour.',
  },
  noise: {
    settings: { by: { default: undefined, min: 0, max: 1, doc: 'largest deviation, of the full range' } },
    doc: 'Adds independent Gaussian noise, its deviation uniform from 0.',
  },
  erase: {
    settings: {
      share: share(undefined, 'share of pictures with a patch'),
      from: { default: 0.125, min: 0.01, max: 1, doc: 'smallest side, of the picture’s' },
      to: { default: 0.4, min: 0.01, max: 1, doc: 'largest side, of the picture’s' },
    },
    doc: 'Covers a random rectangle with a random colour.',
  },
} as const satisfies Record<string, TransformRule>;

/**
 * What can stand after `with caption:`. A caption `title: tag, tag` has a title, up to its last `: `, and tags; a
 * text without `: ` is all title.
 */
export const textTransforms = {
  shuffle: {
    settings: { share: share(1, 'share of captions whose tags are reordered') },
    doc: 'Reorders the tags.',
  },
  drop_tags: {
    settings: { most: share(undefined, 'largest probability that a tag is left out') },
    doc: 'Leaves out each tag with one probability, uniform from 0 to `most`; one tag stays.',
  },
  only_title: {
    settings: { share: share(undefined, 'share of captions without tags') },
    doc: 'Leaves out all tags.',
  },
  drop_title: {
    settings: { share: share(undefined, 'share of captions without title') },
    doc: 'Leaves out the title where there are tags.',
  },
  words: {
    settings: {
      from: share(undefined, 'smallest share of words kept'),
      to: share(undefined, 'largest share of words kept'),
    },
    doc: 'Keeps a random share of the words, in order, at least one.',
  },
  drop: {
    settings: { share: share(undefined, 'probability that a token is left out') },
    doc: 'Leaves out tokens; the last one stays.',
  },
} as const satisfies Record<string, TransformRule>;

/** What can stand after `with speech:`. Waveforms are changed before features are made of them. */
export const audioTransforms = {
  gain: {
    of: 'waveform',
    settings: { decibels: { default: undefined, min: 0, max: 60, doc: 'farthest either way' } },
    doc: 'Makes the recording louder or softer.',
  },
  shift: {
    of: 'waveform',
    settings: {
      by: { default: undefined, min: 0, max: 3600, unit: 'time', doc: 'farthest move, earlier or later' },
    },
    doc: 'Moves the recording in time; silence comes in, what is moved out is lost.',
  },
  mask_time: {
    of: 'features',
    settings: {
      most: { default: undefined, min: 0, max: 3600, unit: 'time', doc: 'longest mask' },
      count: { default: 1, min: 1, max: 100, doc: 'masks' },
      share: share(1, 'longest mask, of the recording’s frames'),
    },
    doc: 'Covers stretches of time with each channel’s mean (SpecAugment, arXiv:1904.08779).',
  },
  mask_bands: {
    of: 'features',
    settings: {
      most: { default: undefined, min: 0, max: 1024, doc: 'widest mask, in channels' },
      count: { default: 1, min: 1, max: 100, doc: 'masks' },
    },
    doc: 'Covers neighbouring channels with their means (SpecAugment).',
  },
} as const satisfies Record<string, TransformRule>;

export type ImageTransformName = keyof typeof imageTransforms;
export type TextTransformName = keyof typeof textTransforms;
export type AudioTransformName = keyof typeof audioTransforms;

/** The kinds of modalities, with what augments each. All frames of a video are changed alike. */
export const transformsOf = {
  image: imageTransforms,
  text: textTransforms,
  audio: audioTransforms,
  video: imageTransforms,
} as const satisfies Record<string, Readonly<Record<string, TransformRule>>>;

export type TransformedKind = keyof typeof transformsOf;

export function transformRule(kind: TransformedKind, name: string): TransformRule | undefined {
  const rules: Readonly<Record<string, TransformRule>> = transformsOf[kind];
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

export type Settings = Readonly<Record<string, number>>;

/**
 * The settings with defaults filled in, or what is wrong with them. A spec gives them by name or by place (`0`, `1`),
 * and a range at place 0 as `0.from` and `0.to`.
 */
export function completeSettings(
  rule: TransformRule,
  given: Settings,
): { readonly settings: Settings } | { readonly problem: string } {
  const names = Object.keys(rule.settings);
  const settings: Record<string, number> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = settingName(names, key);
    const setting = name === undefined ? undefined : rule.settings[name];
    if (name === undefined || setting === undefined) return { problem: noSetting(names, key) };
    if (!(value >= setting.min && value <= setting.max))
      return { problem: `${name} is ${value}, and goes from ${setting.min} to ${setting.max}` };
    settings[name] = value;
  }
  for (const name of names) {
    if (settings[name] !== undefined) continue;
    const setting = rule.settings[name];
    if (setting?.default === undefined) return { problem: `${name} is missing (${setting?.doc})` };
    settings[name] = setting.default;
  }
  const { from, to } = settings;
  if (from !== undefined && to !== undefined && from > to)
    return { problem: `it goes from ${from} to ${to}: the smaller one first` };
  return { settings };
}

/** The setting that `pixels`, `0` or `0.from` means; undefined where there is none. */
export function settingName(names: readonly string[], key: string): string | undefined {
  const [, at, end] = /^(\d+)(?:\.(from|to))?$/.exec(key) ?? [];
  if (at === undefined) return names.includes(key) ? key : undefined;
  const name = names[Number(at)];
  if (end === undefined) return name;
  return name === 'from' ? end : undefined;
}

function noSetting(names: readonly string[], key: string): string {
  const takes = `it takes ${names
    .map(n => (n === 'from' ? 'a range from..to' : n))
    .filter(n => n !== 'to')
    .join(', ')}`;
  if (/^\d+\.(from|to)$/.test(key)) return `${takes}, and a range is given`;
  return /^\d+$/.test(key) ? `${takes}, and more is given` : `it has no setting ${key}; ${takes}`;
}
