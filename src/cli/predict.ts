// What `mm predict` does.

import { splitArguments } from '../train/arguments.ts';
import { load } from '../train/load.ts';
import { type PredictedResult, type PredictedValue, type Prediction, predict } from '../train/predict.ts';
import { version } from '../train/version.ts';
import type { PredictCommandOptions } from './command-predict.ts';
import { type Context, present } from './context.ts';
import { type ExitCode, exit } from './exit.ts';

export async function runPredict(
  dir: string,
  name: string,
  values: readonly string[],
  options: PredictCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const given = splitArguments(values);
  const loaded = await load(dir, {
    mmlang: version,
    engine: options.engine,
    threads: options.threads,
    without: options.without,
    checkpoint: options.last === true ? 'last' : undefined,
    onRead: (file, text) => context.sources.set(file, text),
  });
  const prediction = await predict(loaded, name, given, options.seed);
  present(context, predictionJson(prediction), () => predictionText(prediction));
  return exit.ok;
}

/** A result without a name (an export that gives one value) is called `result`. */
function predictionJson(prediction: Prediction): object {
  return {
    export: prediction.export,
    inputs: Object.fromEntries(prediction.inputs),
    results: Object.fromEntries(prediction.results.map(r => [r.name || 'result', r.value])),
  };
}

const shown = 5;

/** Row by row of the leading axis: what each result is; of a row of scores the highest, with their names. */
function predictionText({ results }: Prediction): string {
  const [first] = results;
  const rows = Array.isArray(first?.value) ? first.value.length : 0;
  const together = rows > 0 && results.every(r => Array.isArray(r.value) && r.value.length === rows);
  if (!together) return results.map(r => `${r.name || 'result'}: ${show(r.value, r.axes)}`).join('\n');
  const named = results.length > 1;
  return Array.from({ length: rows }, (_, i) => {
    const head = first?.axes[0]?.[i] ?? `row ${i + 1}`;
    const parts = results.map(r => {
      const [, ...inner] = r.axes;
      const text = show((r.value as readonly PredictedValue[])[i] ?? [], inner);
      return named ? `  ${r.name}: ${text}` : `  ${text}`;
    });
    return [head, ...parts].join('\n');
  }).join('\n');
}

function show(value: PredictedValue, axes: PredictedResult['axes']): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(Number(value.toPrecision(4)));
  if (!isList(value)) return value.value === '' ? `#${value.index}` : value.value;
  const [names, ...inner] = axes;
  const numbers = value.filter(v => typeof v === 'number');
  if (names !== undefined && numbers.length === value.length) {
    const order = [...numbers.entries()].sort(([, a], [, b]) => b - a).slice(0, shown);
    return order.map(([i, v]) => `${names[i]} ${show(v, [])}`).join(' · ');
  }
  const items = value.slice(0, 2 * shown).map(v => show(v, inner));
  return `[${items.join(', ')}${value.length > items.length ? `, … ${value.length} in all` : ''}]`;
}

const isList = (value: PredictedValue): value is readonly PredictedValue[] => Array.isArray(value);
