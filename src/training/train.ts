/** The epochs of a run: train, validate, keep the best, save what a resume needs. */
import type { RunSpec } from '../config/schema.js';
import { batches } from '../data/batches.js';
import type { ImageSource } from '../data/source.js';
import type { Engine } from '../engine/engine.js';
import { shareAt } from '../optim/average.js';
import { learningRateAt } from '../optim/learning-rate.js';
import type { EpochProgress } from '../records/checkpoint-place.js';
import { appendMetrics, bestEpoch, type EpochMetrics } from '../records/metrics.js';
import type { RunPaths } from '../records/run-folder.js';
import { createEvaluator, type Evaluator } from '../session/evaluate.js';
import type { Sources } from '../session/sources.js';
import { SmoothOutError } from '../support/errors.js';
import { type Checkpoint, describe, newEpoch, saveCheckpoint, saveWeights } from './checkpoint.js';
import type { Learner } from './learner.js';
import { createManyPasses } from './many-passes.js';
import { createOnePass } from './one-pass.js';
import { type Plan, passSizes } from './plan.js';
import { createReestimator } from './reestimate.js';
import { disposeState, downloadState, resetOptimizer, type TrainingState, uploadState } from './state.js';
import { createInputs, equalSizes, type TakeSteps } from './step.js';

export interface Training {
  readonly spec: RunSpec;
  readonly paths: RunPaths;
  readonly engine: Engine;
  readonly learner: Learner;
  readonly sources: Sources;
  readonly plan: Plan;
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
  const { spec, paths, engine, learner, sources, plan, signal } = training;
  const steps = createSteps(engine, spec, learner, signal);
  const evaluator = createEvaluator(engine, learner.model);
  const reestimator = await createReestimator(engine, spec, sources.train);
  const epochs = [...earlier];
  let { progress } = from;
  let state = await uploadState(engine, from.state);
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
    while (progress.epoch < plan.epochs) {
      const resets = spec.optimizer.reset === 'epoch' && progress.steps === 0;
      if (resets) state = await resetOptimizer(engine, learner, state);
      const learningRate = learningRateAt(progress.epoch, spec);
      const options = { spec, source: sources.train, plan, steps, learningRate, signal, onStep };
      ({ state, progress } = await trainEpoch(state, progress, options));
      if (progress.steps < plan.sizes(progress.epoch).length) {
        await save(state, progress);
        throw signal.reason;
      }
      epochs.push(await finishEpoch(training, { evaluator, reestimator }, state, progress, epochs, learningRate));
      progress = newEpoch(progress.epoch + 1);
      const isLast = progress.epoch === plan.epochs;
      if (isLast || performance.now() > dueAt) await save(state, progress);
      await training.onEpoch(epochs);
      if (isLast || !signal.aborted) continue;
      await save(state, progress);
      throw signal.reason;
    }
  } finally {
    disposeState(state);
    await steps.dispose();
    await evaluator.dispose();
    await reestimator.dispose();
  }
}

export type Steps = ReturnType<typeof createSteps>;

/** Steps of a run: each batch is one pass, or as many as it has ghost batches and copies. */
export function createSteps(engine: Engine, spec: RunSpec, learner: Learner, signal: AbortSignal) {
  const inputs = createInputs(spec, learner, signal);
  const onePass = createOnePass(engine, learner, inputs);
  const manyPasses = createManyPasses(engine, spec, learner, inputs);
  const { copies = 1 } = learner.method;
  const take: TakeSteps = (state, batches, parts, first) => {
    const passes = passSizes(batches.size, spec).length * copies;
    return passes === 1 ? onePass.take(state, batches, parts, first) : manyPasses.take(state, batches, parts, first);
  };
  const dispose = async () => {
    await onePass.dispose();
    await manyPasses.dispose();
  };
  return { onePass, manyPasses, take, dispose };
}

interface EpochOptions extends Pick<Training, 'spec' | 'plan' | 'signal'> {
  readonly source: ImageSource;
  readonly steps: Steps;
  readonly learningRate: number;
  /** Awaited after each call of the device, before the next. */
  readonly onStep: (state: TrainingState, progress: EpochProgress) => Promise<void>;
}

/**
 * Lines 1, 2 and 7 of Algorithm 1: the batches of an epoch, one step for each, from where `progress` says to the end of
 * the epoch, or to where `signal` stops it.
 *
 * @throws SmoothOutError DIVERGED when the loss is no longer a number; `onStep` is not called for that step.
 */
export async function trainEpoch(
  start: TrainingState,
  progress: EpochProgress,
  { spec, source, plan, steps, learningRate, signal, onStep }: EpochOptions,
): Promise<{ state: TrainingState; progress: EpochProgress }> {
  const { epoch } = progress;
  const { batchSize, seed } = spec;
  const stepsAnEpoch = plan.sizes(0).length;
  let state = start;
  let now = progress;
  const startedAt = performance.now();
  const parts = batches(source, {
    batchSize,
    cut: (count) => passSizes(count, spec),
    shuffle: { seed, purpose: 'shuffle', epoch },
    ...(spec.augment && { augmentation: { seed, purpose: 'augmentation', epoch } }),
    skip: progress.steps,
  });
  for (const equal of equalSizes(plan.sizes(epoch).slice(progress.steps))) {
    const place = { epoch, step: now.steps, done: epoch * stepsAnEpoch + now.steps, total: plan.updates, stepsAnEpoch };
    const first = { ...place, learningRate };
    for await (const result of steps.take(state, equal, parts, first)) {
      state = result.state;
      now = {
        epoch,
        steps: now.steps + result.steps,
        images: now.images + result.steps * equal.size,
        lossSum: now.lossSum + result.lossSum,
        correct: now.correct + result.correct,
        seconds: progress.seconds + (performance.now() - startedAt) / 1000,
      };
      if (!Number.isFinite(result.lossSum)) {
        throw diverged(`the loss became ${result.lossSum} in epoch ${epoch + 1}, step ${now.steps}`);
      }
      await onStep(state, now);
    }
    if (signal.aborted) break;
  }
  await parts.return();
  return { state, progress: now };
}

interface Evaluation {
  readonly evaluator: Evaluator;
  readonly reestimator: Awaited<ReturnType<typeof createReestimator>>;
}

/**
 * Validates the parameters, and their average where there is one; keeps each of them if no earlier epoch was as good, and
 * writes the epoch's line.
 */
async function finishEpoch(
  training: Training,
  evaluation: Evaluation,
  state: TrainingState,
  progress: EpochProgress,
  earlier: readonly EpochMetrics[],
  learningRate: number,
): Promise<EpochMetrics> {
  const { spec, paths, learner, sources, plan } = training;
  const startedAt = performance.now();
  const { parameters, statistics } = state;
  const { loss, accuracy } = await evaluation.evaluator.evaluate(parameters, statistics, sources.validation);
  const epoch = progress.epoch + 1;
  if (!Number.isFinite(loss)) throw diverged(`the validation loss is ${loss} after epoch ${epoch}`);
  if (accuracy > (bestEpoch(earlier)?.validationAccuracy ?? Number.NEGATIVE_INFINITY)) {
    const weights = { parameters: await parameters.read(), statistics: await statistics.read() };
    await saveWeights(paths.best, weights, learner.model.layout, describe(spec, epoch));
  }
  const step = progress.epoch * plan.sizes(0).length + progress.steps;
  const metrics: EpochMetrics = {
    epoch,
    step,
    learningRate,
    trainLoss: progress.lossSum / progress.images,
    trainAccuracy: (100 * progress.correct) / progress.images,
    validationLoss: loss,
    validationAccuracy: accuracy,
    ...(await evaluateAverage(training, evaluation, state, step, earlier)),
    seconds: progress.seconds + (performance.now() - startedAt) / 1000,
    imagesPerSecond: progress.images / progress.seconds,
  };
  await appendMetrics(paths.metrics, metrics);
  return metrics;
}

/** The average's loss and accuracy after so many steps, with running statistics of its own; nothing where there is none. */
async function evaluateAverage(
  { spec, paths, learner, sources, plan }: Training,
  { evaluator, reestimator }: Evaluation,
  { average: { parameters } }: TrainingState,
  step: number,
  earlier: readonly EpochMetrics[],
): Promise<Pick<EpochMetrics, 'averageLoss' | 'averageAccuracy'>> {
  const place = { done: step - 1, stepsAnEpoch: plan.sizes(0).length, total: plan.updates };
  if (!parameters || !learner.average || shareAt(learner.average, place) === 0) return {};
  const statistics = await reestimator.statisticsOf(parameters);
  const { loss, accuracy } = await evaluator.evaluate(parameters, statistics, sources.validation);
  if (earlier.every(({ averageAccuracy = Number.NEGATIVE_INFINITY }) => accuracy > averageAccuracy)) {
    const weights = { parameters: await parameters.read(), statistics };
    await saveWeights(paths.average, weights, learner.model.layout, describe(spec, earlier.length + 1));
  }
  return { averageLoss: loss, averageAccuracy: accuracy };
}

function diverged(what: string): SmoothOutError {
  return new SmoothOutError('DIVERGED', what, {
    hint: 'Try a smaller learning rate, a smaller noise strength a, or optimizer.clipNorm.',
  });
}
