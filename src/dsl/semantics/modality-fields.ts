// What a modality's name gives by field, beside the tensors of its records: sizes, and a text's special tokens.

import type { ModalityInfo } from './model.ts';
import { textField, textFields } from './text-modality.ts';
import type { Frame } from './trace.ts';
import { int, type Value } from './values.ts';

/** undefined where the modality has no such field. */
export function modalityField(frame: Frame, info: ModalityInfo, field: string): Value | undefined {
  const { spec } = info;
  switch (spec.kind) {
    case 'image': {
      const size = imageSizes(spec).get(field);
      return size === undefined ? undefined : int(size);
    }
    case 'text':
      return textField(frame, info, field);
    default:
      return spec satisfies never;
  }
}

/** The names that `modalityField` knows. */
export function modalityFields(info: ModalityInfo): readonly string[] {
  const { spec } = info;
  switch (spec.kind) {
    case 'image':
      return [...imageSizes(spec).keys()];
    case 'text':
      return textFields(info);
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
