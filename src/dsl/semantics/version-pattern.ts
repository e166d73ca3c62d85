// The versions that a migration is from: "1.2.3", "1.2.x", "1.x".

/** Numbers from the first on; those that are missing may be any. */
export type Versions = readonly number[];

export function readVersions(text: string): Versions | undefined {
  if (!/^\d{1,9}(\.\d{1,9}){0,2}(\.x)?$/.test(text)) return undefined;
  const numbers = text.replace(/\.x$/, '').split('.').map(Number);
  return numbers.length === 3
    ? text.endsWith('x')
      ? undefined
      : numbers
    : text.endsWith('x')
      ? numbers
      : undefined;
}

/** Whether a version is one of them. */
export function matchesVersion(pattern: string, version: string): boolean {
  const numbers = versionNumbers(version);
  return readVersions(pattern)?.every((n, i) => n === numbers?.[i]) === true;
}

/** Whether some of the versions come before this one. */
export function comesBefore(versions: Versions, version: string): boolean {
  const own = versionNumbers(version);
  if (own === undefined) return false;
  const at = versions.findIndex((n, i) => n !== own[i]);
  return at < 0 ? versions.length < 3 : versions[at]! < own[at]!;
}

/** Whether a version may be of both. */
export function overlap(a: string, b: string): boolean {
  const [x, y] = [readVersions(a), readVersions(b)];
  if (x === undefined || y === undefined) return false;
  return x.every((n, i) => y[i] === undefined || n === y[i]);
}

/** From the earlier to the later. */
export function byVersion(a: string, b: string): number {
  const [x, y] = [readVersions(a) ?? [], readVersions(b) ?? []];
  for (const [i, n] of x.entries()) if (n !== y[i]) return n - (y[i] ?? n + 1);
  return x.length - y.length;
}

function versionNumbers(version: string): readonly number[] | undefined {
  return /^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(version) ? version.split('.').map(Number) : undefined;
}
