// What a recording becomes: its waveform, or features of overlapping windows of it. Shared by the checker, which
// counts the frames, and by the data's side, which computes them.

/** Conventions of a mel spectrogram, each of them named, since implementations differ in all of them. */
export interface MelSettings {
  readonly bands: number;
  /** In samples, as is `hop`. */
  readonly window: number;
  readonly hop: number;
  /** Points of the Fourier transform; the window stands in zeros where it is shorter. */
  readonly fft: number;
  /** In hertz, as is `high`: the ends of the lowest and of the highest band. */
  readonly low: number;
  readonly high: number;
  /** How pitch grows with frequency. */
  readonly scale: 'slaney' | 'htk';
  /** Each band's weights have unit area over frequency (slaney), or a peak of 1. */
  readonly norm: 'slaney' | 'none';
  /** Magnitudes to this power: 1 or 2. */
  readonly power: number;
  readonly log: 'natural' | 'ten' | 'decibel';
  /** The least value that a logarithm is taken of. */
  readonly floor: number;
  /** Values farther than this below a recording's largest are raised to it; undefined: none are. */
  readonly range: number | undefined;
  /** Windows are centred at every hop and see the ends mirrored or zeros; or only whole windows are taken. */
  readonly edges: 'reflect' | 'zero' | 'whole';
  /** Pre-emphasis: x[t] − emphasis · x[t − 1]. */
  readonly emphasis: number;
}

export type AudioFeatures =
  | ({ readonly kind: 'log_mel' } & MelSettings)
  | ({
      readonly kind: 'mfcc';
      readonly coefficients: number;
      /** Cepstral liftering: coefficient k is scaled by 1 + lifter / 2 · sin(π k / lifter); 0 is none. */
      readonly lifter: number;
    } & MelSettings);

/** How many numbers each frame has. */
export const featureChannels = (features: AudioFeatures): number =>
  features.kind === 'mfcc' ? features.coefficients : features.bands;

/** Frames of so many samples, at least one. Centred windows stand at 0, hop, 2 · hop, … before the end. */
export function frameCount(samples: number, { window, hop, edges }: MelSettings): number {
  return edges === 'whole'
    ? 1 + Math.floor(Math.max(0, samples - window) / hop)
    : Math.max(1, Math.floor(samples / hop));
}
