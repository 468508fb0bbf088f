/** What is seen of measurements of sharpness: a table where somebody watches, else a line now and then. */
import type { MeasureEvents } from '../analysis/measure-checkpoint.js';
import { type Column, createLiveTable } from './live-table.js';
import { log, showsProgress } from './output.js';
import { duration, LINE_SECONDS } from './progress.js';
import { checkpointLabel } from './session.js';

const COLUMNS: readonly Column[] = [
  { title: 'checkpoint', isText: true },
  { title: 'measuring', isText: true, rank: 1 },
  { title: 'best' },
  { title: 'left', width: 11 },
];

interface SharpnessProgress extends Pick<MeasureEvents<never>, 'onStart' | 'onStep'> {
  readonly stop: () => void;
}

export function createSharpnessProgress() {
  const table = showsProgress() ? createLiveTable(COLUMNS) : undefined;
  return { follow, stop: () => table?.stop() };

  function follow(path: string): SharpnessProgress {
    const row = table?.addRow();
    let [name, startedAt, saidAt] = ['', 0, 0];
    return {
      onStart({ run, what }) {
        startedAt = performance.now();
        saidAt = startedAt;
        name = `${checkpointLabel({ run, path })}, ${what}`;
        if (row) row.show([name, 'compiling']);
        else log(`${name}: measuring`);
      },
      onStep({ doing, done, best }) {
        const left = (((performance.now() - startedAt) / 1000) * (1 - done)) / done;
        const value = best === null || !Number.isFinite(best) ? '' : best.toFixed(4);
        row?.show([name, doing, value, Number.isFinite(left) ? duration(left) : '']);
        if (row || performance.now() - saidAt < 1000 * LINE_SECONDS) return;
        saidAt = performance.now();
        log(`${name}: ${doing}`);
      },
      stop: () => row?.remove(),
    };
  }
}
