// Augmentation of a caption `title: tag, tag`: its parts are reordered or left out before it is tokenized, and tokens
// may be left out after it.

import type { TextTransformName } from '../../base/transform.ts';
import type { TransformSpec } from '../../compiler/program.ts';
import { type Draws, shuffle } from '../random.ts';

interface Caption {
  readonly title: string;
  readonly tags: readonly string[];
}

type Settings = Readonly<Record<string, number>>;
const of = (settings: Settings, name: string): number => settings[name] as number;

const onCaption: {
  readonly [K in Exclude<TextTransformName, 'drop'>]: (
    c: Caption,
    settings: Settings,
    draws: Draws,
  ) => Caption;
} = {
  shuffle(caption, settings, draws) {
    if (draws.next() >= of(settings, 'share')) return caption;
    const tags = [...caption.tags];
    shuffle(tags, draws);
    return { ...caption, tags };
  },
  drop_tags(caption, settings, draws) {
    const share = draws.next() * of(settings, 'most');
    const tags = caption.tags.filter(() => draws.next() >= share);
    return { ...caption, tags: tags.length > 0 ? tags : caption.tags.slice(0, 1) };
  },
  only_title(caption, settings, draws) {
    const only = draws.next() < of(settings, 'share') && caption.title !== '';
    return only ? { ...caption, tags: [] } : caption;
  },
  drop_title(caption, settings, draws) {
    const drop = draws.next() < of(settings, 'share') && caption.tags.length > 0;
    return drop ? { ...caption, title: '' } : caption;
  },
  words(caption, settings, draws) {
    const share = draws.between(of(settings, 'from'), of(settings, 'to'));
    const words = showCaption(caption).split(' ');
    const order = [...words.keys()];
    shuffle(order, draws);
    const kept = new Set(order.slice(0, Math.max(1, Math.round(share * words.length))));
    return { title: words.filter((_, i) => kept.has(i)).join(' '), tags: [] };
  },
};

function readCaption(text: string): Caption {
  const at = text.lastIndexOf(': ');
  if (at < 0) return { title: text, tags: [] };
  return { title: text.slice(0, at), tags: text.slice(at + 2).split(', ') };
}

function showCaption({ title, tags }: Caption): string {
  const list = tags.join(', ');
  return title === '' || list === '' ? `${title}${list}` : `${title}: ${list}`;
}

/** The caption after every transform that acts on its text. */
export function transformText(text: string, transforms: readonly TransformSpec[], draws: Draws): string {
  const acting = transforms.filter(t => t.name !== 'drop');
  if (acting.length === 0) return text;
  let caption = readCaption(text);
  for (const { name, settings } of acting)
    caption = onCaption[name as keyof typeof onCaption](caption, settings, draws);
  return showCaption(caption);
}

/** The tokens after `drop`; one at least stays. */
export function transformTokens(
  tokens: readonly number[],
  transforms: readonly TransformSpec[],
  draws: Draws,
): readonly number[] {
  let out = tokens;
  for (const { name, settings } of transforms) {
    if (name !== 'drop') continue;
    const share = of(settings, 'share');
    const kept = out.filter(() => draws.next() >= share);
    out = kept.length > 0 ? kept : out.slice(-1);
  }
  return out;
}
