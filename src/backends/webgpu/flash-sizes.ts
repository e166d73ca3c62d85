// Sizes of a flash attention and the text of what both passes read: operands with guarded edges, biases where they
// broadcast, scores that causality or an edge hides.

import { flagAttr, input, inputType, type NodeQuery, numberAttr } from '../node-query.ts';
import { literalOf, type Slot } from './kernel.ts';

export interface FlashSizes {
  readonly batch: number;
  readonly heads: number;
  /** Heads of keys and values. */
  readonly groups: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly values: number;
  readonly scale: string;
  readonly causal: boolean;
  readonly bias: { readonly slot: Slot; readonly index: string } | undefined;
}

export function flashSizes(q: NodeQuery<Slot>, biasInput: number): FlashSizes {
  const [batch, heads, queries, width] = inputType(q, 0).shape as readonly [number, number, number, number];
  const [, groups, keys] = inputType(q, 1).shape as readonly [number, number, number, number];
  return {
    batch,
    heads,
    groups,
    queries,
    keys,
    width,
    values: inputType(q, 2).shape[3]!,
    scale: literalOf(numberAttr(q, 'scale'), 'f32'),
    causal: flagAttr(q, 'causal'),
    bias:
      q.inputs[biasInput] === undefined
        ? undefined
        : { slot: input(q, biasInput), index: biasIndex(inputType(q, biasInput).shape) },
  };
}

/** Where a bias of its own shape stands for the score of (batch, head, t, s): axes of size 1 are stood still on. */
function biasIndex(shape: readonly number[]): string {
  const full = [...Array.from({ length: 4 - shape.length }, () => 1), ...shape];
  const terms: string[] = [];
  let stride = 1;
  for (const [axis, name] of (['batch', 'head', 't', 's'] as const)
    .map((n, i) => [i, n] as const)
    .reverse()) {
    if (full[axis] !== 1) terms.push(stride === 1 ? name : `${name} * ${stride}u`);
    stride *= full[axis]!;
  }
  return terms.length === 0 ? '0u' : terms.join(' + ');
}

/** A function `NAME(r, c)` of rows from the variable `NAME_base`, 0 outside; `buffer` is the binding's name. */
export const loader = (name: string, buffer: string, rows: number, columns: number): string => `
var<private> ${name}_base: u32;
fn ${name}(r: u32, c: u32) -> f32 {
  if (r < ${rows}u && c < ${columns}u) { return ${buffer}[${name}_base + r * ${columns}u + c]; }
  return 0.0;
}
`;

/** `score(dot, batch, head, t, s)`, and `hidden(t, s)` where there is none. */
export const scoring = (sizes: FlashSizes, bias: string | undefined): string => `
fn hidden(t: u32, s: u32) -> bool {
  return t >= ${sizes.queries}u || s >= ${sizes.keys}u${sizes.causal ? ' || s > t' : ''};
}
fn score(dot: f32, batch: u32, head: u32, t: u32, s: u32) -> f32 {
  ${
    sizes.bias === undefined || bias === undefined
      ? `return dot * ${sizes.scale};`
      : `if (hidden(t, s)) { return 0.0; }
  return dot * ${sizes.scale} + ${bias}[${sizes.bias.index}];`
  }
}
`;
