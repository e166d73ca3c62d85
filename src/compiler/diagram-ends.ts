// What stands at the ends of a model's bodies in its diagram: modalities, fields and arguments that come in, spaces in
// which encoders meet.

import type { Declared } from '../dsl/semantics/declare.ts';
import { fieldOf } from '../dsl/semantics/fields.ts';
import type { ModalityInfo } from '../dsl/semantics/model.ts';
import { showTypeExpr } from '../dsl/semantics/type-names.ts';
import type { Param, TypeExpr } from '../dsl/syntax/ast.ts';
import type { DiagramEdge, DiagramGroup, DiagramNode } from './diagram-data.ts';
import type { LowerContext } from './lower.ts';

export type DiagramContext = Pick<LowerContext, 'library' | 'model' | 'registry'>;

/** Where an encoder's value is drawn from: its space, else the last of its boxes. */
export type Ends = ReadonlyMap<string, string>;

export interface Drawing {
  readonly context: DiagramContext;
  readonly depth: number;
  readonly nodes: Map<string, DiagramNode>;
  readonly groups: DiagramGroup[];
  readonly edges: DiagramEdge[];
  /** By encoder. */
  readonly ends: Map<string, Ends>;
  /** What an encoder gets for an argument that is no modality, by the argument's node. */
  readonly given: Map<string, Set<string>>;
  /** In how many places each part is drawn. */
  readonly uses: Map<string, string[]>;
}

/** By parameter, what makes its node: a modality is one node for all, other fields and arguments stand for themselves. */
export function inputNodes(
  drawing: Drawing,
  declared: Declared,
  params: readonly Param[],
  of: string,
): ReadonlyMap<string, () => string> {
  const put = (id: string, name: string, notes: readonly string[]): string => {
    if (!drawing.nodes.has(id)) drawing.nodes.set(id, { id, kind: 'input', name, notes, group: undefined });
    return id;
  };
  return new Map(
    params.map(p => {
      const info = p.type.kind === 'tensor' ? declared.modalities.get(p.type.base.text) : undefined;
      const name = p.name.text;
      const field = drawing.context.model.encoders.has(of) ? undefined : fieldOf(declared, p, params);
      return [
        name,
        () =>
          info !== undefined
            ? put(`modality ${info.name}`, info.name, [modalityNote(info)])
            : put(field === undefined ? `${of}:${name}` : `field ${name}`, name, [showTypeExpr(p.type)]),
      ];
    }),
  );
}

function modalityNote({ spec }: ModalityInfo): string {
  switch (spec.kind) {
    case 'image':
      return `Image ${spec.height} × ${spec.width}`;
    case 'text':
      return `Text, up to ${spec.length} tokens`;
    case 'audio':
      return `Audio, up to ${spec.samples / spec.rate}s at ${spec.rate}Hz`;
    case 'video':
      return `Video, up to ${spec.frames} frames of ${spec.height} × ${spec.width}`;
    default:
      return spec satisfies never;
  }
}

export function typeOfField(type: TypeExpr | undefined, field: string): TypeExpr | undefined {
  if (field === '' || type?.kind !== 'record') return type;
  const [first = '', ...rest] = field.split('.');
  return typeOfField(type.fields.find(f => f.name.text === first)?.type, rest.join('.'));
}

/** The node of the space that a type names. */
export function spaceOf(
  drawing: Drawing,
  declared: Declared,
  type: TypeExpr | undefined,
): string | undefined {
  const space = type?.kind === 'tensor' ? declared.scope.names.get(type.base.text)?.value : undefined;
  if (space?.kind !== 'space') return undefined;
  const id = `space ${space.name}`;
  const atom = typeof space.dim === 'number' ? undefined : space.dim.terms[0]?.atoms[0];
  const size = atom?.kind === 'symbol' && atom.size !== undefined ? [`${atom.size} dims, length 1`] : [];
  if (!drawing.nodes.has(id))
    drawing.nodes.set(id, { id, kind: 'space', name: space.name, notes: size, group: undefined });
  return id;
}
