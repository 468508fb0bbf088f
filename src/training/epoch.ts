/** Lines 1, 2 and 7 of Algorithm 1: the batches of an epoch, one step for each. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunSpec } from '../config/schema.js';
import { type Batch, batches } from '../data/batches.js';
import type { ImageSource } from '../data/source.js';
import { SmoothOutError } from '../support/errors.js';
import { ghostBatches } from './ghost-batches.js';
import type { TrainingState } from './state.js';
import type { StepRunner } from './step.js';

/** How far an epoch has come. */
export interface EpochProgress {
  /** Counted from 0. */
  readonly epoch: number;
  readonly steps: number;
  readonly images: number;
  /** Summed over the images so far: cross-entropy (nats) and correct predictions, as they were trained on. */
  readonly lossSum: number;
  readonly correct: number;
  /** Wall time of these steps, waiting for data included. */
  readonly seconds: number;
}

export const newEpoch = (epoch: number): EpochProgress => ({
  epoch,
  steps: 0,
  images: 0,
  lossSum: 0,
  correct: 0,
  seconds: 0,
});

export interface EpochOptions {
  readonly spec: RunSpec;
  readonly source: ImageSource;
  readonly runStep: StepRunner;
  readonly learningRate: number;
  readonly signal: AbortSignal;
  /** Awaited before the next step. */
  readonly onStep: (state: TrainingState, progress: EpochProgress) => Promise<void>;
}

/**
 * Trains from where `progress` says to the end of the epoch, or to where `signal` stops it.
 *
 * @throws SmoothOutError DIVERGED when the loss is no longer a number; `onStep` is not called for that step.
 */
export async function trainEpoch(
  start: TrainingState,
  progress: EpochProgress,
  { spec, source, runStep, learningRate, signal, onStep }: EpochOptions,
): Promise<{ state: TrainingState; progress: EpochProgress }> {
  const { epoch } = progress;
  const stepsPerEpoch = Math.ceil(source.count / spec.batchSize);
  const place = { epoch, learningRate, total: stepsPerEpoch * spec.epochs };
  let state = start;
  let now = progress;
  const startedAt = performance.now();
  const parts = batches(source, {
    batchSize: spec.batchSize,
    cut: (count) => ghostBatches(count, spec.batchSize, spec.ghostBatchSize),
    shuffle: { seed: spec.seed, purpose: 'shuffle', epoch },
    ...(spec.augment && { augmentation: { seed: spec.seed, purpose: 'augmentation', epoch } }),
    skip: progress.steps,
  });
  // The counts below say how many parts there are: it is never asked for one too many.
  const next = async () => (await parts.next()).value as Batch;
  for (let step = progress.steps; step < stepsPerEpoch; step++) {
    // Signals arrive between turns of the event loop only.
    await nextTurn();
    if (signal.aborted) break;
    const count = Math.min(spec.batchSize, source.count - step * spec.batchSize);
    const result = await runStep(state, { count, next }, { ...place, step, done: epoch * stepsPerEpoch + step });
    state = result.state;
    now = {
      epoch,
      steps: step + 1,
      images: now.images + count,
      lossSum: now.lossSum + result.lossSum,
      correct: now.correct + result.correct,
      seconds: progress.seconds + (performance.now() - startedAt) / 1000,
    };
    if (!Number.isFinite(result.lossSum)) {
      throw diverged(`the loss became ${result.lossSum} in epoch ${epoch + 1}, step ${now.steps}`);
    }
    await onStep(state, now);
  }
  await parts.return();
  return { state, progress: now };
}

export function diverged(what: string): SmoothOutError {
  return new SmoothOutError('DIVERGED', what, {
    hint: 'Try a smaller learning rate, a smaller noise strength a, or optimizer.clipNorm.',
  });
}
