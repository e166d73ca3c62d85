// ONNX Runtime's own profile of a session: a file of events, read back to the nodes of our graph by the names that
// emit-graph.ts gives.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeTimes } from '../engine.ts';

export interface Profiles {
  /** What the file of an entry's profile begins with. */
  prefix(entry: string): string;
  /** The times of an entry whose graph has so many nodes, once its profiling has ended. */
  read(entry: string, nodes: number): NodeTimes;
  remove(): void;
}

/** The profiles of one session's entries, in a folder of their own. */
export function createProfiles(): Profiles {
  const folder = mkdtempSync(join(tmpdir(), 'mmlang-profile-'));
  const places = new Map<string, string>();
  return {
    prefix(entry) {
      const place = `entry${places.size}`;
      places.set(entry, place);
      return join(folder, place);
    },
    read(entry, nodes) {
      const place = places.get(entry);
      const file = readdirSync(folder).find(f => place !== undefined && f.startsWith(`${place}_`));
      if (file === undefined) throw new Error(`ONNX Runtime wrote no profile of entry ${entry}`);
      return nodeTimes(JSON.parse(readFileSync(join(folder, file), 'utf8')), nodes);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
}

/** Ends the names of the events that time a kernel; others time its inputs and outputs. */
const kernelTime = '_kernel_time';

/** The events of a profile by node: names of ONNX nodes begin with the place of the node that they come from. */
export function nodeTimes(profile: unknown, nodes: number): NodeTimes {
  const events = (Array.isArray(profile) ? profile : []).filter(isEvent);
  const all = events.filter(e => e.cat === 'Session' && e.name === 'model_run').sort((a, b) => a.ts - b.ts);
  const runs = all.length > 1 ? all.slice(1) : all;
  if (runs.length === 0) throw new Error('the profile of ONNX Runtime holds no run');
  const kernels = events
    .filter(e => e.cat === 'Node' && e.name.endsWith(kernelTime))
    .sort((a, b) => a.ts - b.ts);
  const seconds = runs.map(() => new Float64Array(nodes));
  const between = runs.map(run => run.dur / 1e6);
  let started = 0;
  let at = 0;
  for (const kernel of kernels) {
    while (at < runs.length && kernel.ts > runs[at]!.ts + runs[at]!.dur) at++;
    if (at === runs.length) break;
    if (kernel.ts < runs[at]!.ts) continue;
    started++;
    const index = Number.parseInt(kernel.name, 10);
    const times = seconds[at]!;
    // What is written for outputs alone has no number.
    if (!(index < times.length)) continue;
    times[index]! += kernel.dur / 1e6;
    between[at]! -= kernel.dur / 1e6;
  }
  return {
    seconds: Array.from({ length: nodes }, (_, i) => median(seconds.map(s => s[i]!))),
    between: Math.max(0, median(between)),
    kernels: Math.round(started / runs.length),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function isEvent(value: unknown): value is Event {
  if (typeof value !== 'object' || value === null) return false;
  const { cat, name, ts, dur } = value as Partial<Record<keyof Event, unknown>>;
  return (
    typeof cat === 'string' && typeof name === 'string' && typeof ts === 'number' && typeof dur === 'number'
  );
}
