/** Whether a device computes what the CPU computes: training, evaluation and the objective of the sharpness stage. */
import type { Engine } from '../../src/engine/engine.js';
import { initialise } from '../../src/nn/weights.js';
import { createSplitObjective } from '../../src/sharpness/objective.js';
import { fillUniform, integers } from '../../src/support/random.js';
import { createEvaluator } from '../../src/training/evaluate.js';
import { type Learner, trainingPrograms } from '../../src/training/programs.js';
import { buildLearner } from '../../src/training/setup.js';
import { disposeState, downloadState, freshOptimizerState, uploadState } from '../../src/training/state.js';
import { createStepRunner, stepsAtOnce } from '../../src/training/step.js';
import type { StepTask } from '../bench/protocol.js';

/** What a training came to. Vectors are flat. */
interface Outcome {
  /** Summed over all steps. */
  readonly trainingLoss: Float64Array;
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
  readonly velocity: Float32Array;
  readonly evaluation: Float64Array;
  readonly sharpnessLoss: Float64Array;
  readonly sharpnessGradient: Float64Array;
}

/** For each part of the outcome, the L2 norm of the difference over that of the CPU's. */
export type Deviations = Readonly<Record<keyof Outcome, number>>;

/**
 * Trains so many steps on both engines, from the same start, with the same noise and images.
 *
 * The task's optimizer is momentum. Adam divides each gradient by its own size, rounding errors included where the
 * gradient is zero (a bias before batch normalisation): no two orders of addition agree then.
 */
export async function deviations(task: StepTask, steps: number, engine: Engine, cpu: Engine): Promise<Deviations> {
  const [ours, reference] = [await outcome(task, steps, engine), await outcome(task, steps, cpu)];
  const names = Object.keys(reference) as (keyof Outcome)[];
  return Object.fromEntries(names.map((name) => [name, distance(ours[name], reference[name])])) as Deviations;
}

async function outcome(
  { spec, classes, shape, learningRate }: StepTask,
  steps: number,
  engine: Engine,
): Promise<Outcome> {
  const learner = buildLearner(spec, { classes, shape });
  const programs = trainingPrograms(engine, learner);
  const runStep = createStepRunner(spec, learner, programs);
  const weights = initialise(learner.model.layout, { seed: spec.seed, batchNormScale: 'one' });
  let state = await uploadState(engine, learner, { ...weights, optimizer: freshOptimizerState(learner), updates: 0 });
  const atOnce = stepsAtOnce(engine, spec, learner);
  const trainingLoss = new Float64Array(1);
  for (let step = 0; step < steps; step += atOnce) {
    const some = Math.min(atOnce, steps - step);
    let at = step;
    const batch = { count: some * spec.batchSize, next: async () => imagesOf(learner, spec.batchSize, at++) };
    const place = { epoch: 0, step, done: step, total: steps, learningRate };
    const result = await runStep(state, batch, place, some);
    state = result.state;
    trainingLoss[0]! += result.lossSum;
  }
  const { parameters, statistics, optimizer } = await downloadState(state);
  // What is read is the engine's own memory until the state is disposed.
  const trained = {
    parameters: parameters.slice(),
    statistics: statistics.slice(),
    velocity: optimizer.velocity!.slice(),
  };
  const analysed = await analyse(engine, learner, trained, spec.batchSize);
  disposeState(state);
  await programs.dispose();
  return { trainingLoss, ...trained, ...analysed };
}

/** The network's loss and accuracy, and the loss and gradient that L-BFGS-B sees, by running statistics. */
async function analyse(
  engine: Engine,
  { model }: Learner,
  { parameters, statistics }: Pick<Outcome, 'parameters' | 'statistics'>,
  count: number,
) {
  const part = imagesOf({ model }, count, -1);
  const source = {
    ...{ name: 'noise', count, classes: model.classes, shape: model.inputShape, labels: part.labels },
    read: async (_indices: Uint32Array, out: Float32Array) => out.set(part.images),
  };
  const evaluator = createEvaluator(engine, model);
  const { loss, accuracy } = await evaluator.evaluate(parameters, statistics, source);
  await evaluator.dispose();
  const objective = createSplitObjective({
    ...{ engine, model, statistics, batchNorm: 'running' as const, batchSize: count },
    images: {
      count,
      async *batches() {
        yield part;
      },
    },
    signal: new AbortController().signal,
  });
  const sharpnessGradient = new Float64Array(parameters.length);
  const sharpnessLoss = await objective.evaluate(Float64Array.from(parameters), sharpnessGradient);
  await objective.dispose();
  return {
    evaluation: Float64Array.of(loss, accuracy),
    sharpnessLoss: Float64Array.of(sharpnessLoss),
    sharpnessGradient,
  };
}

function imagesOf({ model }: Pick<Learner, 'model'>, count: number, step: number) {
  const { channels, height, width } = model.inputShape;
  const stream = { seed: 1, purpose: 'test', step: step + 1 } as const;
  const images = fillUniform(stream, new Float32Array(count * channels * height * width), 1);
  return { images, labels: Int32Array.from(integers({ ...stream, epoch: 1 }, count, model.classes)), count };
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}
