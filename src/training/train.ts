/** The epochs of a run: train, validate, keep the best, save what a resume needs. */
import type { RunSpec } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import { learningRateAt } from '../optim/optimizer.js';
import { type Checkpoint, describe, saveCheckpoint, saveWeights } from './checkpoint.js';
import { diverged, type EpochProgress, newEpoch, trainEpoch } from './epoch.js';
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

/**
 * Saving a checkpoint takes at most this share of the time, so a kill loses no more than 50 times what a save takes. The
 * first is due after the first step: a disk too small for it is found out before hours are spent.
 */
const SAVING_SHARE = 0.02;

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
  let saved = from.progress;
  let dueAt = 0;

  async function save(current: TrainingState, reached: EpochProgress): Promise<void> {
    if (reached === saved) return;
    const startedAt = performance.now();
    const checkpoint = { state: await downloadState(current), progress: reached };
    await saveCheckpoint(paths.last, spec, learner.model.layout, checkpoint);
    saved = reached;
    dueAt = performance.now() + (performance.now() - startedAt) / SAVING_SHARE;
  }

  async function onStep(current: TrainingState, reached: EpochProgress): Promise<void> {
    training.onStep(reached);
    if (performance.now() > dueAt) await save(current, reached);
  }

  try {
    while (progress.epoch < spec.epochs) {
      const resets = spec.optimizer.reset === 'epoch' && progress.steps === 0;
      if (resets) state = await resetOptimizer(engine, learner, state);
      const learningRate = learningRateAt(progress.epoch, spec);
      const options = { spec, source: sources.train, runStep, learningRate, signal, onStep };
      ({ state, progress } = await trainEpoch(state, progress, options));
      if (progress.images < sources.train.count) {
        await save(state, progress);
        throw signal.reason;
      }
      epochs.push(await finishEpoch(training, evaluator, state, progress, epochs, learningRate));
      progress = newEpoch(progress.epoch + 1);
      const isLast = progress.epoch === spec.epochs;
      if (isLast || signal.aborted || performance.now() > dueAt) await save(state, progress);
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
  if (!Number.isFinite(loss)) throw diverged(`the validation loss is ${loss} after epoch ${epoch}`);
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
