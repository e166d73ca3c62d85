// How a training goes: its numbers and its curve, drawn a few times a second.

import { memory } from '@tensorflow/tfjs-core';
import { curve, smoothed } from './curve.ts';

/** An element of the page by its id. */
export function element<T extends Element>(id: string, kind: abstract new (...args: never[]) => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

export const show = (id: string, text: string): void => {
  element(id, HTMLElement).textContent = text;
};

export interface View {
  /** The training begins, with so many steps to go, each of so many bytes by its plan. */
  readonly open: (steps: number, bytes: number) => void;
  readonly step: (loss: number) => void;
  /** It goes on after a pause, which doesn't count in its speed. */
  readonly resumed: () => void;
  readonly draw: () => void;
}

const drawEveryMs = 100;
const speedEveryMs = 1000;

export function createView(engine: string): View {
  const losses: number[] = [];
  let steps = 1;
  let drawnAt = 0;
  let since = { step: 0, at: performance.now() };
  for (const id of ['step', 'loss', 'speed', 'memory']) show(id, '–');
  show('ran', engine);
  // Asked before its backend has started, TensorFlow.js throws.
  const countsTensors = engine.startsWith('tfjs');
  const draw = (): void => {
    const now = performance.now();
    drawnAt = now;
    show('step', `${losses.length} / ${steps}`);
    show('loss', smoothed(losses).at(-1)?.toFixed(4) ?? '–');
    element('curve', SVGSVGElement).innerHTML = curve(losses, steps);
    if (countsTensors) showTensors();
    if (now - since.at < speedEveryMs) return;
    show('speed', ((1000 * (losses.length - since.step)) / (now - since.at)).toFixed(1));
    since = { step: losses.length, at: now };
  };
  const restart = (): void => {
    since = { step: losses.length, at: performance.now() };
  };
  return {
    open: (all, bytes) => {
      steps = all;
      show('memory', `${(bytes / 1000).toFixed(0)} kB planned`);
      restart();
    },
    step: loss => {
      losses.push(loss);
      if (performance.now() - drawnAt >= drawEveryMs) draw();
    },
    resumed: restart,
    draw,
  };
}

/** Those of TensorFlow.js; none are left when a training has ended. */
function showTensors(): void {
  const { numTensors, numBytes } = memory();
  document.body.dataset.tensors = String(numTensors);
  if (numTensors > 0) show('memory', `${numTensors} tensors, ${(numBytes / 1000).toFixed(0)} kB`);
}
