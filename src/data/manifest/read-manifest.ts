// YAML → Manifest. Every mistake is reported at the key that makes it, all at once.

import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { Ajv } from 'ajv';
import {
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';
import { buildManifest } from './build-manifest.ts';
import type { Manifest } from './manifest.ts';
import type { Raw } from './raw-manifest.ts';
import { manifestSchema } from './schema.ts';
import { schemaDiagnostics } from './schema-diagnostics.ts';

const MAX_BYTES = 1 << 20;

type Path = readonly (string | number)[];

/** Reads and checks the manifest of data set `set`. Paths in it start from its own folder. */
export function readManifest(set: string, file: string): Result<Manifest> {
  let text: string;
  try {
    const size = statSync(file).size;
    if (size > MAX_BYTES)
      return fail(
        dataDiagnostic(
          'too-large',
          { what: file, size: `${size} bytes`, limit: '1 MiB' },
          { span: undefined },
        ),
      );
    const bytes = readFileSync(file);
    if (!isUtf8(bytes)) return fail(notText(file));
    text = bytes.toString('utf8');
  } catch (error) {
    return fail(
      dataDiagnostic('manifest-unreadable', { file, problem: failure(error) }, { span: undefined }),
    );
  }
  return parseManifest(set, file, text);
}

const startOf = (file: string): Span => ({
  file,
  start: 0,
  end: 0,
  line: 1,
  column: 1,
  endLine: 1,
  endColumn: 1,
});

const notText = (file: string): Diagnostic =>
  dataDiagnostic('manifest-syntax', { problem: 'it holds binary data' }, { span: startOf(file) });

const fail = <T>(...diagnostics: Diagnostic[]): Result<T> => ({ value: undefined, diagnostics });

/** As readManifest, from text. */
export function parseManifest(set: string, file: string, text: string): Result<Manifest> {
  const lines = new LineCounter();
  const spanAt = (start: number, end: number): Span => {
    const from = lines.linePos(start);
    const to = lines.linePos(Math.max(start, end));
    return { file, start, end, line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  };
  const whole = (): Span => startOf(file);
  if (text.includes('\0')) return fail(notText(file));
  let value: unknown;
  let root: Node | null;
  try {
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
    if (document.errors.length > 0)
      return fail(
        ...tellingErrors(document.errors, at => lines.linePos(at).line).map(e =>
          dataDiagnostic(
            'manifest-syntax',
            { problem: firstLine(e.message) },
            { span: spanAt(e.pos[0], e.pos[1]) },
          ),
        ),
      );
    root = document.contents;
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return fail(dataDiagnostic('manifest-syntax', { problem: failure(error) }, { span: whole() }));
  }
  const spanOf = (path: Path): Span => {
    const range = keyRange(root, path);
    return range === undefined ? whole() : spanAt(range[0], range[1]);
  };
  const check = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile<Raw>(
    manifestSchema,
  );
  if (!check(value)) return fail(...schemaDiagnostics(check.errors ?? [], spanOf));
  return buildManifest(set, file, value, spanOf);
}

const MAX_ERRORS = 5;

/** The first error at each line; what comes after one is often its echo. */
function tellingErrors(errors: readonly YAMLParseError[], lineOf: (at: number) => number): YAMLParseError[] {
  const lines = new Set<number>();
  return errors.filter(
    e => lines.size < MAX_ERRORS && !lines.has(lineOf(e.pos[0])) && lines.add(lineOf(e.pos[0])),
  );
}

/** The parser's own words; it runs out of stack where brackets are nested thousands deep. */
const firstLine = (text: string): string =>
  /call stack/i.test(text) ? 'it is nested too deep' : (text.split('\n', 1)[0] ?? text);

/** The range of the key at a path, or of the item where the path ends in a list. */
function keyRange(root: Node | null, path: Path): readonly [number, number] | undefined {
  let node: unknown = root;
  let found: readonly [number, number] | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(p => isScalar(p.key) && String(p.key.value) === String(step));
      if (!isPair(pair) || !isScalar(pair.key)) return found;
      const range = pair.key.range;
      if (range) found = [range[0], range[1]];
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      if (item?.range) found = [item.range[0], item.range[1]];
      node = item;
    } else return found;
  }
  return found;
}
