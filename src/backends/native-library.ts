// Why a native library doesn't load, in words: the loader's own are for those who built it.

const causes: readonly (readonly [RegExp, (m: RegExpExecArray) => string])[] = [
  [/version `(GLIBC(?:XX)?_[\d.]+)' not found/, m => `this system's C library is too old: it lacks ${m[1]}`],
  [/NODE_MODULE_VERSION (\d+)/, m => `it was built for another Node (module version ${m[1]})`],
  [/undefined symbol: (\S+)/, m => `its parts don't fit each other: ${m[1]} is missing`],
  [
    /file too short|invalid ELF header|ELF file|not a mach-o file|slice is not valid/,
    () => 'its file is damaged',
  ],
  [/(\S+): cannot open shared object file: No such file or directory/, m => `the library ${m[1]} is missing`],
  [/cannot allocate memory|failed to map segment/i, () => 'there is not enough memory to load it'],
];

/** What is wrong, and the loader's own words. */
export function whyNotLoaded(e: unknown): string {
  const text = (e instanceof Error ? e.message : String(e)).split('\n')[0] ?? '';
  for (const [pattern, words] of causes) {
    const found = pattern.exec(text);
    if (found !== null) return `${words(found)} (${text})`;
  }
  return text;
}

/** Whether a runtime's text says that memory is exhausted. */
export const isOutOfMemory = (text: string): boolean =>
  /\bOOM\b|out of memory|resource exhausted|bad_alloc|failed to allocate memory|cannot allocate memory|array buffer allocation failed/i.test(
    text,
  );
