/** What is seen of a curve while its points are computed: a bar where somebody watches, else a line now and then. */
import { SingleBar } from 'cli-progress';
import { log, showsProgress } from './output.js';

export interface CurveProgress {
  /** Points done, and the one under way. */
  readonly show: (done: number, point: string) => void;
  readonly stop: () => void;
}

/** Between lines, where there is no bar. */
const LINE_SECONDS = 10;

export function createCurveProgress(name: string, total: number): CurveProgress {
  return showsProgress() ? barProgress(name, total) : lineProgress(name, total);
}

function lineProgress(name: string, total: number): CurveProgress {
  let saidAt = performance.now();
  return {
    show(done, point) {
      if (performance.now() - saidAt < 1000 * LINE_SECONDS) return;
      saidAt = performance.now();
      log(`${name}: ${Math.floor((100 * done) / total)}%, ${point}`);
    },
    stop: () => {},
  };
}

function barProgress(name: string, total: number): CurveProgress {
  const bar = new SingleBar({
    format: `${name} [{bar}] {percentage}%  {point}  {eta_formatted} left`,
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    fps: 4,
    stream: process.stderr,
    gracefulExit: false,
  });
  bar.start(total, 0, { point: 'compiling' });
  return { show: (done, point) => bar.update(done, { point }), stop: () => bar.stop() };
}
