// `--data NAME=PATH`, as every command that reads data takes it.

import { InvalidArgumentError } from 'commander';

/** Collects repeated options; a wrong one is wrong usage. */
export function collectData(
  value: string,
  before: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const [, name, path] = /^([A-Za-z_]\w*)=(.+)$/.exec(value) ?? [];
  if (name === undefined || path === undefined)
    throw new InvalidArgumentError('give it as NAME=PATH, e.g. emoji=data/emoji.yaml');
  return new Map([...(before ?? []), [name, path]]);
}
