// What a format of exported models is: how a compiled export becomes files, and how the files are run again.

import type { OpenSize } from '../backends/open-sizes.ts';
import type { RefusedSize } from '../backends/refused-size.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Target } from '../compiler/plan.ts';
import type { Graph } from '../ir/graph.ts';

/** A compiled export with everything that its files hold. */
export interface FileContents {
  /** The export compiled at the trial sizes, in their order. */
  readonly graphs: readonly Graph[];
  readonly open: readonly OpenSize[];
  /** Names in the file by those in the graph. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  /** What all other inputs of the graph hold. */
  readonly held: ReadonlyMap<string, HostTensor>;
  readonly mmlang: string;
  readonly doc: string | undefined;
  /** What readers may want to know of it, by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface WrittenFiles {
  readonly kind: 'files';
  /** By name; the model's own file is among them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Ops of the file. */
  readonly ops: number;
}

/** Ops that the format has nothing for. */
export interface MissingOps {
  readonly kind: 'missing';
  readonly ops: readonly string[];
}

/** Files opened again: runs on named inputs. */
export interface OpenedFiles {
  readonly run: (inputs: ReadonlyMap<string, HostTensor>) => Promise<ReadonlyMap<string, HostTensor>>;
  readonly close: () => Promise<void>;
}

export interface ExportFormat {
  readonly name: string;
  /** Weights of more bytes than this don't fit. */
  readonly mostBytes: number;
  /** Of the file or folder: `.onnx`. */
  readonly ending: string;
  /** The file that holds the model where the format is one file; else the format is a folder. */
  readonly single: boolean;
  readonly target: Target;
  /** Throws where what runs the files isn't installed: nothing is written that can't be checked. */
  readonly ready?: () => Promise<void>;
  /** `base`: the name of the file or folder. */
  readonly write: (contents: FileContents, base: string) => WrittenFiles | RefusedSize | MissingOps;
  /** `path`: the model's file or folder. */
  readonly open: (path: string) => Promise<OpenedFiles>;
}

/** The most that a message of protocol buffers holds, with room for the graph. */
export const mostOfProtobuf = 2 ** 31 - 2 ** 24;
