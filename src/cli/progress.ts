/** Shows on stderr how far long work has come: in a terminal a bar or a table, else a line now and then. */
import { SingleBar } from 'cli-progress';
import type { MeasureStep } from '../analysis/measure-checkpoint.js';
import { durationText } from '../support/words.js';
import { type Column, createLiveTable } from './live-table.js';
import { log, showsProgress } from './output.js';

/** How far something countable has come, in units of `scale`: a bar, or nothing where nobody watches. */
export function createCountBar(unit: string, scale = 1) {
  let bar: SingleBar | undefined;
  let current: string | undefined;
  return {
    stop: () => bar?.stop(),
    /** Shows `done` of `total` under a label; a new label starts a new bar. */
    update(label: string, done: number, total: number): void {
      if (!showsProgress()) return;
      const shown = Math.floor(done / scale);
      if (label !== current) {
        bar?.stop();
        current = label;
        const format = `${label} [{bar}] {shown} of ${Math.ceil(total / scale)} ${unit}  {eta_formatted} left`;
        // Enough counts for the time left to be steady.
        bar = new SingleBar({ format, barsize: 20, clearOnComplete: true, stream: process.stderr, etaBuffer: 1000 });
        bar.start(total, done, { shown });
      }
      bar?.update(done, { shown });
    },
  };
}

const COLUMNS: readonly Column[] = [
  { title: 'measuring', isText: true },
  { title: '', isText: true, rank: 1 },
  { title: 'best' },
  { title: 'left', width: 11 },
];

/** Between lines, where there is no table. */
const LINE_SECONDS = 10;

/** What is seen of measurements, of which several may be under way: a table where somebody watches, else lines. */
export function createMeasuringProgress() {
  const table = showsProgress() ? createLiveTable(COLUMNS) : undefined;
  return { follow, stop: () => table?.stop() };

  function follow() {
    const row = table?.addRow();
    let [name, startedAt, saidAt] = ['', 0, 0];
    return {
      start(what: string): void {
        startedAt = performance.now();
        saidAt = startedAt;
        name = what;
        if (row) row.show([name, 'compiling']);
        else log(`${name}: measuring`);
      },
      step({ doing, done, best }: MeasureStep): void {
        const left = (((performance.now() - startedAt) / 1000) * (1 - done)) / done;
        const value = best === null || !Number.isFinite(best) ? '' : best.toFixed(4);
        row?.show([name, doing, value, Number.isFinite(left) ? durationText(left) : '']);
        if (row || performance.now() - saidAt < 1000 * LINE_SECONDS) return;
        saidAt = performance.now();
        log(`${name}: ${doing}`);
      },
      stop: () => row?.remove(),
    };
  }
}
