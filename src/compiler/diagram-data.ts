// A model as a picture shows it: what `diagram` makes and the draw-*.ts files render.

export type DiagramNodeKind =
  /** A modality or field of the data, or an argument of an encoder that is no modality. */
  | 'input'
  | 'part'
  /** An encoder called from within another drawing. */
  | 'encoder'
  /** Where plain operations bring several values together: + or @. */
  | 'join'
  /** The weight of a part that is drawn elsewhere. */
  | 'weight'
  | 'space'
  | 'loss'
  | 'export';

export interface DiagramNode {
  /** Unique among nodes and groups. */
  readonly id: string;
  readonly kind: DiagramNodeKind;
  readonly name: string;
  /** Further lines: the block, how often layers repeat, types. */
  readonly notes: readonly string[];
  /** The innermost group that it stands in. */
  readonly group: string | undefined;
}

export interface DiagramEdge {
  readonly from: string;
  readonly to: string;
  /** The shape of what flows, with the dims' names. */
  readonly label: string;
  /** Its label would say nothing new: it is what comes out of the join that it goes to. */
  readonly quiet: boolean;
  /** A weight that a part shares, and no value that flows. */
  readonly tied: boolean;
}

export interface DiagramGroup {
  readonly id: string;
  readonly kind: 'encoder' | 'head' | 'align' | 'objective' | 'part' | 'repeat';
  readonly name: string;
  readonly notes: readonly string[];
  readonly group: string | undefined;
}

export interface DiagramStage {
  readonly name: string;
  /** The stage that its weights start from. */
  readonly from: string | undefined;
  /** Of train steps; 0 where the stage fits. */
  readonly steps: number;
  /** What the stage fits: `units on libri.train, batch 64, 20 passes`. */
  readonly fits: readonly string[];
  readonly minimizes: readonly {
    readonly objective: string;
    readonly weight: number;
    readonly data: string;
    readonly batch: number | undefined;
  }[];
  readonly trains: readonly string[];
  readonly freezes: readonly string[];
}

export interface Diagram {
  readonly model: string;
  readonly version: string | undefined;
  /** Of each group the parts in the order of the flow, then the joins. */
  readonly nodes: readonly DiagramNode[];
  readonly edges: readonly DiagramEdge[];
  /** Each after the one around it. */
  readonly groups: readonly DiagramGroup[];
  /** In the order of the spec. */
  readonly stages: readonly DiagramStage[];
}
