// The version number that a change calls for (semver.org): major where an export is gone, takes, gives or computes
// something else, or old weights no longer load as they are; minor where something was added and all that was there
// still stands; patch where nothing but recipes moved.

import type { Judgement } from './verdict.ts';

export const calls = ['none', 'patch', 'minor', 'major'] as const;
export type Call = (typeof calls)[number];

export function callOf({ verdict, weights, exports }: Judgement): Call {
  const breaks = exports.some(e => e.verdict !== 'identical' && e.verdict !== 'added');
  const stands = weights.every(w => w.verdict === 'identical' || w.verdict === 'fresh');
  if (breaks || !stands || verdict === 'changes meaning') return 'major';
  if (exports.some(e => e.verdict === 'added') || weights.some(w => w.verdict === 'fresh')) return 'minor';
  return verdict === 'identical' ? 'none' : 'patch';
}

/** What was raised between two versions; undefined where one isn't a version, or the second isn't higher. */
export function raised(from: string, to: string): Call | undefined {
  const [a, b] = [numbers(from), numbers(to)];
  if (a === undefined || b === undefined) return undefined;
  const at = a.findIndex((n, i) => n !== b[i]);
  if (at < 0) return 'none';
  return a[at]! < b[at]! ? (['major', 'minor', 'patch'] as const)[at] : undefined;
}

/** Before 1.0.0 a minor number says what a major one says later (semver.org, 4 and common practice). */
export function isEnough(from: string, to: string, call: Call): boolean {
  const step = raised(from, to);
  if (step === undefined) return false;
  const needed = to.startsWith('0.') ? neededOf(from, call) : call;
  return calls.indexOf(step) >= calls.indexOf(needed);
}

/** The least version that is enough; undefined where `from` isn't three numbers. */
export function leastVersion(from: string, call: Call): string | undefined {
  const was = numbers(from);
  if (was === undefined) return undefined;
  const steps: readonly Call[] = ['major', 'minor', 'patch'];
  const at = steps.indexOf(neededOf(from, call));
  return was.map((n, i) => (at < 0 || i < at ? n : i === at ? n + 1 : 0)).join('.');
}

function neededOf(from: string, call: Call): Call {
  if (!from.startsWith('0.')) return call;
  return call === 'major' ? 'minor' : call === 'minor' ? 'patch' : call;
}

function numbers(version: string): readonly number[] | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(version);
  return match === null ? undefined : match.slice(1).map(Number);
}
