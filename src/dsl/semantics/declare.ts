// A model's declarations as names: modalities, dims, parts, encoders, exports. Built anew for every tracing, since
// in `check` mode a space is a symbol and in `lower` mode its size.

import type { Dim } from '../../base/dim.ts';
import { dimSymbol } from '../../base/dim.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { CallExpr, Expr, LabelsMember, ModalityMember, ModelItem, VariantItem } from '../syntax/ast.ts';
import { defineAdaptation } from './adapt.ts';
import { readAlias } from './alias.ts';
import { audioInfo } from './audio-modality.ts';
import { joinPath } from './call-block.ts';
import { evaluateArgs } from './calls.ts';
import { evaluate } from './expressions.ts';
import { type Base, declareBase, refuseRedefinition } from './extend.ts';
import { type Library, markFile } from './library.ts';
import { modalitySettings } from './modality-settings.ts';
import type { LabelSet, ModalityInfo } from './model.ts';
import { traceParam } from './param.ts';
import { definePart } from './part.ts';
import { noteRename } from './renames.ts';
import { childScope, type Scope } from './scope.ts';
import { placeArgs, readNumber, readNumbers } from './settings.ts';
import { traceState } from './state.ts';
import { staticArg } from './static-arg.ts';
import { textInfo } from './text-modality.ts';
import { complain, type Frame, startBody, type Trace } from './trace.ts';
import { showExpr, showTypeExpr } from './type-names.ts';
import { modelKey } from './used-model.ts';
import type { BoundArg, Value } from './values.ts';
import { errorValue, int } from './values.ts';
import { videoInfo } from './video-modality.ts';

export interface Declared {
  readonly item: ModelItem;
  /** The model that it adds to; its names are names here too. */
  readonly base: Base | undefined;
  readonly frame: Frame;
  readonly scope: Scope;
  readonly modalities: ReadonlyMap<string, ModalityInfo>;
  readonly labels: ReadonlyMap<string, LabelSet>;
  readonly vocabularies: ReadonlySet<string>;
}

/** A model in one setting: by its defaults, a variant, or settings given where it is used. */
export interface ModelSetting {
  readonly library: Library;
  readonly item: ModelItem;
  readonly variant: VariantItem | undefined;
  readonly args: readonly BoundArg[];
}

/** Declares every member of a model in a scope above its file's; its weights stand under `root`. */
export function declareModel(trace: Trace, setting: ModelSetting, root = ''): Declared {
  const { library, item } = setting;
  const scope = childScope(library.scope);
  scope.model = { key: modelKey(setting), root };
  markFile(scope);
  const frame = startBody(trace, { scope, path: root });
  bindConfig(frame, setting);
  const base = item.extends === undefined ? undefined : declareBase(frame, item.extends);
  const modalities = new Map(base?.declared.modalities);
  const labels = new Map(base?.declared.labels);
  const vocabularies = new Set(base?.declared.vocabularies);
  for (const [name, binding] of base?.names ?? []) scope.names.set(name, binding);
  // Without its base, what a model adds can't be judged.
  const members = item.extends !== undefined && base === undefined ? [] : item.members;
  for (const member of members) {
    if (member.kind === 'adapt' || member.kind === 'migrate') continue;
    const before = scope.names.get(member.name.text);
    if (refuseRedefinition(frame, base, member)) continue;
    if (before !== undefined) {
      complain(frame, 'defined-twice', { name: member.name.text, what: member.kind }, member.name.span, {
        related: before.span === undefined ? [] : [{ span: before.span, message: 'the earlier one' }],
      });
      continue;
    }
    const name = member.name.text;
    const hidden = library.scope.names.get(name);
    if (hidden?.value.kind === 'file' || hidden?.value.kind === 'model')
      complain(frame, 'shadowed-name', { name }, member.name.span, {
        related:
          hidden.span === undefined ? [] : [{ span: hidden.span, message: `the ${name} that is hidden` }],
      });
    if ('renamed' in member && member.kind !== 'block') noteRename(frame, name, member.renamed);
    const put = (value: Value): void => {
      scope.names.set(name, { value, span: member.name.span });
    };
    const block = (path: string | undefined): Value =>
      member.kind === 'block' || member.kind === 'encoder' || member.kind === 'export'
        ? { kind: 'block', name, callable: member, scope, path }
        : errorValue;
    switch (member.kind) {
      case 'modality': {
        const info = modalityInfo(frame, member);
        if (info !== undefined) modalities.set(name, info);
        put(info === undefined ? errorValue : { kind: 'modality', info });
        break;
      }
      case 'space': {
        const dim = nominal(frame, name, member.size);
        put(dim === undefined ? errorValue : { kind: 'space', name, dim });
        break;
      }
      case 'vocabulary': {
        const dim = nominal(frame, name, member.size);
        if (dim !== undefined) vocabularies.add(name);
        put(dim === undefined ? errorValue : int(dim));
        break;
      }
      case 'labels': {
        const set = labelSet(frame, member);
        if (set !== undefined) labels.set(name, set);
        put(set === undefined ? errorValue : int(set.dim));
        break;
      }
      case 'alias': {
        const alias = readAlias(frame, member);
        if (alias?.modality !== undefined) modalities.set(name, alias.modality);
        if (alias?.labels !== undefined) labels.set(name, alias.labels);
        if (alias?.what === 'vocabulary') vocabularies.add(name);
        put(alias?.value ?? errorValue);
        break;
      }
      case 'part':
        put(definePart(frame, member, joinPath(root, name)));
        break;
      case 'param':
        put(traceParam(frame, member));
        break;
      case 'state':
        put(traceState(frame, member));
        break;
      case 'block':
        put(block(undefined));
        break;
      case 'encoder':
      case 'export':
        put(block(joinPath(root, name)));
        break;
      case 'objective':
      case 'align':
      case 'head':
      case 'stage':
        break;
      default:
        member satisfies never;
    }
  }
  // Adapted parts may be declared behind what adapts them.
  for (const member of members) if (member.kind === 'adapt') defineAdaptation(frame, member);
  return { item, base, frame, scope, modalities, labels, vocabularies };
}

/** A model's parameters: the variant's settings, else the defaults. */
function bindConfig(frame: Frame, { library, item, variant, args }: ModelSetting): void {
  const { scope } = frame;
  const outer: Frame = { ...frame, scope: library.scope };
  const names = item.params.map(p => p.name.text);
  const given = new Map<string, { readonly value: Value; readonly span: Span }>();
  let next = 0;
  for (const a of [...evaluateArgs(outer, variant?.args ?? []), ...args]) {
    const name = a.name ?? names[next++];
    if (name === undefined || !names.includes(name)) {
      complain(
        outer,
        'unknown-argument',
        {
          callee: item.name.text,
          name: name ?? 'more',
          known: names,
          suggestion: nearestName(name ?? '', names),
        },
        a.span,
      );
    } else given.set(name, a);
  }
  const open: string[] = [];
  for (const p of item.params) {
    const a = given.get(p.name.text);
    const value =
      a !== undefined
        ? staticArg(outer, item.name.text, p, a.value, a.span)
        : p.fallback !== undefined
          ? staticArg(frame, item.name.text, p, evaluate(frame, p.fallback), p.fallback.span)
          : undefined;
    if (value === undefined) open.push(`${p.name.text}: ${showTypeExpr(p.type)}`);
    scope.names.set(p.name.text, { value: value ?? errorValue, span: p.name.span });
  }
  if (open.length > 0)
    complain(
      frame,
      'config-needed',
      { model: item.name.text, names: open.map(o => o.split(':')[0] ?? o) },
      variant?.span ?? item.name.span,
    );
}

/** A named dim: a symbol of known size while checking, its size afterwards. */
function nominal(frame: Frame, name: string, size: Expr): Dim | undefined {
  const n = readNumber(frame, size, `the size of ${name}`, { whole: true, least: 1, most: 10_000_000 });
  return n === undefined ? undefined : named(frame, name, n);
}

function named(frame: Frame, name: string, size: number): Dim {
  return frame.trace.mode === 'lower'
    ? size
    : dimSymbol({ id: `nominal:${joinPath(frame.path, name)}`, name, role: 'nominal', size });
}

function labelSet(frame: Frame, member: LabelsMember): LabelSet | undefined {
  const name = member.name.text;
  if (member.names !== undefined) {
    const names = member.names.map(n => n.text);
    const met = new Set<string>();
    const twice = member.names.find(n => met.size === met.add(n.text).size);
    if (twice !== undefined) {
      complain(frame, 'defined-twice', { name: twice.text, what: 'label' }, twice.span);
      return undefined;
    }
    if (names.length === 0) {
      complain(
        frame,
        'bad-setting',
        { setting: `labels ${name}`, reason: 'needs at least one label' },
        member.span,
      );
      return undefined;
    }
    const dim = named(frame, name, names.length);
    return { name, path: joinPath(frame.path, name), dim, size: names.length, names };
  }
  if (member.size === undefined) return undefined;
  const size = readNumber(frame, member.size, `the size of ${name}`, {
    whole: true,
    least: 1,
    most: 10_000_000,
  });
  if (size === undefined) return undefined;
  const dim = named(frame, name, size);
  return { name, path: joinPath(frame.path, name), dim, size, names: undefined };
}

function modalityInfo(frame: Frame, member: ModalityMember): ModalityInfo | undefined {
  const e = member.type;
  const kind =
    e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : e.kind === 'name' ? e.text : '';
  const info = Object.hasOwn(modalityKinds, kind) ? modalityKinds[kind] : undefined;
  if (e.kind === 'call' && info !== undefined) return info(frame, member, e);
  // Without parentheses it lacks what it needs, which is told as of a call.
  if (e.kind === 'name' && info !== undefined)
    return info(frame, member, { kind: 'call', callee: e, args: [], span: e.span });
  complain(
    frame,
    'unknown-modality-kind',
    { name: kind === '' ? showExpr(e) : kind, suggestion: nearestName(kind, Object.keys(modalityKinds)) },
    e.kind === 'call' ? e.callee.span : e.span,
  );
  return undefined;
}

type ModalityReader = (frame: Frame, member: ModalityMember, call: CallExpr) => ModalityInfo | undefined;

const modalityKinds: Readonly<Record<string, ModalityReader>> = {
  Image: imageInfo,
  Text: (frame, member, call) => textInfo(frame, member, call, named),
  Audio: audioInfo,
  Video: videoInfo,
};

function imageInfo(frame: Frame, member: ModalityMember, call: CallExpr): ModalityInfo | undefined {
  const args = placeArgs(frame, call, 'Image', ['height', 'width']);
  const numbers = readNumbers(frame, args, modalitySettings.Image);
  if (numbers === undefined) return undefined;
  const height = numbers.get('height') ?? 1;
  const width = numbers.get('width') ?? 1;
  return {
    name: member.name.text,
    path: joinPath(frame.path, member.name.text),
    spec: { kind: 'image', height, width, channels: 3 },
    axes: [],
    components: [{ name: 'pixels', element: { kind: 'float' }, inner: [height, width, 3] }],
    vocabulary: undefined,
    span: member.span,
  };
}
