/**
 * Figure 1: a loss with a flat and a sharp minimum, four of its 1024 random shifts, and the mean of all of them.
 *
 *     npx tsx scripts/figure1.ts [FOLDER]        writes FOLDER/figure1.svg and .csv (results/figures)
 */
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { TopLevelSpec } from 'vega-lite';
import { BLUE, INK, renderSvg, SERIES_COLOURS } from '../src/report/figures/drawing.js';
import { at } from '../src/support/at.js';
import { makeFolder, writeFileAtomic } from '../src/support/files.js';
import { FIGURE1_SHIFT, FLAT, figure1, SHARP } from './figure1-curves.js';

const SEED = 1;
const GREEN = SERIES_COLOURS[2];

interface Point {
  readonly w: number;
  readonly loss: number;
  readonly curve: string;
}

function points(w: Float64Array, loss: Float64Array, curve: string): Point[] {
  return Array.from(w, (wi, i) => ({ w: wi, loss: at(loss, i), curve }));
}

/** The curves of one panel, thin and dashed but for the last. */
function panel(title: string, curves: readonly Point[][], colour: string, y: string | null): object {
  const line = (values: readonly Point[], mark: object) => ({
    data: { values },
    mark: { type: 'line', ...mark },
    encoding: {
      x: { field: 'w', type: 'quantitative', scale: { nice: false }, axis: { title: 'w', grid: false, tickCount: 6 } },
      y: { field: 'loss', type: 'quantitative', scale: { domain: [0, 1.05] }, axis: { title: y, tickCount: 5 } },
      detail: { field: 'curve', type: 'nominal' },
    },
  });
  const thin = { color: INK, strokeWidth: 0.8, strokeDash: [3, 2], opacity: 0.7 };
  const last = curves.length - 1;
  return {
    title,
    width: 300,
    height: 200,
    layer: curves.map((curve, i) => line(curve, i < last ? thin : { color: colour, strokeWidth: 2 })),
  };
}

const { w, loss, perturbed, averaged, shifts } = figure1(SEED);
const original = points(w, loss, 'C(w)');
const shifted = perturbed.map((curve, i) => points(w, curve, `C(w + θ${i + 1})`));
const mean = points(w, averaged, 'mean');
const spec = {
  hconcat: [
    panel('(a) C(w)', [original], BLUE, 'Loss'),
    panel(`(b) 4 of ${shifts.length} shifts C(w + θ), dashed; their mean`, [...shifted, mean], GREEN, null),
  ],
} as TopLevelSpec;

const folder = process.argv[2] ?? join('results', 'figures');
await makeFolder(folder);
await writeFileAtomic(join(folder, 'figure1.svg'), await renderSvg(spec));
const rows = [...original, ...shifted.flat(), ...mean];
await writeFileAtomic(join(folder, 'figure1.csv'), stringify(rows, { header: true, columns: ['w', 'loss', 'curve'] }));

const placeOf = (where: number) => w.findIndex((wi) => wi >= where - 1e-9);
const valueAt = (curve: Float64Array, where: number) => at(curve, placeOf(where)).toFixed(3);
console.log(`loss at the flat minimum ${valueAt(loss, FLAT.at)}, at the sharp one ${valueAt(loss, SHARP.at)};`);
console.log(
  `averaged over shifts in ±${FIGURE1_SHIFT}: ${valueAt(averaged, FLAT.at)} and ${valueAt(averaged, SHARP.at)}`,
);
console.log(`written to ${join(folder, 'figure1.svg')} and .csv`);
