// A command run in this process, with what it wrote to either stream.

import { main } from '../../src/cli/main.ts';
import { channel } from '../../src/cli/output.ts';

export async function mm(...args: readonly string[]) {
  const text = { out: [] as string[], err: [] as string[] };
  const plain = { color: false, terminal: false };
  const output = {
    out: channel(t => void text.out.push(t), plain),
    err: channel(t => void text.err.push(t), plain),
  };
  const code = await main(args, output);
  return { code, out: text.out.join(''), err: text.err.join('') };
}
