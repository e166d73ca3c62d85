// What someone who loads an exported model must know: what its inputs want, what its outputs mean, where it comes from.

import { isConstant, type OpenSize, showVarying, varying } from '../backends/open-sizes.ts';
import type { ExportProgram, FieldSpec } from '../compiler/program.ts';
import type { LoadedRun } from '../train/load.ts';
import type { ExportNames, NamedInput } from './names.ts';

type Dim = number | string;

interface InputDescription {
  readonly name: string;
  readonly dtype: string;
  /** A name stands for a size that is open. */
  readonly shape: readonly Dim[];
  /** In words: how a value of the parameter becomes this tensor. */
  readonly wants: string;
  /** The parameter of the export that it belongs to. */
  readonly parameter: string | undefined;
  /** As the spec declares it. */
  readonly modality: object | undefined;
  readonly tokenizer: string | undefined;
}

interface OutputDescription {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly Dim[];
  readonly type: string | undefined;
  readonly means: string;
  readonly labels: readonly string[] | undefined;
  readonly tokenizer: string | undefined;
}

export interface ExportDescription {
  readonly format: string;
  readonly mmlang: string;
  readonly model: { readonly name: string; readonly version: string; readonly variant: string | null };
  readonly export: { readonly name: string; readonly doc: string | undefined };
  readonly trained: { readonly stage: string; readonly step: number; readonly steps: number };
  readonly inputs: readonly InputDescription[];
  readonly outputs: readonly OutputDescription[];
  /** What was set where the export has parameters with a default. */
  readonly settings: Readonly<Record<string, number | boolean>>;
}

/** The file that holds the tokenizer of a modality, beside the model. */
export const tokenizerFile = (modality: string): string => `${modality}.tokenizer.json`;

export interface Described {
  readonly loaded: LoadedRun;
  readonly program: ExportProgram;
  readonly names: ExportNames;
  readonly open: readonly OpenSize[];
  readonly format: string;
  readonly mmlang: string;
  readonly settings: ReadonlyMap<string, number | boolean>;
  /** The export at the trial sizes. */
  readonly trials: readonly ExportProgram[];
}

export function describeExport(d: Described): ExportDescription {
  const { loaded, program, names } = d;
  const { settings } = loaded.run;
  const { graph } = program.entry.plan;
  const typeOf = (fetch: string) => graph.types[graph.outputs.find(o => o.name === fetch)?.id ?? -1];
  const seed: readonly InputDescription[] =
    names.seed === undefined
      ? []
      : [
          {
            name: names.seed,
            dtype: 'i32',
            shape: [],
            wants: 'a number that decides what is drawn',
            parameter: undefined,
            modality: undefined,
            tokenizer: undefined,
          },
        ];
  return {
    format: d.format,
    mmlang: d.mmlang,
    model: { name: settings.model, version: settings.version, variant: settings.variant },
    export: { name: program.name, doc: program.doc },
    trained: { stage: loaded.stage.stage, step: loaded.step, steps: loaded.stage.steps },
    inputs: [...names.inputs.map(i => describeInput(loaded, i, d.open)), ...seed],
    outputs: names.outputs.map(o => {
      const result = program.results.find(r => r.fetch === o.fetch);
      const text = result?.text?.modality;
      return {
        name: o.name,
        dtype: typeOf(o.fetch)?.dtype ?? '',
        shape: openShape(d, o.fetch),
        type: result?.type,
        means: meaning(o.keepOf, result),
        labels: result?.labels,
        tokenizer: text === undefined ? undefined : tokenizerFile(text),
      };
    }),
    settings: Object.fromEntries(d.settings),
  };
}

/** Dims that vary are written as what they are of the open sizes. */
function openShape({ trials, open }: Described, fetch: string): readonly Dim[] {
  const shapes = trials.map(({ entry }) => {
    const { graph } = entry.plan;
    return graph.types[graph.outputs.find(o => o.name === fetch)?.id ?? -1]?.shape.map(Number) ?? [];
  });
  return (shapes[0] ?? []).map((d, axis) => {
    const f = varying(
      shapes.map(s => s[axis] ?? Number.NaN),
      open,
    );
    return f === undefined || isConstant(f) ? d : showVarying(f, open);
  });
}

function meaning(keepOf: string | undefined, result: ExportProgram['results'][number] | undefined): string {
  if (keepOf !== undefined) return `which positions of ${keepOf} are real`;
  if (result?.text !== undefined) return `ids of tokens of ${result.text.modality}`;
  if (result?.labels !== undefined) return 'an index into labels';
  if (result?.indexes !== undefined) return `an index of a row of ${result.indexes}`;
  return 'as its type says';
}

function describeInput(
  loaded: LoadedRun,
  { name, feed, field, param, lead }: NamedInput,
  open: readonly OpenSize[],
): InputDescription {
  const { type } = field;
  const isOpen = open.some(o => o.name === lead);
  const [rows = 1, ...rest] = feed.shape;
  const modality = type.kind === 'modality' ? type.modality : undefined;
  return {
    name,
    dtype: feed.dtype,
    shape: [isOpen ? lead : rows, ...rest],
    wants: wants(loaded, field, feed.component),
    parameter: param,
    modality,
    tokenizer: modality?.kind === 'text' ? tokenizerFile(modality.name) : undefined,
  };
}

function wants(loaded: LoadedRun, { type }: FieldSpec, component: NamedInput['feed']['component']): string {
  if (component === 'keep') return 'true where a position is real; what is real stands first';
  if (component === 'starts') return 'true where a token begins a word';
  switch (type.kind) {
    case 'labels':
    case 'tags':
      return `an index from 0 below ${type.size} of ${type.name}`;
    case 'place':
      return `a position from 0 below ${type.length} of ${type.along}`;
    case 'number':
    case 'numbers':
      return 'a number';
    case 'modality':
      return modalityWants(loaded, type.modality);
    default:
      return type satisfies never;
  }
}

type Modality = Extract<FieldSpec['type'], { readonly kind: 'modality' }>['modality'];

function modalityWants(loaded: LoadedRun, modality: Modality): string {
  const how = loaded.run.settings.inputs.find(i => i.modality === modality.name);
  switch (modality.kind) {
    case 'image': {
      const { height, width, channels } = modality;
      const trim = how?.trim === true ? ', what is transparent around the drawing cut off first' : '';
      return `a picture of ${height} × ${width} pixels in ${channelWords(channels)} order, value / 127.5 − 1 (white is 1; mean 0.5 and standard deviation 0.5 of values from 0 to 1), its aspect ratio kept, centred on white${trim}`;
    }
    case 'video': {
      const { frames, height, width, channels, rate } = modality;
      return `at most ${frames} frames, ${rate} a second, of ${height} × ${width} pixels in ${channelWords(channels)} order, value / 127.5 − 1`;
    }
    case 'audio': {
      const { rate, samples, features } = modality;
      const what = features === undefined ? 'samples from −1 to 1' : `features ${JSON.stringify(features)}`;
      return `one channel at ${rate} samples a second, at most ${samples} samples, as ${what}`;
    }
    case 'text': {
      const frame = loaded.tokenizers.get(modality.name)?.frame;
      const before =
        frame?.before.length === 0 || frame === undefined ? '' : `ids ${frame.before.join(', ')}, then `;
      const lower = how?.lowercase === true ? 'the text in lower case, ' : '';
      const after = frame === undefined ? '' : `, then id ${frame.after}`;
      return `${lower}${before}ids of the tokenizer${after}, cut to ${modality.length}, the rest filled with 0`;
    }
    default:
      return modality satisfies never;
  }
}

const channelWords = (channels: number): string => (channels === 1 ? 'grey' : 'RGB');
