import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageTransforms, type TransformRule, textTransforms } from '../../src/base/transform.ts';
import { checkTransforms } from '../../src/data/index.ts';
import { drawPicture, planPicture } from '../../src/data/picture/transform.ts';
import { keyedDraws } from '../../src/data/random.ts';
import { transformText, transformTokens } from '../../src/data/text/transform.ts';
import { imageField, textField, transform } from './specs.ts';

const size = { height: 8, width: 8 };

/** Opaque; red grows to the right, green downwards. */
const ramp = (): Uint8Array => {
  const rgba = new Uint8Array(8 * 8 * 4);
  for (let y = 0; y < 8; y++)
    for (let x = 0; x < 8; x++) rgba.set([x * 30, y * 30, 100, 255], (y * 8 + x) * 4);
  return rgba;
};

function draw(name: string, settings: Record<string, number>, rgba = ramp(), seed = 1): Float32Array {
  const draws = keyedDraws(seed, 'test');
  const plan = planPicture([transform(name, settings)], draws, size);
  const out = new Float32Array(8 * 8 * 3);
  drawPicture(rgba, 0, size, 3, plan, draws, out, 0);
  return out;
}

const plain = draw('shift', { pixels: 0 });
const at = (pixels: Float32Array, x: number, y: number): number[] => [
  ...pixels.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3),
];
const to255 = (p: number): number => Math.round((p + 1) * 127.5);

describe('pictures', () => {
  it('are p / 127.5 − 1 on white as they are', () => {
    expect(at(plain, 3, 2).map(to255)).toEqual([90, 60, 100]);
    const half = ramp();
    half[3] = 0;
    half[7] = 128;
    const clear = draw('shift', { pixels: 0 }, half);
    expect(at(clear, 0, 0).map(to255)).toEqual([255, 255, 255]);
    expect(at(clear, 1, 0).map(to255)).toEqual([142, 127, 177]);
  });

  it('mirror exactly', () => {
    const mirrored = draw('mirror', { share: 1 });
    for (let x = 0; x < 8; x++)
      for (let y = 0; y < 8; y++) expect(at(mirrored, x, y)).toEqual(at(plain, 7 - x, y));
    expect(draw('mirror', { share: 0 })).toEqual(plain);
  });

  it('move what is drawn and show white behind it', () => {
    const draws = keyedDraws(1, 'test');
    const plan = { ...planPicture([], draws, size), place: [1, 0, 2 / 4, 0, 1, 0] as const };
    const out = new Float32Array(192);
    drawPicture(ramp(), 0, size, 3, plan, draws, out, 0);
    expect(at(out, 1, 3).map(to255)).toEqual(at(plain, 3, 3).map(to255));
    expect(at(out, 7, 3).map(to255)).toEqual([255, 255, 255]);
  });

  it('turn by a half turn when told to', () => {
    const draws = { ...keyedDraws(1, 'test'), between: () => 1 };
    const plan = planPicture([transform('rotate', { degrees: 180 })], draws, size);
    const out = new Float32Array(192);
    drawPicture(ramp(), 0, size, 3, plan, draws, out, 0);
    expect(at(out, 2, 5).map(to255)).toEqual(at(plain, 5, 2).map(to255));
  });

  it('lose their colour, are inverted, stay within bounds', () => {
    const [r, g, b] = at(draw('grey', { share: 1 }), 3, 2).map(to255);
    expect([r, g, b]).toEqual([83, 83, 83]);
    expect(at(draw('invert', { share: 1 }), 3, 2).map(to255)).toEqual([165, 195, 155]);
    for (const [name, settings] of [
      ['brightness', { by: 1 }],
      ['contrast', { by: 2 }],
      ['colour', { by: 2 }],
      ['hue', { degrees: 180 }],
    ] as const)
      for (let seed = 0; seed < 20; seed++)
        for (const p of draw(name, settings, ramp(), seed)) {
          expect(p).toBeGreaterThanOrEqual(-1.0001);
          expect(p).toBeLessThanOrEqual(1.0001);
        }
  });

  it('keep transparent places white under colour changes, and coloured on a background', () => {
    const clear = new Uint8Array(8 * 8 * 4);
    expect(draw('brightness', { by: 1 }, clear).every(p => p === 1)).toBe(true);
    const background = draw('background', { share: 1 }, clear);
    expect(new Set(background).size).toBeLessThanOrEqual(3);
    expect(background[0]).not.toBe(1);
  });

  it('lose a patch of the declared size', () => {
    const erased = draw('erase', { share: 1, from: 0.5, to: 0.5 });
    const changed = Array.from({ length: 64 }, (_, i) => i).filter(i => erased[i * 3] !== plain[i * 3]);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.length).toBeLessThanOrEqual(16);
  });

  it.each(Object.entries(imageTransforms as Record<string, TransformRule>))(
    '%s depends on its key alone and does something',
    (name, rule) => {
      const settings = Object.fromEntries(
        Object.entries(rule.settings).map(([key, s]) => [
          key,
          key === 'from' ? Math.max(s.min, 0.5) : Math.min(1, s.max),
        ]),
      );
      const rgba = ramp();
      rgba[3] = 0;
      expect(draw(name, settings, rgba, 3)).toEqual(draw(name, settings, rgba, 3));
      const seeds = Array.from({ length: 8 }, (_, seed) => draw(name, settings, rgba, seed));
      expect(
        seeds.some(
          p =>
            Buffer.compare(Buffer.from(p.buffer), Buffer.from(draw('shift', { pixels: 0 }, rgba).buffer)) !==
            0,
        ),
      ).toBe(true);
    },
  );
});

describe('captions', () => {
  const caption = 'flag: Norway: flag, nordic, north';
  const change = (name: string, settings: Record<string, number>, seed = 1): string =>
    transformText(caption, [transform(name, settings)], keyedDraws(seed, 'c'));

  it('keep their title and all tags when shuffled', () => {
    const changed = Array.from({ length: 10 }, (_, seed) => change('shuffle', { share: 1 }, seed));
    expect(new Set(changed).size).toBeGreaterThan(1);
    for (const text of changed) {
      expect(text.startsWith('flag: Norway: ')).toBe(true);
      expect(text.slice(14).split(', ').sort()).toEqual(['flag', 'nordic', 'north']);
    }
  });

  it('lose tags but one, the tags, or the title', () => {
    expect(change('only_title', { share: 1 })).toBe('flag: Norway');
    expect(change('drop_title', { share: 1 })).toBe('flag, nordic, north');
    for (let seed = 0; seed < 20; seed++)
      expect(change('drop_tags', { most: 1 }, seed)).toMatch(/^flag: Norway: \w/);
    expect(transformText('no tags', [transform('drop_title', { share: 1 })], keyedDraws(1, 'c'))).toBe(
      'no tags',
    );
  });

  it('lose words in order, and tokens but one', () => {
    expect(change('words', { from: 1, to: 1 })).toBe(caption);
    expect(change('words', { from: 0, to: 0 }).split(' ')).toHaveLength(1);
    const drop = [transform('drop', { share: 1 })];
    expect(transformTokens([5, 6, 7], drop, keyedDraws(1, 'c'))).toEqual([7]);
    expect(transformTokens([], drop, keyedDraws(1, 'c'))).toEqual([]);
  });

  it('never crash on any text', () => {
    const all = Object.entries(textTransforms as Record<string, TransformRule>).map(([name, rule]) =>
      transform(name, Object.fromEntries(Object.keys(rule.settings).map(k => [k, 0.5]))),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, seed) => {
        expect(typeof transformText(text, all, keyedDraws(seed, 'c'))).toBe('string');
      }),
    );
  });
});

describe('checking declared transforms', () => {
  const check = (field = imageField(1)) => {
    const { value, diagnostics } = checkTransforms(field);
    return diagnostics.length > 0
      ? diagnostics.map(d => `${d.code}: ${d.message}${d.help === undefined ? '' : ` | ${d.help}`}`)
      : value?.map(t => t.settings);
  };

  it('fills in defaults and takes settings by position', () => {
    expect(
      check(
        imageField(1, [
          transform('erase', { 0: 0.3 }),
          transform('mirror'),
          transform('crop', { '0.from': 0.5, '0.to': 1 }),
        ]),
      ),
    ).toEqual([{ share: 0.3, from: 0.125, to: 0.4 }, { share: 0.5 }, { from: 0.5, to: 1 }]);
  });

  it('names what is unknown, out of bounds, missing or for something else', () => {
    const transforms = [
      transform('shfit', { 0: 2 }),
      transform('shuffle'),
      transform('shift', { pixel: 2 }),
      transform('shift', { 0: 1, 1: 2 }),
      transform('grey', { share: 2 }),
      transform('shift'),
      transform('crop', { from: 0.9, to: 0.1 }),
      transform('shift', { '0.from': 1, '0.to': 2 }),
      transform('shift', { pixels: Number.NaN }),
    ];
    expect(check(imageField(1, transforms))).toEqual([
      'transform-unknown: there is no transform shfit | did you mean shift?',
      'transform-modality: shuffle is for text, and picture is image',
      'transform-setting: shift: it has no setting pixel; it takes pixels',
      'transform-setting: shift: it takes pixels, and more is given',
      'transform-setting: grey: share is 2, and goes from 0 to 1',
      'transform-setting: shift: pixels is missing (farthest move along each axis, in pixels)',
      'transform-setting: crop: it goes from 0.9 to 0.1: the smaller one first',
      'transform-setting: shift: it takes pixels, and a range is given',
      'transform-setting: shift: pixels is NaN, and goes from 0 to 4096',
    ]);
    expect(check(textField(1, [transform('mirror')]))).toEqual([
      'transform-modality: mirror is for image or video, and caption is text',
    ]);
  });
});

it('stand in docs/data.md, every one with its settings', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/data.md'), 'utf8').split('\n');
  const rules: Record<string, TransformRule> = { ...imageTransforms, ...textTransforms };
  for (const [name, rule] of Object.entries(rules)) {
    const line = docs.find(l => l.startsWith(`| \`${name}\` |`));
    expect(line).toContain(rule.doc);
    for (const [key, setting] of Object.entries(rule.settings)) {
      expect(line).toContain(`\`${key}\``);
      expect(line).toContain(setting.doc);
    }
  }
});
