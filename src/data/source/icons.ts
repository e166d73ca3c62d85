// Icon sets of npm packages (iconify's icons.json and chars.json) with labels and tags by code point from emojibase:
// one row for each concept and style, its drawing as SVG.

import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';
import type { IconSource, Manifest } from '../manifest/manifest.ts';
import type { Cell, Row, Rows } from './row.ts';

const MAX_BYTES = 256 << 20;
/** The side that a drawing is rendered at before it is scaled to its modality's size. */
const SIDE = 128;
const PACKAGE = /^(@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*$/;

export const iconColumns = ['style', 'concept', 'label', 'tags', 'group', 'svg'] as const;

interface IconSet {
  /** Concept → icon name. */
  readonly names: ReadonlyMap<string, string>;
  readonly svg: (name: string) => string | undefined;
}
interface Concept {
  readonly label: string;
  readonly tags: readonly string[];
  readonly group: string;
}

/** A hexcode as both sides are compared by: lower case, without variation selectors. */
const conceptOf = (hexcode: string): string =>
  hexcode
    .toLowerCase()
    .split('-')
    .filter(p => p !== 'fe0f')
    .join('-');

export function readIcons(manifest: Manifest, source: IconSource): Result<Rows> {
  const diagnostics: Diagnostic[] = [];
  const load = (name: string, file: string, path: readonly string[]): unknown => {
    const span = manifest.spanOf(path);
    const refuse = (problem: string): undefined => {
      diagnostics.push(dataDiagnostic('package-content', { name, problem }, { span }));
      return undefined;
    };
    if (!PACKAGE.test(name)) return refuse('this is not the name of a package');
    const found = resolvePackageFile(manifest.file, `${name}/${file}`);
    if (found === undefined) {
      diagnostics.push(dataDiagnostic('package-missing', { name }, { span }));
      return undefined;
    }
    try {
      if (statSync(found).size > MAX_BYTES) return refuse(`${file} is larger than 256 MiB`);
      return JSON.parse(readFileSync(found, 'utf8'));
    } catch (error) {
      return refuse(`${file}: ${failure(error)}`);
    }
  };
  const sets = new Map<string, IconSet>();
  for (const [style, name] of source.styles) {
    const path = ['source', 'icons', 'styles', style];
    const icons = load(name, 'icons.json', path);
    const chars = icons === undefined ? undefined : load(name, 'chars.json', path);
    if (chars === undefined) continue;
    const set = iconSet(icons, chars);
    if (set !== undefined) sets.set(style, set);
    else {
      const problem = 'its icons.json and chars.json are not those of an icon set';
      diagnostics.push(dataDiagnostic('package-content', { name, problem }, { span: manifest.spanOf(path) }));
    }
  }
  const path = ['source', 'icons', 'labels'];
  const labels = load(source.labels, `${source.locale}/data.json`, path);
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const concepts = conceptsOf(labels);
  if (concepts === undefined) {
    const problem = `its ${source.locale}/data.json is not a list with hexcode and label`;
    diagnostics.push(
      dataDiagnostic('package-content', { name: source.labels, problem }, { span: manifest.spanOf(path) }),
    );
    return { value: undefined, diagnostics };
  }
  return { value: { columns: iconColumns, rows: rowsOf(concepts, sets, source.everyStyle) }, diagnostics };
}

/** From the manifest's folder (a project's own packages), else from where mmlang is installed. */
function resolvePackageFile(manifestFile: string, request: string): string | undefined {
  for (const from of [manifestFile, import.meta.url]) {
    try {
      return createRequire(from).resolve(request);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    }
  }
  return undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function iconSet(icons: unknown, chars: unknown): IconSet | undefined {
  if (!isRecord(icons) || !isRecord(icons.icons) || !isRecord(chars)) return undefined;
  const drawings = icons.icons;
  const aliases = isRecord(icons.aliases) ? icons.aliases : {};
  const names = new Map<string, string>();
  for (const [hexcode, name] of Object.entries(chars)) {
    const concept = conceptOf(hexcode);
    if (typeof name === 'string' && !names.has(concept)) names.set(concept, name);
  }
  const number = (value: unknown, fallback: number): number =>
    typeof value === 'number' && Number.isFinite(value) ? value : fallback;
  const width = number(icons.width, 16);
  const height = number(icons.height, 16);
  return {
    names,
    svg: name => {
      let icon = Object.hasOwn(drawings, name) ? drawings[name] : undefined;
      for (let at: unknown = name, hops = 0; icon === undefined && hops < 8; hops++) {
        const alias: unknown = typeof at === 'string' && Object.hasOwn(aliases, at) ? aliases[at] : undefined;
        at = isRecord(alias) ? alias.parent : undefined;
        icon = typeof at === 'string' && Object.hasOwn(drawings, at) ? drawings[at] : undefined;
      }
      if (!isRecord(icon) || typeof icon.body !== 'string') return undefined;
      const box = [
        number(icon.left, 0),
        number(icon.top, 0),
        number(icon.width, width),
        number(icon.height, height),
      ];
      const names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
      return `<svg ${names} width="${SIDE}" height="${SIDE}" viewBox="${box.join(' ')}">${icon.body}</svg>`;
    },
  };
}

function conceptsOf(labels: unknown): ReadonlyMap<string, Concept> | undefined {
  if (!Array.isArray(labels)) return undefined;
  const out = new Map<string, Concept>();
  for (const entry of labels as readonly unknown[]) {
    if (!isRecord(entry) || typeof entry.hexcode !== 'string' || typeof entry.label !== 'string')
      return undefined;
    const tags = Array.isArray(entry.tags) ? entry.tags.filter(t => typeof t === 'string') : [];
    const group = typeof entry.group === 'number' ? String(entry.group) : '';
    out.set(conceptOf(entry.hexcode), { label: entry.label, tags, group });
  }
  return out;
}

/** Concepts in order of code point, styles in the manifest's order. */
function rowsOf(
  concepts: ReadonlyMap<string, Concept>,
  sets: ReadonlyMap<string, IconSet>,
  everyStyle: boolean,
): Row[] {
  const rows: Row[] = [];
  for (const concept of [...concepts.keys()].sort()) {
    const { label, tags, group } = concepts.get(concept) as Concept;
    const drawn = [...sets].filter(([, set]) => set.names.has(concept));
    if (everyStyle && drawn.length < sets.size) continue;
    for (const [style, set] of drawn) {
      const cells = new Map<string, Cell>([
        ['style', style],
        ['concept', concept],
      ]);
      const more: [string, string | undefined][] = [
        ['label', label],
        ['tags', tags.join(', ')],
        ['group', group],
        ['svg', set.svg(set.names.get(concept) as string)],
      ];
      for (const [column, value] of more) if (value) cells.set(column, value);
      rows.push({ number: rows.length + 1, place: `${concept} (${label}) in ${style}`, cells });
    }
  }
  return rows;
}
