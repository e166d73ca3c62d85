// What a process of `mm` ends with.

export const exit = {
  ok: 0,
  /** The user's spec, data or run is wrong. */
  wrong: 1,
  /** The command line is wrong. */
  usage: 2,
  /** A fault of ours: a report was written. */
  fault: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exit)[keyof typeof exit];
