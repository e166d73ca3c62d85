// Resampling by a windowed sinc (Smith, Digital Audio Resampling), with a Hann window over six zero crossings either
// side and the cutoff at 0.99 of the lower rate's half: what torchaudio.functional.resample does by default.

const crossings = 6;
const rolloff = 0.99;

/** `samples` at a rate of `from` hertz, as they are at a rate of `to`. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const common = gcd(from, to);
  const [step, phases] = [from / common, to / common];
  const cutoff = Math.min(step, phases) * rolloff;
  const reach = Math.ceil((crossings * step) / cutoff);
  const kernels = Array.from({ length: phases }, (_, phase) => kernelOf(phase / phases, step, cutoff, reach));
  const out = new Float32Array(Math.ceil((samples.length * phases) / step));
  for (let i = 0; i < out.length; i++) {
    const phase = i % phases;
    const at = ((i - phase) / phases) * step;
    const { first, weights } = kernels[phase] as Kernel;
    let sum = 0;
    const start = at + first;
    const low = Math.max(0, -start);
    const high = Math.min(weights.length, samples.length - start);
    for (let k = low; k < high; k++) sum += (weights[k] as number) * (samples[start + k] as number);
    out[i] = sum;
  }
  return out;
}

interface Kernel {
  /** Where the first weight stands, from the block's start. */
  readonly first: number;
  readonly weights: Float64Array;
}

/** Weights of the input samples around a place `at` (in blocks of `step` samples), where they aren't zero. */
function kernelOf(at: number, step: number, cutoff: number, reach: number): Kernel {
  const center = at * step;
  const first = Math.max(-reach, Math.ceil(center - reach));
  const last = Math.floor(center + reach);
  const weights = Float64Array.from({ length: last - first + 1 }, (_, k) => {
    const t = Math.max(-crossings, Math.min(crossings, ((first + k) / step - at) * cutoff));
    const window = Math.cos((t * Math.PI) / crossings / 2) ** 2;
    const sinc = t === 0 ? 1 : Math.sin(t * Math.PI) / (t * Math.PI);
    return (sinc * window * cutoff) / step;
  });
  return { first, weights };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
