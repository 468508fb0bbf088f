/** The epochs of a run: train, validate, keep the best, save what a resume needs. */
import type { RunSpec } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import { learningRateAt } from '../optim/schedule.js';
import { type Checkpoint, describe, saveCheckpoint, saveWeights } from './checkpoint.js';
import { type EpochProgress, newEpoch, trainEpoch } from './epoch.js';
import { createEvaluator, type Evaluator } from './evaluate.js';
import { appendMetrics, bestEpoch, type EpochMetrics } from './metrics.js';
import { type Learner, trainingPrograms } from './programs.js';
import type { RunPaths } from './run-directory.js';
import type { Sources } from './sources.js';
import { disposeState, downloadState, resetOptimizer, type TrainingState, uploadState } from './state.js';
import { createStepRunner } from './step.js';

export interface Training {
  readonly spec: RunSpec;
  readonly paths: RunPaths;
  readonly engine: Engine;
  readonly learner: Learner;
  readonly sources: Sources;
  readonly signal: AbortSignal;
  readonly onStep: (progress: EpochProgress) => void;
  /** Called when an epoch's line is written and, where it was time for it, the checkpoint after it is saved. */
  readonly onEpoch: (epochs: readonly EpochMetrics[]) => Promise<void>;
}

/** Checkpoints are no closer together than this, but for the last epoch's and an interruption's. */
const CHECKPOINT_SECONDS = 30;

/**
 * Trains from a checkpoint to the last epoch; `earlier` are the epochs before it.
 *
 * @throws SmoothOutError DIVERGED; the reason of `signal`, once it is aborted and everything is saved.
 */
export async function train(training: Training, from: Checkpoint, earlier: readonly EpochMetrics[]): Promise<void> {
  const { spec, paths, engine, learner, sources, signal } = training;
  const programs = trainingPrograms(engine, learner);
  const evaluator = createEvaluator(engine, learner.model);
  const runStep = createStepRunner(spec, learner, programs);
  const epochs = [...earlier];
  let { progress } = from;
  let state = await uploadState(engine, learner, from.state);
  let savedAt = performance.now();

  async function save(): Promise<void> {
    await saveCheckpoint(paths.last, spec, learner.model.layout, { state: await downloadState(state), progress });
    savedAt = performance.now();
  }

  try {
    while (progress.epoch < spec.epochs) {
      const resets = spec.optimizer.reset === 'epoch' && progress.steps === 0;
      if (resets) state = await resetOptimizer(engine, learner, state);
      const learningRate = learningRateAt(progress.epoch, spec);
      const options = { spec, source: sources.train, runStep, learningRate, signal, onStep: training.onStep };
      ({ state, progress } = await trainEpoch(state, progress, options));
      if (progress.images < sources.train.count) {
        await save();
        throw signal.reason;
      }
      epochs.push(await finishEpoch(training, evaluator, state, progress, epochs, learningRate));
      progress = newEpoch(progress.epoch + 1);
      const isLast = progress.epoch === spec.epochs;
      const isTime = performance.now() - savedAt > 1000 * CHECKPOINT_SECONDS;
      if (isLast || isTime || signal.aborted) await save();
      await training.onEpoch(epochs);
      if (!isLast) signal.throwIfAborted();
    }
  } finally {
    disposeState(state);
    await programs.dispose();
    await evaluator.dispose();
  }
}

/** Validates, keeps the parameters if no earlier epoch was as good, and writes the epoch's line. */
async function finishEpoch(
  { spec, paths, learner, sources }: Training,
  evaluator: Evaluator,
  state: TrainingState,
  progress: EpochProgress,
  earlier: readonly EpochMetrics[],
  learningRate: number,
): Promise<EpochMetrics> {
  const startedAt = performance.now();
  const { loss, accuracy } = await evaluator.evaluate(state.parameters, state.statistics, sources.validation);
  const epoch = progress.epoch + 1;
  if (accuracy > (bestEpoch(earlier)?.validationAccuracy ?? Number.NEGATIVE_INFINITY)) {
    await saveWeights(paths.best, await downloadState(state), learner.model.layout, describe(spec, epoch));
  }
  const metrics: EpochMetrics = {
    epoch,
    step: epoch * Math.ceil(sources.train.count / spec.batchSize),
    learningRate,
    trainLoss: progress.lossSum / progress.images,
    trainAccuracy: (100 * progress.correct) / progress.images,
    validationLoss: loss,
    validationAccuracy: accuracy,
    seconds: progress.seconds + (performance.now() - startedAt) / 1000,
    imagesPerSecond: progress.images / progress.seconds,
  };
  await appendMetrics(paths.metrics, metrics);
  return metrics;
}
