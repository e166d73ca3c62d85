// `modality clip: Video(frames: 32, height: 112, width: 112, rate: 4fps)`: pictures at a steady rate.

import { toNumber } from '../../base/rational.ts';
import type { CallExpr, ModalityMember } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import type { ModalityInfo } from './model.ts';
import { placeArgs, readChoice, readNumbers, readQuantity, type Setting } from './settings.ts';
import { complain, type Frame } from './trace.ts';

const side = { whole: true, least: 1, most: 4096 } as const;
const rateSetting = { name: 'rate', kind: 'frequency' } as const;
const longer = ['cut', 'refuse'] as const;

const numbers = [
  { name: 'frames', whole: true, least: 1, most: 65_536 },
  { name: 'height', ...side },
  { name: 'width', ...side },
] as const;

export const videoSettings = [
  ...numbers,
  rateSetting,
  { name: 'longer', kind: 'word', words: longer, fallback: 'cut' },
] as const satisfies readonly Setting[];

export function videoInfo(frame: Frame, member: ModalityMember, call: CallExpr): ModalityInfo | undefined {
  const names = videoSettings.map(s => s.name);
  const args = placeArgs(frame, call, 'Video', names);
  const sizes = readNumbers(frame, args, numbers);
  const rate = readQuantity(frame, args, rateSetting);
  const beyond = readChoice(frame, args, 'longer', longer, 'cut');
  if (sizes === undefined || rate === undefined || rate === 'absent' || beyond === undefined)
    return undefined;
  const hertz = toNumber(rate.amount);
  if (hertz > 1000 || hertz < 0.001) {
    const reason = `is from 0.001fps to 1000fps; it is ${rate.shown}`;
    complain(frame, 'bad-setting', { setting: 'rate of Video', reason }, rate.span);
    return undefined;
  }
  const [frames, height, width] = numbers.map(n => sizes.get(n.name) ?? 1) as [number, number, number];
  return {
    name: member.name.text,
    path: joinPath(frame.path, member.name.text),
    spec: { kind: 'video', frames, height, width, channels: 3, rate: hertz, longer: beyond },
    axes: [frames],
    components: [{ name: 'pixels', element: { kind: 'float' }, inner: [height, width, 3] }],
    vocabulary: undefined,
    span: member.span,
  };
}
