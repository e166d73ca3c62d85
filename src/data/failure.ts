// What a library or the system threw, as one line for a diagnostic.

const known: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its links go in a circle',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
};

export function failure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && known[code] !== undefined) return known[code];
  if (error instanceof RangeError && /call stack/i.test(error.message)) return 'it is nested too deep';
  return (error.message.split('\n', 1)[0] ?? '').slice(0, 300);
}
