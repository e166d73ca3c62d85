// Triangular bands on the mel scale, as librosa.filters.mel has them: of Slaney's Auditory Toolbox (linear below 1 kHz,
// logarithmic above) or of HTK (2595 · log₁₀(1 + f / 700)).

import type { MelSettings } from '../../base/audio.ts';

/** The weights of one band over the bins of the spectrum, from bin `first` on. */
export interface Band {
  readonly first: number;
  readonly weights: Float64Array;
}

interface Scale {
  readonly toMel: (hertz: number) => number;
  readonly toHertz: (mel: number) => number;
}

const slope = 200 / 3;
const knee = 1000;
const step = Math.log(6.4) / 27;

const scales: Readonly<Record<MelSettings['scale'], Scale>> = {
  slaney: {
    toMel: f => (f < knee ? f / slope : knee / slope + Math.log(f / knee) / step),
    toHertz: m => (m < knee / slope ? m * slope : knee * Math.exp((m - knee / slope) * step)),
  },
  htk: {
    toMel: f => 2595 * Math.log10(1 + f / 700),
    toHertz: m => 700 * (10 ** (m / 2595) - 1),
  },
};

export function melBands(settings: MelSettings, rate: number): readonly Band[] {
  const { bands, fft, low, high, scale, norm } = settings;
  const { toMel, toHertz } = scales[scale];
  const [from, to] = [toMel(low), toMel(high)];
  const corners = Array.from({ length: bands + 2 }, (_, i) =>
    toHertz(from + ((to - from) * i) / (bands + 1)),
  );
  const bins = Array.from({ length: fft / 2 + 1 }, (_, k) => (k * rate) / fft);
  return Array.from({ length: bands }, (_, b) => {
    const [left, peak, right] = corners.slice(b, b + 3) as [number, number, number];
    const area = norm === 'slaney' ? 2 / (right - left) : 1;
    const weight = (f: number): number =>
      area * Math.max(0, Math.min((f - left) / (peak - left), (right - f) / (right - peak)));
    const first = bins.findIndex(f => weight(f) > 0);
    if (first < 0) return { first: 0, weights: new Float64Array(0) };
    const last = bins.findLastIndex(f => weight(f) > 0);
    return { first, weights: Float64Array.from(bins.slice(first, last + 1), weight) };
  });
}
