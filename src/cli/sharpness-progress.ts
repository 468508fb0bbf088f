/** What is seen of a measurement while it goes on: a bar with the best value so far, where somebody watches. */
import { SingleBar } from 'cli-progress';
import type { Subject } from '../sharpness/laboratory.js';
import type { MeasurementProgress } from '../sharpness/measure.js';
import { conventionOf, runsOf, type SharpnessSettings } from '../sharpness/record.js';
import { log, showsProgress } from './output.js';
import { subjectLabel } from './subject-label.js';

export interface SharpnessProgress {
  readonly show: (progress: MeasurementProgress) => void;
  readonly stop: () => void;
}

export function createSharpnessProgress(subject: Subject, settings: SharpnessSettings): SharpnessProgress {
  const name = `${subjectLabel(subject)}, ${conventionOf(settings)}`;
  if (!showsProgress()) {
    log(`${name}: measuring`);
    return { show: () => {}, stop: () => {} };
  }
  const { maxIterations } = settings;
  const runs = runsOf(settings);
  const bar = new SingleBar({
    format: `${name} [{bar}] {what}  evaluation {evaluation} {percent}  {best}`,
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    fps: 4,
    stream: process.stderr,
    gracefulExit: false,
  });
  bar.start(runs * maxIterations, 0, { what: 'compiling', evaluation: 1, percent: '', best: '' });
  return {
    show({ what, repeat, iteration, evaluations, fraction, best }) {
      const run = runs === 1 ? '' : `repeat ${repeat + 1}/${runs} `;
      bar.update(repeat * maxIterations + iteration, {
        what: what === 'L-BFGS-B' ? `${run}iteration ${iteration}/${maxIterations}` : what,
        evaluation: evaluations + 1,
        percent: `${Math.round(100 * fraction)}%`,
        best: best === null || !Number.isFinite(best) ? '' : `best ${best.toFixed(4)}`,
      });
    },
    stop: () => bar.stop(),
  };
}
