/** What is seen of runs while they train: a table where somebody watches, else a line an epoch. */
import type { RunSpec } from '../config/schema.js';
import type { EpochMetrics } from '../records/metrics.js';
import { at } from '../support/at.js';
import { durationText } from '../support/words.js';
import type { RunEvents } from '../training/run.js';
import { type Column, createLiveTable } from './live-table.js';
import { log, printJson, showsProgress } from './output.js';
import { type Ahead, createSpeeds, secondsLeft } from './time-left.js';

export const runName = ({ experiment, method, seed }: RunSpec): string => `${experiment} ${method.label} seed ${seed}`;

const COLUMNS: readonly Column[] = [
  { title: 'run', isText: true },
  { title: '', isText: true, rank: 4 },
  { title: 'epoch', rank: 1 },
  { title: 'loss' },
  { title: 'accuracy' },
  { title: 'validation', rank: 2 },
  { title: 'images/s' },
  { title: 'left', width: 11 },
];

export interface RunProgress {
  readonly events: RunEvents;
  /** Whether the run has trained anything: one that was finished before has not. */
  readonly hasBegun: () => boolean;
  readonly stop: (end: RunEnd) => void;
}

/** Failed: or diverged, now or before. */
export type RunEnd = 'done' | 'failed' | 'interrupted';

interface RunsToFollow {
  readonly runs: readonly RunSpec[];
  /** How many images each of them still trains on. */
  readonly images: readonly number[];
  /** How many train at once. */
  readonly jobs: number;
  /** Whether an object an epoch goes to stdout. */
  readonly json: boolean;
}

export function createRunsProgress({ runs, images, jobs, json }: RunsToFollow) {
  const table = showsProgress() ? createLiveTable(COLUMNS) : undefined;
  const speeds = createSpeeds();
  const ends = { done: 0, failed: 0, interrupted: 0 };
  const ahead = new Map(
    runs.map((spec, i): [RunSpec, Ahead] => [spec, { spec, images: at(images, i), isRunning: false, speed: null }]),
  );

  /** How much is done and when the rest will be; empty where there is one run alone. */
  function overall(): string {
    if (runs.length === 1) return '';
    const seconds = ahead.size === 0 ? null : secondsLeft([...ahead.values()], jobs, speeds);
    const left = seconds === null ? '' : `, ${durationText(seconds)} left for all`;
    const speed = [...ahead.values()].reduce((sum, each) => sum + (each.speed ?? 0), 0);
    const together = speed === 0 ? '' : `, ${Math.round(speed)} images/s`;
    const failed = ends.failed === 0 ? '' : `, ${ends.failed} failed`;
    return `${ends.done} of ${runs.length} runs done${failed}${together}${left}`;
  }

  function follow(spec: RunSpec): RunProgress {
    const name = runName(spec);
    const row = table?.addRow();
    let begun = false;
    let validated = '';
    let total = { trainImages: 0, epochs: 0 };
    const note = (trained: number, speed: number | null) => {
      ahead.set(spec, { spec, images: total.epochs * total.trainImages - trained, isRunning: true, speed });
      if (speed !== null) speeds.note(spec, speed);
    };
    return {
      hasBegun: () => begun,
      stop(end) {
        ends[end]++;
        row?.remove();
        ahead.delete(spec);
        table?.foot(overall());
      },
      events: {
        onNotice: (text) => log(`${name}: ${text}`),
        onStart({ from, ...plan }) {
          begun = true;
          total = plan;
          const done = from.epoch * plan.trainImages + from.images;
          note(done, null);
          row?.show([name, bar(done, plan.epochs * plan.trainImages), 'compiling']);
          if (done > 0) log(`${name}: resuming in epoch ${from.epoch + 1} of ${plan.epochs}`);
        },
        onStep({ epoch, images, lossSum, correct, seconds }) {
          if (images === 0) return;
          const { trainImages, epochs } = total;
          const trained = epoch * trainImages + images;
          note(trained, images / seconds);
          row?.show([
            name,
            bar(trained, epochs * trainImages),
            `${Math.min(epoch + 1, epochs)}/${epochs}`,
            (lossSum / images).toFixed(4),
            percent((100 * correct) / images),
            validated,
            `${Math.round(images / seconds)}`,
            durationText(((epochs * trainImages - trained) * seconds) / images),
          ]);
          table?.foot(overall());
        },
        onEpoch(metrics) {
          validated = percent(metrics.validationAccuracy);
          const { experiment, method, seed } = spec;
          if (json) printJson({ event: 'epoch', experiment, method: method.label, seed, ...metrics });
          if (!table) log(`${name}: ${epochLine(metrics, total.epochs)}`);
        },
      },
    };
  }

  return { follow, overall, stop: () => table?.stop() };
}

const BAR = 10;

const bar = (done: number, total: number) => {
  const full = Math.floor((BAR * done) / Math.max(1, total));
  return '█'.repeat(full) + '░'.repeat(BAR - full);
};

function epochLine(metrics: EpochMetrics, epochs: number): string {
  const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, imagesPerSecond } = metrics;
  const training = `loss ${trainLoss.toFixed(4)}, accuracy ${percent(trainAccuracy)}`;
  const validation = `validation loss ${validationLoss.toFixed(4)}, accuracy ${percent(validationAccuracy)}`;
  return `epoch ${epoch}/${epochs}: ${training}; ${validation}; ${Math.round(imagesPerSecond)} images/s`;
}

const percent = (value: number) => `${value.toFixed(2)}%`;
