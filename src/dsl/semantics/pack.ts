// The pack: leading dims of a call folded into one on the way into a block and put back on the way out.

import { moveOp } from './soft.ts';
import { compareDims, type Frame } from './trace.ts';
import type { Binding, Pack } from './types.ts';
import type { TensorValue, Value } from './values.ts';

/** The value with its leading dims as one; its masks are kept to be put back where the result unfolds. */
export function fold(body: Frame, binding: Binding, value: TensorValue, lead: number): TensorValue {
  const pack = binding.pack;
  if (pack === undefined || lead === 1) return value;
  const folded = moveOp(body, pack.span, 'reshape', value, last => ({
    shape: [pack.folded, ...value.dims.slice(lead), ...last],
  }));
  if (folded.kind === 'error') return value;
  for (const [i, keep] of folded.keeps.entries()) {
    const outside = value.keeps[i];
    if (outside !== undefined && folded.keeps.length === value.keeps.length) {
      pack.restored.set(keep.mask, outside);
      if (body.trace.prefixes.has(outside.mask) && outside.axes.some(a => a >= lead))
        body.trace.prefixes.add(keep.mask);
    }
  }
  return folded;
}

/** A result whose first dim is the pack, with the pack's dims outside again. */
export function unfold(body: Frame, pack: Pack | undefined, value: Value, leads: boolean): Value {
  if (pack === undefined || pack.outer.length === 1) return value;
  if (value.kind === 'record') {
    const [first, ...inner] = value.lead;
    const folded = first !== undefined && compareDims(body.trace.facts, first, pack.folded) === 'equal';
    return {
      ...value,
      lead: folded && leads ? [...pack.outer, ...inner] : value.lead,
      fields: new Map([...value.fields].map(([name, v]) => [name, unfold(body, pack, v, leads)])),
    };
  }
  if (value.kind !== 'tensor' || !leads || value.dims.length === 0) return value;
  const first = value.dims[0];
  if (first === undefined || compareDims(body.trace.facts, first, pack.folded) !== 'equal') return value;
  const shift = pack.outer.length - 1;
  const out = moveOp(body, pack.span, 'reshape', value, last => ({
    shape: [...pack.outer, ...value.dims.slice(1), ...last],
  }));
  if (out.kind === 'error') return value;
  const keeps = value.keeps.map((keep, i) => {
    const outside = pack.restored.get(keep.mask);
    const span = outside?.axes.filter(a => a < pack.outer.length).length ?? 0;
    // The same mask in the same places: the one from outside stands for it again.
    if (outside !== undefined && keep.axes[0] === 0) {
      return {
        mask: outside.mask,
        axes: [...outside.axes.slice(0, span), ...keep.axes.slice(1).map(a => a + shift)],
      };
    }
    return out.keeps[i] ?? keep;
  });
  return { ...out, keeps };
}
