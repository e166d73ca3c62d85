// What it means that pip or npm could not fetch something, read from their words.

import { failure, type InstallFailure } from './diagnostics.ts';
import { type Outcome, reasonIn } from './run-tool.ts';

interface Asked {
  /** What was to be fetched: tensorflow-cpu 2.21.0. */
  readonly what: string;
  readonly tool: 'pip' | 'npm';
  readonly folder: string;
}

const full = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|Errno 28\b/i;
const cut =
  /IncompleteRead|Connection broken|Read timed out|ReadTimeout|ECONNRESET|ERR_STREAM_PREMATURE_CLOSE|incomplete-download|not enough bytes|Premature close|Wheel '.*' located at .* is invalid/i;
const unreachable =
  /NewConnectionError|NameResolutionError|Name or service not known|Temporary failure in name resolution|ConnectTimeout|Failed to establish|ProxyError|SSLError|Connection refused|Max retries exceeded|Network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|CERT_|self.signed/i;
const absent = /No matching distribution|Could not find a version|\bE404\b|\bETARGET\b|404 Not Found/i;

/** In this order: pip calls an index that it can't reach a broken connection, and says at last that there is no such version. */
export function fetchFailure(outcome: Outcome, { what, tool, folder }: Asked): InstallFailure {
  const text = `${outcome.out}\n${outcome.err}`;
  const why = lineWith(text, [full, unreachable, cut]) ?? reasonIn(outcome);
  if (full.test(text)) return failure('disk-filled', { folder, what });
  if (unreachable.test(text)) return failure('no-network', { what, why });
  if (cut.test(text)) return failure('download-cut', { what, why });
  if (absent.test(text)) return failure('not-on-index', { what, why: reasonIn(outcome) });
  return failure('download-failed', { what, tool, why });
}

function lineWith(text: string, patterns: readonly RegExp[]): string | undefined {
  const lines = text.split('\n').map(l => l.trim());
  for (const pattern of patterns) {
    const told = lines.filter(l => pattern.test(l));
    const line = told.find(l => l.includes('reason:')) ?? told.at(-1);
    if (line !== undefined) return inShort(line);
  }
  return undefined;
}

/** Without what pip and npm put around the reason. */
function inShort(line: string): string {
  const bare = line
    .replace(/^npm error /, '')
    .replace(/^WARNING: Retrying .* after connection broken by '(.*)': \S*$/, '$1')
    .replace(/<pip\._vendor[^>]*>: /, '');
  return bare.length > 300 ? `${bare.slice(0, 300)}…` : bare;
}
