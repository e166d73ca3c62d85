// Bytes of a RIFF/WAVE file → its waveform, channels averaged. Headers lie: every size is held to what is there.

/** A problem is said of the recording: `is not …`. */
export type Waveform =
  | { readonly rate: number; readonly channels: number; readonly samples: Float32Array }
  | { readonly problem: string };

type Encoding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';

interface Format {
  readonly encoding: Encoding;
  readonly channels: number;
  readonly rate: number;
}

const bytesOf: Readonly<Record<Encoding, number>> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 };

export const leastRate = 1000;
export const mostRate = 384_000;
const mostChannels = 64;

export function decodeWav(bytes: Uint8Array): Waveform {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return { problem: notWave(bytes) };
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (tag(at) === 'fmt ') {
      if (start + size > bytes.length) return { problem: 'is cut off in its header' };
      const read = readFormat(view, start, size);
      if ('problem' in read) return read;
      format = read;
    } else if (tag(at) === 'data') {
      if (format === undefined) return { problem: 'has samples before it says what they are' };
      // A recorder that was stopped, or that streams, leaves 0 or all ones for the size: then the rest is data.
      const open = size === 0 || size === 0xffffffff;
      if (!open && start + size > bytes.length)
        return {
          problem: `is cut off: its header promises ${size} bytes of samples and ${bytes.length - start} are there`,
        };
      const data = open ? bytes.subarray(start) : bytes.subarray(start, start + size);
      return readSamples(data, format);
    }
    // Chunks are padded to even sizes.
    at = start + size + (size % 2);
  }
  return { problem: format === undefined ? 'has no format chunk' : 'has no samples' };
}

/** What else it may be, by its first bytes. */
function notWave(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  const is =
    head.startsWith('ID3') || /^\xff[\xe2-\xff]/.test(head)
      ? 'MP3'
      : head.startsWith('OggS')
        ? 'Ogg'
        : head.startsWith('fLaC')
          ? 'FLAC'
          : head.startsWith('RF64')
            ? 'RF64'
            : head.slice(4, 8) === 'ftyp'
              ? 'MP4'
              : undefined;
  return is === undefined ? 'is not a WAV file' : `is ${is}; recordings are read from WAV files`;
}

const pcm = 1;
const ieee = 3;
const extensible = 0xfffe;

function readFormat(view: DataView, at: number, size: number): Format | { readonly problem: string } {
  if (size < 16) return { problem: 'has a format chunk that is too short' };
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const block = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  let code = view.getUint16(at, true);
  // The true code of an extensible format is the start of its GUID.
  if (code === extensible && size >= 26) code = view.getUint16(at + 24, true);
  if (channels < 1 || channels > mostChannels) return { problem: `has ${channels} channels` };
  if (rate < leastRate || rate > mostRate) return { problem: `has a rate of ${rate}Hz` };
  const encoding = encodingOf(code, bits);
  if (encoding === undefined)
    return {
      problem: `has samples of a kind that is not read (format ${code}, ${bits} bits); plain PCM and floats are`,
    };
  if (block !== channels * bytesOf[encoding])
    return {
      problem: `contradicts itself: ${channels} channels of ${bits} bits in blocks of ${block} bytes`,
    };
  return { encoding, channels, rate };
}

function encodingOf(code: number, bits: number): Encoding | undefined {
  if (code === pcm) return ({ 8: 'u8', 16: 's16', 24: 's24', 32: 's32' } as const)[bits];
  if (code === ieee) return ({ 32: 'f32', 64: 'f64' } as const)[bits];
  return undefined;
}

function readSamples(data: Uint8Array, { encoding, channels, rate }: Format): Waveform {
  const each = bytesOf[encoding];
  const count = Math.floor(data.length / (each * channels));
  if (count === 0) return { problem: 'has no samples' };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const read = readers[encoding];
  const samples = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += read(view, (i * channels + c) * each);
    const mean = sum / channels;
    if (!Number.isFinite(mean))
      return { problem: `has a sample that is no number, at ${(i / rate).toFixed(3)}s` };
    samples[i] = mean;
  }
  return { rate, channels, samples };
}

/** Full scale is 1. */
const readers: Readonly<Record<Encoding, (view: DataView, at: number) => number>> = {
  u8: (view, at) => (view.getUint8(at) - 128) / 128,
  s16: (view, at) => view.getInt16(at, true) / 32_768,
  s24: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608,
  s32: (view, at) => view.getInt32(at, true) / 2_147_483_648,
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
};
