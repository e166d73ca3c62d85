// How a stage is reported when it has ended: its measures on whole splits, floors beside them, result.json and, where
// there are pictures with captions, a page of answers.

import sharp from 'sharp';
import type { Engine } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import { type MeasureSpec, type StageProgram, trainingEntries } from '../compiler/program.ts';
import { orThrow } from '../data/index.ts';
import { topCandidates } from '../dsl/metrics/ranking.ts';
import { writeWhole } from './atomic-file.ts';
import { evaluateStage, finalMeasures } from './evaluate-stage.ts';
import type { Floor } from './floor.ts';
import { floorsOf, pictureAndCaption } from './floor.ts';
import type { Measured } from './measure.ts';
import type { Card, ResultPage } from './result-page.ts';
import { resultPage } from './result-page.ts';
import type { RunData } from './run-data.ts';
import { drawSeed } from './schedule.ts';

export interface StageReport {
  readonly stage: string;
  /** Of the weights that were measured. */
  readonly step: number;
  readonly measured: readonly Measured[];
  readonly floors: readonly Floor[];
}

export interface ReportOptions {
  readonly program: StageProgram;
  readonly weights: ReadonlyMap<string, HostTensor>;
  readonly path: string;
  readonly step: number;
  readonly engine: Engine;
  readonly data: RunData;
  readonly seed: number;
  readonly threads: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** undefined where the signal came in between. */
export async function reportStage(options: ReportOptions): Promise<StageReport | undefined> {
  const { program, engine, data } = options;
  const measures = finalMeasures(program.measures);
  const measured = await evaluateStage({
    measures,
    weights: options.weights,
    path: options.path,
    engine,
    data: data.source,
    seed: drawSeed(options.seed, program.stage),
    threads: options.threads,
    signal: options.signal,
  });
  const floors: Floor[] = [];
  for (const measure of measures) {
    if (options.signal?.aborted === true) return undefined;
    const batches = trainingEntries(program).flatMap(e => e.batches);
    floors.push(...(await floorsOf(measure, batches, data.data, engine)));
  }
  return { stage: program.stage, step: options.step, measured, floors };
}

/** `{stage, step, splits: [{split, samples, metrics, chance, floors}]}` */
export function reportJson(report: StageReport): object {
  const { stage, step, measured, floors } = report;
  return {
    stage,
    step,
    splits: measured.map(m => ({
      measure: m.name,
      split: m.split,
      samples: m.samples,
      metrics: Object.fromEntries(m.metrics),
      chance: Object.fromEntries(m.chance),
      floors: Object.fromEntries(
        floors.filter(f => f.split === m.split).map(f => [f.name, Object.fromEntries(f.metrics)]),
      ),
    })),
  };
}

export function writeReport(path: string, report: StageReport): void {
  writeWhole(path, [`${JSON.stringify(reportJson(report), null, 2)}\n`]);
}

const shownRows = 36;
const shownAnswers = 3;

/** The page of answers; undefined where no measure is a recall between pictures and captions. */
export async function answersPage(
  program: StageProgram,
  report: StageReport,
  data: RunData,
  page: Pick<ResultPage, 'title' | 'about'>,
): Promise<string | undefined> {
  const grids: ResultPage['grids'][number][] = [];
  for (const [i, measure] of finalMeasures(program.measures).entries()) {
    const measured = report.measured[i];
    if (measured === undefined) continue;
    const cards = await cardsOf(measure, measured, data);
    if (cards.length > 0) grids.push({ title: `${measured.split}: what each drawing was given`, cards });
  }
  if (grids.length === 0) return undefined;
  const { measured, floors } = report;
  return resultPage({ ...page, measured, floors, grids });
}

async function cardsOf(measure: MeasureSpec, measured: Measured, data: RunData): Promise<readonly Card[]> {
  const fields = pictureAndCaption(measure);
  const { retrieval } = measured;
  const [batch] = measure.entry.batches;
  if (fields === undefined || retrieval === undefined || batch === undefined) return [];
  const split = orThrow(await data.data.prepare(batch));
  const pictures = split.columns[fields.picture];
  const captions = split.columns[fields.caption];
  if (pictures?.kind !== 'image' || captions?.kind !== 'text') return [];
  const isLeft = retrieval.leftField === fields.picture;
  const from = isLeft ? retrieval.left : retrieval.right;
  const to = isLeft ? retrieval.right : retrieval.left;
  const { height, width } = pictures;
  const each = height * width * 4;
  const cards: Card[] = [];
  for (const row of spread(split.rows, shownRows)) {
    const raw = pictures.rgba.slice(row * each, (row + 1) * each);
    const png = await sharp(raw, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer();
    cards.push({
      picture: `data:image/png;base64,${png.toString('base64')}`,
      name: split.places[row] ?? '',
      truth: captions.texts[row] ?? '',
      answers: topCandidates(from, to, row, shownAnswers).map(a => ({
        text: captions.texts[a.row] ?? '',
        score: a.score,
        right: a.right,
      })),
    });
  }
  return cards;
}

/** Up to `count` rows at even distances. */
export function spread(rows: number, count: number): readonly number[] {
  const n = Math.min(rows, count);
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * rows) / n));
}
