// What a modality's name and its records give by field, beside tensors: sizes, a text's special tokens, and the
// pictures of a video.

import { featureChannels, frameCount } from '../../base/audio.ts';
import type { ModalityInfo, ModalityKind } from './model.ts';
import { textField, textFields } from './text-modality.ts';
import type { Frame } from './trace.ts';
import { quantity, units } from './units.ts';
import { int, type RecordValue, type Value } from './values.ts';

/** undefined where the modality has no such field. */
export function modalityField(frame: Frame, info: ModalityInfo, field: string): Value | undefined {
  if (info.spec.kind === 'text') return textField(frame, info, field);
  if (field === 'rate' && 'rate' in info.spec && units.Hz !== undefined)
    return quantity(info.spec.rate, units.Hz, 'Hz');
  const size = sizesOf(info.spec).get(field);
  return size === undefined ? undefined : int(size);
}

/** The names that `modalityField` knows. */
export const modalityFields = (info: ModalityInfo): readonly string[] =>
  info.spec.kind === 'text'
    ? textFields(info)
    : [...sizesOf(info.spec).keys(), ...('rate' in info.spec ? ['rate'] : [])];

/** Whole numbers, for weights: `max` is the longest that a padded axis can be. */
function sizesOf(spec: Exclude<ModalityKind, { kind: 'text' }>): ReadonlyMap<string, number> {
  switch (spec.kind) {
    case 'image':
      return imageSizes(spec);
    case 'audio':
      return spec.features === undefined
        ? new Map([['max', spec.samples]])
        : new Map([
            ['max', frameCount(spec.samples, spec.features)],
            ['channels', featureChannels(spec.features)],
          ]);
    case 'video':
      return new Map([['max', spec.frames], ...imageSizes(spec)]);
    default:
      return spec satisfies never;
  }
}

const imageSizes = (spec: { readonly height: number; readonly width: number; readonly channels: number }) =>
  new Map([
    ['height', spec.height],
    ['width', spec.width],
    ['channels', spec.channels],
  ]);

/** `clip.frames`: the frames of a video are pictures with one more leading dim. */
export function videoFrames(video: RecordValue, field: string): Value | undefined {
  const { modality } = video;
  const pixels = video.fields.get('pixels');
  if (modality?.spec.kind !== 'video' || field !== 'frames' || pixels?.kind !== 'tensor') return undefined;
  const { height, width, channels } = modality.spec;
  const info: ModalityInfo = {
    ...modality,
    name: `${modality.name}.frames`,
    path: `${modality.path}.frames`,
    spec: { kind: 'image', height, width, channels },
    axes: [],
  };
  return { kind: 'record', fields: video.fields, modality: info, lead: pixels.dims.slice(0, -3) };
}

/** Whether a record of one modality may be given where the other is wanted: frames are pictures of their size. */
export function isOfModality(given: ModalityInfo | undefined, wanted: ModalityInfo): boolean {
  if (given === undefined) return false;
  if (given.path === wanted.path) return true;
  return (
    given.path.endsWith('.frames') &&
    given.spec.kind === 'image' &&
    wanted.spec.kind === 'image' &&
    given.spec.height === wanted.spec.height &&
    given.spec.width === wanted.spec.width
  );
}

export function recordFields(value: RecordValue): readonly string[] {
  const { modality, fields } = value;
  if (modality === undefined) return [...fields.keys()];
  const more = modality.spec.kind === 'video' ? ['frames'] : value.starts === undefined ? [] : ['starts'];
  return [...fields.keys(), ...more, ...modalityFields(modality)];
}
