// The page: the spec is checked as one types, a button trains it, and how it goes is drawn.

import {
  type Compilation,
  compile,
  findEngines,
  type PageEngine,
  renderDiagnostics,
} from '../../src/page/index.ts';
import { curve } from './curve.ts';
import { items, type Prediction, score } from './predictions.ts';
import original from './shapes.mm';
import { startTraining, type Training } from './training.ts';
import { createView, element, show, type View } from './view.ts';

const file = 'shapes.mm';

const spec = element('spec', HTMLTextAreaElement);
const buttons = {
  train: element('train', HTMLButtonElement),
  pause: element('pause', HTMLButtonElement),
  stop: element('stop', HTMLButtonElement),
  restore: element('restore', HTMLButtonElement),
};
const choice = element('engine', HTMLSelectElement);
const seed = element('seed', HTMLInputElement);
const showIf = (id: string, text: string): void => {
  show(id, text);
  element(id, HTMLElement).hidden = text === '';
};

let compiled: Compilation | undefined;
let training: Training | undefined;
let engines: readonly PageEngine[] = [];

/** Checks what stands in the editor. */
function check(): void {
  spec.rows = spec.value.split('\n').length + 1;
  const begin = performance.now();
  const { models, diagnostics } = compile(spec.value, { file });
  const took = (performance.now() - begin).toFixed(0);
  const errors = diagnostics.filter(d => d.severity === 'error').length;
  [compiled] = models.values();
  const count = errors === 1 ? '1 mistake' : `${errors} mistakes`;
  const nothing = 'it has no model';
  show('checked', errors > 0 ? count : compiled === undefined ? nothing : `✓ right, checked in ${took} ms`);
  element('checked', HTMLElement).classList.toggle('wrong', compiled === undefined);
  showIf('diagnostics', renderDiagnostics(diagnostics, new Map([[file, spec.value]]), { color: false }));
  enable();
}

function enable(): void {
  buttons.train.disabled = training !== undefined || compiled === undefined || engines.length === 0;
  buttons.pause.disabled = training === undefined;
  buttons.stop.disabled = training === undefined;
  choice.disabled = training !== undefined;
  seed.disabled = training !== undefined;
}

async function offerEngines(): Promise<void> {
  engines = await findEngines({ wasm: './' });
  const fit = engines.filter(e => e.unfit === undefined);
  for (const { name, unfit } of engines) {
    const option = new Option(unfit === undefined ? name : `${name} (not here)`, name);
    option.disabled = unfit !== undefined;
    choice.add(option);
  }
  const asked = new URLSearchParams(location.search).get('engine');
  choice.value = (fit.find(e => e.name === asked) ?? fit[0])?.name ?? '';
  tellEngine();
  enable();
}

/** What the chosen engine is, which others are here, and why those that aren't are not. */
function tellEngine(): void {
  const chosen = engines.find(e => e.name === choice.value);
  if (chosen === undefined) return;
  const others = engines.filter(e => e !== chosen);
  const here = others.filter(e => e.unfit === undefined).map(e => `${e.name} (${e.about})`);
  const unfit = others.filter(e => e.unfit !== undefined).map(e => `No ${e.name}: ${e.unfit}.`);
  const also = here.length === 0 ? [] : [`Also here: ${here.join(', ')}.`];
  show('why', [`${chosen.name}: ${chosen.about}.`, ...also, ...unfit].join(' '));
}

function showPredictions(all: readonly Prediction[]): void {
  element('shown', HTMLElement).hidden = all.length === 0;
  element('predictions', HTMLOListElement).replaceChildren(...items(all));
  show('right', score(all));
}

let view: View | undefined;

function train(): void {
  const engine = engines.find(e => e.name === choice.value);
  if (compiled === undefined || engine === undefined || training !== undefined) return;
  const drawing = createView(engine.name);
  view = drawing;
  showIf('failure', '');
  show('state', 'Compiling and starting the engine …');
  document.body.dataset.state = 'training';
  training = startTraining(
    compiled,
    { engine, seed: Number(seed.value) || 0 },
    {
      onOpen: (steps, bytes) => {
        drawing.open(steps, bytes);
        show('state', 'Training …');
      },
      onStep: (_, loss) => drawing.step(loss),
      onPredictions: showPredictions,
      onNote: text => show('state', text),
    },
  );
  buttons.pause.textContent = 'Pause';
  enable();
  training.ended.then(
    text => {
      drawing.draw();
      show('state', text);
      document.body.dataset.state = 'done';
      ended();
    },
    (e: unknown) => {
      show('state', '');
      showIf('failure', failureText(e));
      document.body.dataset.state = 'failed';
      ended();
    },
  );
}

function ended(): void {
  training = undefined;
  buttons.train.textContent = 'Train again';
  buttons.pause.textContent = 'Pause';
  enable();
}

/** A failure with diagnostics as they are shown for the spec; else its message. */
function failureText(e: unknown): string {
  const { diagnostics } = e as { readonly diagnostics?: Parameters<typeof renderDiagnostics>[0] };
  if (diagnostics !== undefined)
    return renderDiagnostics(diagnostics, new Map([[file, spec.value]]), { color: false });
  return e instanceof Error ? e.message : String(e);
}

function pauseOrGoOn(): void {
  const isPaused = buttons.pause.textContent !== 'Pause';
  if (isPaused) {
    view?.resumed();
    training?.resume();
  } else {
    training?.pause();
    view?.draw();
  }
  buttons.pause.textContent = isPaused ? 'Pause' : 'Go on';
  show('state', isPaused ? 'Training …' : 'Paused.');
}

let waiting: ReturnType<typeof setTimeout> | undefined;
spec.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(check, 150);
});
buttons.restore.addEventListener('click', () => {
  spec.value = original;
  check();
});
buttons.train.addEventListener('click', train);
buttons.pause.addEventListener('click', pauseOrGoOn);
buttons.stop.addEventListener('click', () => training?.stop());
choice.addEventListener('change', tellEngine);

spec.value = original;
element('curve', SVGSVGElement).innerHTML = curve([], 1);
check();
await offerEngines();
document.body.dataset.state = 'ready';
