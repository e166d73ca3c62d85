// One training in the page: it runs until it is done or stopped, pauses, and tells how it goes. Between two steps the
// page can draw and be used.

import { type Compilation, openTrainer, type PageEngine, type Trainer } from '../../src/page/index.ts';
import { drawn, lackOf } from './drawings.ts';
import { askedRows, exportFor, type Prediction, predictions } from './predictions.ts';

export interface Report {
  /** `bytes` are those of the step's plan. */
  readonly onOpen: (steps: number, bytes: number) => void;
  readonly onStep: (step: number, loss: number) => void;
  readonly onPredictions: (all: readonly Prediction[]) => void;
  readonly onNote: (text: string) => void;
}

export interface Training {
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => void;
  /** What the training came to, in words; rejects with what went wrong. */
  readonly ended: Promise<string>;
}

/** Steps between two looks at what the model says. */
const lookEvery = 25;
const measuredBatches = 10;

export function startTraining(
  compilation: Compilation,
  { engine, seed }: { readonly engine: PageEngine; readonly seed: number },
  report: Report,
): Training {
  const control: Control = { paused: false, stopped: false, wake: () => undefined };
  return {
    pause: () => {
      control.paused = true;
    },
    resume: () => {
      control.paused = false;
      control.wake();
    },
    stop: () => {
      control.stopped = true;
      control.wake();
    },
    ended: run(compilation, engine, seed, control, report),
  };
}

interface Control {
  paused: boolean;
  stopped: boolean;
  wake: () => void;
}

async function run(
  compilation: Compilation,
  choice: PageEngine,
  seed: number,
  control: Control,
  report: Report,
): Promise<string> {
  const { model } = compilation;
  const stage = [...model.stages.values()].find(s => s.kind === 'minimize');
  if (stage === undefined) throw new Error(`the model ${model.name} has no stage that minimizes`);
  const engine = choice.create();
  const name = exportFor(compilation, engine.target);
  const trainer = await openTrainer(compilation, stage.name, {
    engine,
    seed,
    asked: name === undefined ? [] : [{ name, rows: askedRows }],
    onNote: note => report.onNote(note.message),
  });
  try {
    const { train, steps } = trainer.program;
    const lacks = train.batches.map(lackOf).find(l => l !== undefined);
    if (lacks !== undefined) throw new Error(lacks);
    report.onOpen(steps, train.plan.peakBytes);
    while (trainer.done < steps && !control.stopped) {
      if (control.paused)
        await new Promise<void>(resolve => {
          control.wake = resolve;
        });
      else {
        const number = trainer.done + 1;
        const loss = await trainer.step(train.batches.map(b => drawn(b, seed, number)));
        report.onStep(number, loss);
        if (name !== undefined && number % lookEvery === 0)
          report.onPredictions(await predictions(trainer, name));
        await breathe();
      }
    }
    if (name !== undefined) report.onPredictions(await predictions(trainer, name));
    return await ending(trainer, seed, control.stopped);
  } finally {
    await trainer.close();
  }
}

async function ending(trainer: Trainer, seed: number, isStopped: boolean): Promise<string> {
  const measured = await trainer.measure(function* (spec) {
    for (let i = 0; i < measuredBatches; i += 1) yield drawn(spec, seed, i);
  });
  const numbers = measured.flatMap(({ metrics, chance, rows }) =>
    [...metrics].map(([metric, value]) => {
      const guess = chance.get(metric);
      const beside = guess === undefined ? '' : `, guessing has ${guess.toFixed(2)}`;
      return `${metric} ${value.toFixed(3)} on ${rows} new drawings${beside}`;
    }),
  );
  const end = isStopped ? `Stopped after step ${trainer.done}` : `Trained for ${trainer.done} steps`;
  return `${[end, ...numbers].join('; ')}.`;
}

const channel = new MessageChannel();
channel.port1.start();

/** Lets the page draw and hear; a page in the background goes on too, which timers don't. */
const breathe = (): Promise<void> =>
  new Promise(resolve => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(undefined);
  });
