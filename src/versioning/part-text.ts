// A part as it was called: its block and the settings that aren't tensors, by name. What depends on the data's sizes
// isn't there.

import type { PartCall } from '../dsl/semantics/trace.ts';
import type { Value } from '../dsl/semantics/values.ts';

export function partText({ block, args }: PartCall): string {
  const settings = [...args].flatMap(([name, { value }]) => {
    const text = settingText(value);
    return text === undefined ? [] : [`${name}: ${text}`];
  });
  return settings.length === 0 ? block : `${block}(${settings.sort().join(', ')})`;
}

/** undefined: it isn't a setting. */
function settingText(value: Value): string | undefined {
  switch (value.kind) {
    case 'int':
      return typeof value.dim === 'number' ? String(value.dim) : undefined;
    case 'number':
      return value.value === undefined ? undefined : String(value.value);
    case 'quantity':
      return value.amount === undefined
        ? undefined
        : `${value.amount.numerator}/${value.amount.denominator} s^${value.power}`;
    case 'bool':
      return value.value === undefined ? undefined : String(value.value);
    case 'string':
      return JSON.stringify(value.value);
    case 'list': {
      const items = value.items.map(settingText);
      return items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
    }
    case 'block':
    case 'part':
    case 'space':
      return value.name;
    case 'intrinsic':
      return value.intrinsic.name;
    case 'modality':
      return value.info.name;
    case 'lambda':
      return 'a function of its own';
    case 'tensor':
    case 'record':
    case 'unknown-block':
    case 'search':
    case 'file':
    case 'model':
    case 'error':
      return undefined;
    default:
      return value satisfies never;
  }
}
