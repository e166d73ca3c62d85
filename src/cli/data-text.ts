// A description of a batch's data as lines for a terminal, and as JSON without its pictures.

import type { DataDescription, FieldDescription, SampleText } from '../data/index.ts';
import type { Colors } from './output.ts';

const SHOWN_SKIPS = 10;
const SHOWN_TEXTS = 5;
const BAR = 32;

/** Everything but the pictures' bytes. */
export function dataJson(description: DataDescription): object {
  const fields = description.fields.map(field =>
    field.kind === 'image' || field.kind === 'audio' || field.kind === 'video'
      ? { ...field, samples: field.samples.length }
      : field,
  );
  return { ...description, fields };
}

export function dataText(description: DataDescription, paint: Colors): string {
  const { set, split, rows, size, batchesPerEpoch, skipped } = description;
  const epoch = batchesPerEpoch === undefined ? '' : ` = ${batchesPerEpoch} batches of ${size} an epoch`;
  const lines = [`${paint.bold(`${set}.${split}`)}  ${rows} rows${epoch}`];
  if (skipped.length > 0) {
    lines.push(paint.yellow(`  skipped ${skipped.length}:`));
    for (const { place, problem } of skipped.slice(0, SHOWN_SKIPS)) lines.push(`    ${place}: ${problem}`);
    if (skipped.length > SHOWN_SKIPS) lines.push(`    and ${skipped.length - SHOWN_SKIPS} more`);
  }
  for (const field of description.fields) lines.push(...fieldLines(field, paint));
  return lines.join('\n');
}

function fieldLines(field: FieldDescription, paint: Colors): string[] {
  const head = (what: string): string =>
    `  ${paint.cyan(field.name)}  ${what}${field.distinct ? ', no two equal in a batch' : ''}`;
  const declared = field.transforms.length === 0 ? [] : [`    augmented by ${field.transforms.join(', ')}`];
  switch (field.kind) {
    case 'image':
      return [head(`pictures ${field.height} × ${field.width} × ${field.channels}`), ...declared];
    case 'audio':
      return [head(recordings(field)), ...declared];
    case 'video':
      return [head(videos(field)), ...declared];
    case 'text': {
      const texts = field.lengths.reduce((n, l) => n + l.texts, 0);
      const { cut } = field;
      const lost =
        cut.texts === 0
          ? 'nothing is cut off'
          : `${cut.texts} of ${texts} are cut off (${percent(cut.texts / texts)}), ${cut.tokens} tokens in all`;
      return [
        head(`texts of up to ${field.length} of ${field.vocabulary} tokens; ${lost}`),
        ...declared,
        ...histogram(field.lengths, field.length, paint),
        ...field.samples.slice(0, SHOWN_TEXTS).flatMap(sample => sampleLines(sample, paint)),
      ];
    }
    case 'labels':
      return [head(`labels: ${field.counts.map(c => `${c.name} ${c.rows}`).join(', ')}`)];
    case 'number': {
      const [least, mean, greatest] = [field.least, field.mean, field.greatest].map(v =>
        Number(v.toPrecision(4)),
      );
      return [head(`numbers from ${least} to ${greatest}, mean ${mean}`)];
    }
    default:
      return field satisfies never;
  }
}

type Described<K> = Extract<FieldDescription, { kind: K }>;

export function recordings({ features, rate, most, seconds, cut }: Described<'audio'>): string {
  return `recordings at ${rate} Hz as ${features}, ${lengths(seconds)}; ${cutOff(cut, `${short(most)} s`)}`;
}

export function videos({ frames, height, width, rate, seconds, cut }: Described<'video'>): string {
  const size = `${frames} frames of ${height} × ${width} at ${short(rate)} a second`;
  return `videos as up to ${size}, ${lengths(seconds)}; ${cutOff(cut, `${short(frames / rate)} s`)}`;
}

const short = (x: number): string => String(Number(x.toPrecision(3)));

const lengths = ({ least, mean, greatest, total }: Described<'audio'>['seconds']): string => {
  const all = total < 120 ? `${short(total)} s` : `${short(total / 60)} minutes`;
  return `from ${short(least)} to ${short(greatest)} s, mean ${short(mean)} s, ${all} in all`;
};

const cutOff = (cut: number, most: string): string =>
  cut === 0 ? 'nothing is cut off' : `${cut} are longer than ${most} and cut off`;

export const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

function sampleLines(sample: SampleText, paint: Colors): string[] {
  const tokens = sample.tokens.map(t => `${visible(t.text)}${paint.dim(`·${t.id}`)}`).join(' ');
  return [
    `    ${sample.text}`,
    `      ${tokens}${sample.cut === '' ? '' : paint.yellow(`  cut off: ${sample.cut}`)}`,
    ...sample.augmented.map(text => paint.dim(`      → ${text}`)),
  ];
}

/** A space shows, and nothing that a terminal would act on. */
export const visible = (text: string): string =>
  text
    .replaceAll(' ', '␣')
    .replace(/[\p{Cc}\u2028\u2029]/gu, c => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

export interface LengthBin {
  readonly from: number;
  readonly to: number;
  readonly texts: number;
}

/** At most a dozen bins of equal width. */
export function lengthBins(
  lengths: readonly { readonly tokens: number; readonly texts: number }[],
): LengthBin[] {
  const longest = lengths.at(-1)?.tokens ?? 0;
  const width = Math.max(1, Math.ceil(longest / 12));
  const bins: LengthBin[] = [];
  for (let from = 1; from <= longest; from += width) {
    const to = from + width - 1;
    const texts = lengths.filter(l => l.tokens >= from && l.tokens <= to).reduce((n, l) => n + l.texts, 0);
    bins.push({ from, to, texts });
  }
  return bins;
}

function histogram(
  lengths: readonly { readonly tokens: number; readonly texts: number }[],
  limit: number,
  paint: Colors,
): string[] {
  const bins = lengthBins(lengths);
  const most = Math.max(1, ...bins.map(b => b.texts));
  return bins.map(({ from, to, texts }) => {
    const range = (from === to ? `${from}` : `${from}–${to}`).padStart(9);
    const bar = '█'.repeat(Math.ceil((BAR * texts) / most));
    return `    ${range} ${from > limit ? paint.yellow(bar) : bar} ${texts}`;
  });
}
