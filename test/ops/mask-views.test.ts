// Keeps that went through reshapes, stretches and transposes come back as what they were.

import { expect, test } from 'vitest';
import { type Builder, createBuilder } from '../../src/ir/builder.ts';
import type { Keep } from '../../src/ir/op.ts';
import { narrowKeep } from '../../src/ops/mask-views.ts';
import { ops } from '../../src/ops/registry.ts';

function start(): { readonly b: Builder; readonly mask: number } {
  const b = createBuilder('masks', ops);
  return { b, mask: b.input('mask', 'feed', { dtype: 'bool', shape: [4, 6] }) };
}

const shaped = (b: Builder, mask: number, shape: readonly number[]): number =>
  b.one('reshape', [mask], { shape });

function stretched(b: Builder, mask: number): number {
  return b.one('broadcast', [shaped(b, mask, [4, 1, 6])], { shape: [4, 2, 6] });
}

test('heads folded into the batch and unfolded', () => {
  const { b, mask } = start();
  const folded = shaped(b, stretched(b, mask), [8, 6]);
  const back: Keep = { mask: shaped(b, folded, [4, 2, 6]), axes: [0, 1, 2] };
  expect(narrowKeep(b, back)).toEqual({ mask, axes: [0, 2] });
});

test('an axis of 1 that came and went', () => {
  const { b, mask } = start();
  expect(narrowKeep(b, { mask: shaped(b, shaped(b, mask, [1, 4, 6]), [4, 6]), axes: [0, 2] })).toEqual({
    mask,
    axes: [0, 2],
  });
});

test('an axis of 1 beside one that the mask doesn’t cover', () => {
  const { b, mask } = start();
  const first = b.one('slice', [mask], { starts: [0, 0], limits: [4, 1], strides: [1, 1] });
  const wide = b.one('broadcast', [shaped(b, first, [4, 1, 1])], { shape: [4, 1, 5] });
  const narrow = narrowKeep(b, { mask: shaped(b, wide, [4, 5]), axes: [0, 1] });
  expect(narrow.axes).toEqual([0]);
  expect(b.producer(narrow.mask)).toMatchObject({ op: 'reshape', inputs: [first] });
});

test('axes in another order are one transpose', () => {
  const { b, mask } = start();
  const turned = b.one('transpose', [stretched(b, mask)], { perm: [2, 1, 0] });
  const { mask: narrow, axes } = narrowKeep(b, { mask: turned, axes: [0, 1, 3] });
  expect(axes).toEqual([0, 3]);
  expect(b.producer(narrow)).toMatchObject({ op: 'transpose', inputs: [mask], attrs: { perm: [1, 0] } });
});

test('what regroups the mask’s own axes stays', () => {
  const { b, mask } = start();
  for (const shape of [[24], [3, 8], [8, 3]]) {
    const keep: Keep = { mask: shaped(b, mask, shape), axes: shape.map((_, i) => i) };
    expect(narrowKeep(b, keep)).toBe(keep);
  }
  const merged: Keep = { mask: shaped(b, stretched(b, mask), [8, 6]), axes: [0, 1] };
  expect(narrowKeep(b, merged)).toBe(merged);
});
