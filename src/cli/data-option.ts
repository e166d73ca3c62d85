// `--data NAME=PATH`, as every command that reads data takes it, and `--run-of NAME=DIR`.

import { InvalidArgumentError } from 'commander';

type Named = ReadonlyMap<string, string>;

/** Collects repeated options; a wrong one is wrong usage. */
const collect =
  (form: string, example: string) =>
  (value: string, before: Named | undefined): Named => {
    const [, name, path] = /^([A-Za-z_][\w.]*)=(.+)$/.exec(value) ?? [];
    if (name === undefined || path === undefined)
      throw new InvalidArgumentError(`give it as ${form}, e.g. ${example}`);
    return new Map([...(before ?? []), [name, path]]);
  };

export const collectData = collect('NAME=PATH', 'emoji=data/emoji.yaml');
export const collectRuns = collect('NAME=DIR', 'Bert=runs/bert-1');
