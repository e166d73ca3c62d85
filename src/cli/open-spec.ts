// A spec named on the command line, opened for a command that compiles it.

import type { Diagnostic } from '../base/diagnostic.ts';
import { type OpenedSpec, openSpec } from '../train/model.ts';
import type { Context } from './context.ts';
import { loadSpec } from './load-spec.ts';

/** The model that is asked for, or what is wrong with the file. A spec with errors throws them as a TrainFailure. */
export function openSpecFile(
  file: string,
  variant: string | undefined,
  context: Context,
  without: readonly string[] = [],
): { readonly opened: OpenedSpec } | { readonly diagnostics: readonly Diagnostic[] } {
  const loaded = loadSpec(file);
  if (loaded.diagnostics !== undefined) return loaded;
  const onRead = (name: string, text: string): unknown => context.sources.set(name, text);
  const opened = openSpec({ file, text: loaded.text }, variant, onRead, without);
  return { opened };
}
