// The loss curve: each step's loss, pale, and a running mean over it.

const [width, height] = [640, 280];
const margin = { left: 46, right: 14, top: 12, bottom: 28 };
const mostPoints = 500;

/**
 * The running mean of the values, corrected for its start: m_t / (1 − β^t), m_t = β · m_(t−1) + (1 − β) · x_t, β = 0.9.
 */
export function smoothed(values: readonly number[]): readonly number[] {
  let mean = 0;
  return values.map((value, i) => {
    mean = 0.9 * mean + 0.1 * value;
    return mean / (1 - 0.9 ** (i + 1));
  });
}

/** What stands in the svg element: losses of the steps from 1, of `steps` in all. */
export function curve(losses: readonly number[], steps: number): string {
  const top = niceTop(Math.max(0, ...losses.filter(Number.isFinite)));
  const x = (step: number): string =>
    (margin.left + ((step - 1) / Math.max(1, steps - 1)) * (width - margin.left - margin.right)).toFixed(1);
  const y = (loss: number): string =>
    (height - margin.bottom - (loss / top) * (height - margin.top - margin.bottom)).toFixed(1);
  const line = (kind: string, values: readonly number[]): string => {
    const every = Math.ceil(values.length / mostPoints);
    const points = values.flatMap((v, i) =>
      i % every === 0 || i === values.length - 1 ? [`${x(i + 1)},${y(v)}`] : [],
    );
    return `<polyline class="${kind}" points="${points.join(' ')}"/>`;
  };
  const marks = [0, 0.25, 0.5, 0.75, 1].map(part => {
    const at = y(part * top);
    const text = `<text x="${margin.left - 7}" y="${Number(at) + 4}" text-anchor="end">${Number((part * top).toPrecision(3))}</text>`;
    return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/>${text}`;
  });
  const fifths = steps < 5 ? [] : [0.2, 0.4, 0.6, 0.8, 1];
  const numbers = fifths.map(part => {
    const step = Math.max(1, Math.round(part * steps));
    return `<text x="${x(step)}" y="${height - 9}" text-anchor="${part === 1 ? 'end' : 'middle'}">${step}</text>`;
  });
  return [...marks, ...numbers, line('each', losses), line('mean', smoothed(losses))].join('');
}

/** A round number at or above the largest. */
function niceTop(largest: number): number {
  if (!(largest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  return power * ([1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find(m => m * power >= largest) ?? 10);
}
