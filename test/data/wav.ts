// WAV files made by hand, and what can be wrong with them.

export interface WavOptions {
  readonly rate?: number;
  readonly channels?: number;
  readonly bits?: 8 | 16 | 24 | 32 | 64;
  readonly float?: boolean;
  /** What the header says of the size of the samples. */
  readonly promised?: number;
  /** A chunk before the samples. */
  readonly before?: readonly [string, Uint8Array];
  readonly extensible?: boolean;
}

/** `samples` in order of channels, full scale 1. */
export function wav(samples: readonly number[], options: WavOptions = {}): Buffer {
  const { rate = 8000, channels = 1, bits = 16, float = false, extensible = false } = options;
  const data = Buffer.concat(samples.map(v => encoded(v, bits, float)));
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : float ? 3 : 1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE((rate * channels * bits) / 8, 8);
  format.writeUInt16LE((channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(float ? 3 : 1, 24);
  }
  const before = options.before === undefined ? [] : [chunk(...options.before)];
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', format),
    ...before,
    chunk('data', data, options.promised),
  ]);
  return chunk('RIFF', body);
}

function chunk(name: string, content: Uint8Array, promised = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, 'latin1');
  head.writeUInt32LE(promised, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

function encoded(value: number, bits: number, float: boolean): Buffer {
  const out = Buffer.alloc(bits / 8);
  if (float && bits === 32) out.writeFloatLE(value);
  else if (float) out.writeDoubleLE(value);
  else if (bits === 8) out.writeUInt8(Math.min(255, Math.round(value * 128) + 128));
  else {
    const full = 2 ** (bits - 1);
    out.writeIntLE(Math.min(full - 1, Math.round(value * full)), 0, bits / 8);
  }
  return out;
}

/** So many samples of a tone. */
export const tone = (samples: number, by = 0.3): readonly number[] =>
  Array.from({ length: samples }, (_, i) => 0.5 * Math.sin(by * i));
