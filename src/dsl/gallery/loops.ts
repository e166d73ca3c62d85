// Bodies that run again and again: what scan goes along, carries and collects.

import { block, type Mistake } from './base.ts';

const signature = 'block total(x: float[N..., T, D]) -> float[N..., D]';

export const loops: readonly Mistake[] = [
  {
    name: 'a carry of scan that loses an axis',
    code: 'carry-changes',
    says: 'scan carries h, so its type must stay: it was float[N, D] and becomes float[N]',
    ...block(
      `${signature} {\n  let h = x[:, 0, :]\n  scan step in x {\n    «h» = sum(step, axis: -1)\n  }\n  return h\n}`,
      `${signature} {\n  let h = x[:, 0, :]\n  scan step in x {\n    h = h + step\n  }\n  return h\n}`,
    ),
  },
  {
    name: 'a scan that begins with a number',
    code: 'carry-changes',
    says: 'it was the number 0 and becomes float[N, D]',
    ...block(
      `${signature} {\n  let h = 0\n  scan step in x {\n    «h» = h + step\n  }\n  return h\n}`,
      `${signature} {\n  let h = expand(0, [N, D])\n  scan step in x {\n    h = h + step\n  }\n  return h\n}`,
    ),
  },
  {
    name: 'return in scan',
    code: 'return-in-loop',
    says: 'the body of scan runs once for each position, so it returns nothing',
    ...block(
      `${signature} {\n  let h = expand(0, [N, D])\n  scan step in x {\n    h = h + step\n    return «h»\n  }\n  return h\n}`,
      `${signature} {\n  let h = expand(0, [N, D])\n  scan step in x {\n    h = h + step\n  }\n  return h\n}`,
    ),
  },
  {
    name: 'a scan that changes nothing',
    code: 'scan-gives-nothing',
    why: 'A scan is read by what it hands on: the last value of what it carries, and what it collected at each position. A name that its body makes with let is gone after each position.',
    says: 'carries nothing and collects nothing',
    ...block(
      `${signature} {\n  «scan step in x »{\n    let h = 2 * step\n  }\n  return sum(x, axis: 1)\n}`,
      `${signature} {\n  scan step in x {\n    collect h = 2 * step\n  }\n  return sum(h, axis: 1)\n}`,
    ),
  },
  {
    name: 'collect outside of a scan',
    code: 'collect-misplaced',
    why: 'What is collected has one value for each position of the scanned axis, so each position must give it, and nothing else can.',
    says: 'collect h = … stands directly in the body of a scan',
    ...block(
      `${signature} {\n  «collect h = 2 * x»\n  return sum(x, axis: 1)\n}`,
      `${signature} {\n  let h = 2 * x\n  return sum(h, axis: 1)\n}`,
    ),
  },
  {
    name: 'collect in a branch',
    code: 'collect-misplaced',
    says: 'to choose between two, use where',
    ...block(
      `block kept(x: float[N..., T, D], twice: bool = false) {\n  let h = expand(0, [N, D])\n  scan step in x {\n    if twice {\n      «collect all = 2 * step»\n    }\n    h = h + step\n  }\n  return h\n}`,
      `block kept(x: float[N..., T, D], twice: bool = false) {\n  let h = expand(0, [N, D])\n  scan step in x {\n    collect all = 2 * step when twice else step\n    h = h + step\n  }\n  return { h, all }\n}`,
    ),
  },
  {
    name: 'two values of other lengths scanned together',
    code: 'dims-differ',
    says: 'scan goes through its values together: T and S differ',
    ...block(
      'block both(x: float[N..., T, D], y: float[N..., S, D]) {\n  let h = expand(0, [N, D])\n  scan a, b in x, «y» {\n    h = h + a * b\n  }\n  return h\n}',
      'block both(x: float[N..., T, D], y: float[N..., T, D]) {\n  let h = expand(0, [N, D])\n  scan a, b in x, y {\n    h = h + a * b\n  }\n  return h\n}',
    ),
  },
  {
    name: 'a scan along an axis that is not there',
    code: 'axis-out-of-range',
    says: 'scan goes along axis 1, the first behind the pack, unless it says: along 0',
    ...block(
      'block total(x: float[T]) {\n  let h = expand(0, [])\n  scan step in «x» {\n    h = h + step\n  }\n  return h\n}',
      'block total(x: float[T]) {\n  let h = expand(0, [])\n  scan step in x along 0 {\n    h = h + step\n  }\n  return h\n}',
    ),
  },
];
