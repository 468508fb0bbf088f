/** What is seen of a run while it trains: a bar where somebody watches, else a line an epoch. */
import { SingleBar } from 'cli-progress';
import type { RunSpec } from '../config/schema.js';
import type { EpochProgress } from '../training/checkpoint.js';
import type { EpochMetrics } from '../training/record.js';
import type { RunEvents } from '../training/run.js';
import { log, printJson, showsProgress } from './output.js';

export interface RunProgress {
  readonly events: RunEvents;
  readonly stop: () => void;
}

export function createRunProgress(spec: RunSpec, json: boolean): RunProgress {
  const name = `${spec.experiment} ${spec.method.label} seed ${spec.seed}`;
  const bar = showsProgress() ? createBar(name) : undefined;
  let validated = '';
  let trainImages = 0;

  const show = ({ epoch, images, lossSum, correct, seconds }: EpochProgress) => {
    if (!bar || images === 0) return;
    const left = (spec.epochs - epoch) * trainImages - images;
    bar.update(epoch * trainImages + images, {
      epoch: `epoch ${Math.min(epoch + 1, spec.epochs)}/${spec.epochs}`,
      training: `loss ${(lossSum / images).toFixed(4)}  accuracy ${percent((100 * correct) / images)}${validated}`,
      speed: `${Math.round(images / seconds)} images/s`,
      left: duration((left * seconds) / images),
    });
  };

  return {
    stop: () => bar?.stop(),
    events: {
      onStart(from, sources) {
        trainImages = sources.train.count;
        const done = from.epoch * trainImages + from.images;
        bar?.start(spec.epochs * trainImages, done, { epoch: 'compiling', training: '', speed: '', left: '' });
        if (done > 0) log(`${name}: resuming in epoch ${from.epoch + 1} of ${spec.epochs}`);
      },
      onStep: show,
      onEpoch(metrics) {
        validated = `  validation ${percent(metrics.validationAccuracy)}`;
        const { experiment, method, seed } = spec;
        if (json) printJson({ event: 'epoch', experiment, method: method.label, seed, ...metrics });
        if (!bar) log(`${name}: ${epochLine(metrics, spec.epochs)}`);
      },
    },
  };
}

function createBar(name: string): SingleBar {
  return new SingleBar({
    format: `${name} [{bar}] {epoch}  {training}  {speed}  {left} left`,
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    fps: 4,
    stream: process.stderr,
    gracefulExit: false,
  });
}

function epochLine(metrics: EpochMetrics, epochs: number): string {
  const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, imagesPerSecond } = metrics;
  const training = `loss ${trainLoss.toFixed(4)}, accuracy ${percent(trainAccuracy)}`;
  const validation = `validation loss ${validationLoss.toFixed(4)}, accuracy ${percent(validationAccuracy)}`;
  return `epoch ${epoch}/${epochs}: ${training}; ${validation}; ${Math.round(imagesPerSecond)} images/s`;
}

const percent = (value: number) => `${value.toFixed(2)}%`;

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
