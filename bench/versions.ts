// The command `npm run bench:versions`: random edits of the specs, each judged from two locks, each verdict tried on the
// reference: what is said to load computes the same bits, what is said to mean something else shows it on some input.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileReader } from '../src/cli/load-spec.ts';
import { drawOf } from './fuzz/draw.ts';
import { editOf } from './versions/edits.ts';
import { type Opened, open, trial } from './versions/trial.ts';

const usage = `npm run bench:versions -- [--edits N] [--seed N] [--only N]

  --edits N   how many edits that are right specs (5000)
  --seed N    what they are made from, beside their numbers (1)
  --from N    the first one (0)
  --only N    one edit, shown
`;

/** `root` is the repository. Returns the exit code. */
export async function main(args: readonly string[], root: string): Promise<number> {
  const read = options(args);
  if (read === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const summary = tryEdits({
    ...read,
    specs: specsOf(root),
    print: text => process.stdout.write(`${text}\n`),
  });
  process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
  return summary.false === 0 ? 0 : 1;
}

export interface Spec {
  readonly file: string;
  readonly text: string;
}

export function specsOf(root: string): readonly Spec[] {
  const folder = join(root, 'specs');
  return readdirSync(folder)
    .filter(name => name.endsWith('.mm'))
    .sort()
    .map(name => ({ file: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }))
    .filter(({ text }) => /^variant tiny\b/m.test(text));
}

export interface Summary {
  readonly edits: number;
  readonly made: number;
  readonly false: number;
  readonly unshown: number;
  readonly verdicts: Readonly<Record<string, number>>;
}

export function tryEdits(options: {
  readonly edits: number;
  readonly seed: number;
  readonly from: number;
  readonly only: number | undefined;
  readonly specs: readonly Spec[];
  readonly print: (text: string) => void;
}): Summary {
  const { specs, print, only } = options;
  const opened = new Map<string, Opened>();
  const originalOf = ({ file, text }: Spec): Opened => {
    const known = opened.get(file) ?? open(text, file, fileReader);
    if (known === undefined) throw new Error(`${file} is wrong`);
    opened.set(file, known);
    return known;
  };
  const verdicts: Record<string, number> = {};
  let [edits, wrong, unshown, made] = [0, 0, 0, 0];
  for (let i = only ?? options.from; edits < options.edits; i++) {
    const draw = drawOf(options.seed, i);
    const spec = draw.from(specs);
    const edit = editOf(spec.text, draw);
    made += 1;
    const now = edit && open(edit.text, spec.file, fileReader);
    if (edit !== undefined && now !== undefined) {
      edits += 1;
      const { judgement, outcome } = trial(originalOf(spec), now);
      verdicts[judgement.verdict] = (verdicts[judgement.verdict] ?? 0) + 1;
      if (outcome.kind === 'false') wrong += 1;
      if (outcome.kind === 'unshown') unshown += 1;
      if (outcome.kind !== 'holds' || only !== undefined)
        print(
          `edit ${i} (${edit.kind} of ${spec.file}): ${judgement.verdict}; ${JSON.stringify(outcome)}\n${difference(spec.text, edit.text)}`,
        );
    }
    if (only !== undefined) break;
  }
  return { edits, made, false: wrong, unshown, verdicts };
}

/** The lines that an edit changed. */
function difference(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  return [
    ...a.filter(line => !b.includes(line)).map(line => `  - ${line.trim()}`),
    ...b.filter(line => !a.includes(line)).map(line => `  + ${line.trim()}`),
  ].join('\n');
}

function options(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        edits: { type: 'string', default: '5000' },
        seed: { type: 'string', default: '1' },
        from: { type: 'string', default: '0' },
        only: { type: 'string' },
      },
    });
    const number = (text: string): number => {
      const n = Number(text);
      if (!Number.isSafeInteger(n) || n < 0) throw new Error(`${text} is no number`);
      return n;
    };
    return {
      edits: number(values.edits),
      seed: number(values.seed),
      from: number(values.from),
      only: values.only === undefined ? undefined : number(values.only),
    };
  } catch {
    return undefined;
  }
}
