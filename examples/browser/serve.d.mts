/** Serves the files of a folder; gives the address, and how to end it. Port 0 takes a free one. */
export function serve(
  folder: string,
  port: number,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }>;
