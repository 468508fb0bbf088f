/** What is seen on stderr of work that takes long: a bar where somebody watches, else a line now and then. */
import { type Options, SingleBar } from 'cli-progress';
import type { MeasurementProgress } from '../analysis/sharpness.js';
import type { RunSpec } from '../config/schema.js';
import type { EpochMetrics } from '../records/metrics.js';
import type { RunEvents } from '../training/run.js';
import { log, printJson, showsProgress } from './output.js';

/** Bars of work that catches signals itself (interrupt.ts). */
const CALM: Options = { hideCursor: true, fps: 4, gracefulExit: false };

function createBar(format: string, options: Options): SingleBar {
  return new SingleBar({ format, barsize: 20, clearOnComplete: true, stream: process.stderr, ...options });
}

/** How far something countable has come: bytes fetched, images drawn. */
interface CountBar {
  /** Shows `done` of `total` under a label; a new label starts a new bar. */
  readonly update: (label: string, done: number, total: number) => void;
  /** Takes the bar away. */
  readonly stop: () => void;
}

/** A bar, or nothing where nobody watches. Counts are shown in units of `scale`. */
export function createCountBar(unit: string, scale = 1): CountBar {
  if (!showsProgress()) return { update: () => {}, stop: () => {} };
  let bar: SingleBar | undefined;
  let current: string | undefined;
  return {
    stop: () => bar?.stop(),
    update(label, done, total) {
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

interface CurveProgress {
  /** Points done, and the one under way. */
  readonly show: (done: number, point: string) => void;
  readonly stop: () => void;
}

/** Between lines, where there is no bar. */
const LINE_SECONDS = 10;

/** Of a curve while its points are computed. */
export function createCurveProgress(name: string, total: number): CurveProgress {
  if (showsProgress()) {
    const bar = createBar(`${name} [{bar}] {percentage}%  {point}  {eta_formatted} left`, CALM);
    bar.start(total, 0, { point: 'compiling' });
    return { show: (done, point) => bar.update(done, { point }), stop: () => bar.stop() };
  }
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

interface SharpnessProgress {
  readonly show: (progress: MeasurementProgress) => void;
  readonly stop: () => void;
}

/** Of a measurement of sharpness: with the best value so far. `runs` are those of L-BFGS-B. */
export function createSharpnessProgress(name: string, runs: number, maxIterations: number): SharpnessProgress {
  if (!showsProgress()) {
    log(`${name}: measuring`);
    return { show: () => {}, stop: () => {} };
  }
  const bar = createBar(`${name} [{bar}] {what}  evaluation {evaluation} {percent}  {best}`, CALM);
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

export const runName = ({ experiment, method, seed }: RunSpec): string => `${experiment} ${method.label} seed ${seed}`;

interface RunProgress {
  readonly events: RunEvents;
  /** Whether the run has trained anything: one that was finished before has not. */
  readonly hasBegun: () => boolean;
  readonly stop: () => void;
}

/** Of a run while it trains: a bar, else a line an epoch; with `json` an object an epoch on stdout too. */
export function createRunProgress(spec: RunSpec, json: boolean): RunProgress {
  const name = runName(spec);
  const bar = showsProgress()
    ? createBar(`${name} [{bar}] {epoch}  {training}  {speed}  {left} left`, CALM)
    : undefined;
  let begun = false;
  let validated = '';
  let trainImages = 0;
  let epochs = 0;

  return {
    hasBegun: () => begun,
    stop: () => bar?.stop(),
    events: {
      onNotice: (text) => log(`${name}: ${text}`),
      onStart({ from, ...plan }) {
        begun = true;
        ({ trainImages, epochs } = plan);
        const done = from.epoch * trainImages + from.images;
        bar?.start(epochs * trainImages, done, { epoch: 'compiling', training: '', speed: '', left: '' });
        if (done > 0) log(`${name}: resuming in epoch ${from.epoch + 1} of ${epochs}`);
      },
      onStep({ epoch, images, lossSum, correct, seconds }) {
        if (!bar || images === 0) return;
        const left = (epochs - epoch) * trainImages - images;
        bar.update(epoch * trainImages + images, {
          epoch: `epoch ${Math.min(epoch + 1, epochs)}/${epochs}`,
          training: `loss ${(lossSum / images).toFixed(4)}  accuracy ${percent((100 * correct) / images)}${validated}`,
          speed: `${Math.round(images / seconds)} images/s`,
          left: duration((left * seconds) / images),
        });
      },
      onEpoch(metrics) {
        validated = `  validation ${percent(metrics.validationAccuracy)}`;
        const { experiment, method, seed } = spec;
        if (json) printJson({ event: 'epoch', experiment, method: method.label, seed, ...metrics });
        if (!bar) log(`${name}: ${epochLine(metrics, epochs)}`);
      },
    },
  };
}

function epochLine(metrics: EpochMetrics, epochs: number): string {
  const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, imagesPerSecond } = metrics;
  const training = `loss ${trainLoss.toFixed(4)}, accuracy ${percent(trainAccuracy)}`;
  const validation = `validation loss ${validationLoss.toFixed(4)}, accuracy ${percent(validationAccuracy)}`;
  return `epoch ${epoch}/${epochs}: ${training}; ${validation}; ${Math.round(imagesPerSecond)} images/s`;
}

const percent = (value: number) => `${value.toFixed(2)}%`;

/** "45 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
