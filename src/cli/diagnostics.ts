// What commands themselves tell a user: codes, wording, what to do. load-spec.ts has those of opening a spec.

import { defineDiagnostics } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';

interface UnknownName {
  readonly name: string;
  readonly known: readonly string[];
}

export const commandDiagnostic = defineDiagnostics({
  'unknown-code': {
    severity: 'error',
    message: (p: UnknownName) => `there is no code ${p.name}`,
    help: (p: UnknownName) => {
      const near = nearestName(p.name, p.known);
      return near === undefined ? 'mm explain --codes lists them' : `did you mean ${near}?`;
    },
  },
  'unknown-stage': {
    severity: 'error',
    message: (p: UnknownName) => `there is no stage ${p.name}`,
    help: (p: UnknownName) => {
      const near = nearestName(p.name, p.known);
      return near === undefined
        ? p.known.length === 0
          ? 'the model has none'
          : `there are ${p.known.join(', ')}`
        : `did you mean ${near}?`;
    },
  },
  'unknown-pass': {
    severity: 'error',
    message: (p: UnknownName) => `there is no pass ${p.name}`,
    help: (p: UnknownName) => `there are ${p.known.join(', ')}`,
  },
  'no-graph': {
    severity: 'error',
    message: (p: { stage: string }) => `stage ${p.stage} runs no graph: it fits tokenizers only`,
    help: () => 'choose another stage with --stage',
  },
  'unknown-picture': {
    severity: 'error',
    message: (p: { path: string }) => `${p.path} doesn't say what to write by its ending`,
    help: () => 'end it in .svg or .mmd, or add --format svg or --format mermaid',
  },
  'picture-too-large': {
    severity: 'error',
    message: (p: { boxes: number; most: number }) =>
      `the picture would have ${p.boxes} boxes; at most ${p.most}`,
    help: () => 'take a smaller --depth',
  },
  'split-not-read': {
    severity: 'error',
    message: (p: { split: string; near: string | undefined; known: readonly string[] }) =>
      `no stage of the spec reads ${p.split}`,
    help: (p: { near: string | undefined; known: readonly string[] }) =>
      p.near === undefined ? `it reads ${p.known.join(', ')}` : `did you mean ${p.near}?`,
  },
  'system-error': {
    severity: 'error',
    message: (p: { message: string }) => p.message,
  },
});
