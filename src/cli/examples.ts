// The examples at the end of a command's help.

/** Lines of a command and what it does, for `addHelpText('after', …)`. */
export function examples(...list: readonly (readonly [command: string, does: string])[]): string {
  const width = Math.max(...list.map(([command]) => command.length));
  return ['', 'Examples:', ...list.map(([command, does]) => `  $ ${command.padEnd(width)}   ${does}`)].join(
    '\n',
  );
}
