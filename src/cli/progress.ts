/** Shows on stderr how far long work has come: a bar in a terminal, else a line now and then. */
import { type Options, SingleBar } from 'cli-progress';
import { log, showsProgress } from './output.js';

/** Bars of work that catches signals itself (signals.ts). */
const CALM: Options = { hideCursor: true, fps: 4, gracefulExit: false };

function createBar(format: string, options: Options): SingleBar {
  return new SingleBar({ format, barsize: 20, clearOnComplete: true, stream: process.stderr, ...options });
}

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
        const counts = `{shown} of ${Math.ceil(total / scale)} ${unit}`;
        // Enough counts for the time left to be steady.
        bar = createBar(`${label} [{bar}] ${counts}  {eta_formatted} left`, { etaBuffer: 1000 });
        bar.start(total, done, { shown });
      }
      bar?.update(done, { shown });
    },
  };
}

/** Between lines, where there is no bar. */
export const LINE_SECONDS = 10;

/** Shows how many points of a curve are computed. */
export function createCurveProgress(name: string, total: number) {
  const bar = showsProgress()
    ? createBar(`${name} [{bar}] {percentage}%  {point}  {eta_formatted} left`, CALM)
    : undefined;
  bar?.start(total, 0, { point: 'compiling' });
  let saidAt = performance.now();
  return {
    /** Points done, and the one under way. */
    show(done: number, point: string): void {
      bar?.update(done, { point });
      if (bar || performance.now() - saidAt < 1000 * LINE_SECONDS) return;
      saidAt = performance.now();
      log(`${name}: ${Math.floor((100 * done) / total)}%, ${point}`);
    },
    stop: () => bar?.stop(),
  };
}
