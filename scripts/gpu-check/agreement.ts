/** Whether a device computes what the CPU computes: training, evaluation and the objective of the sharpness stage. */
import { createSplitLoss } from '../../src/analysis/split-loss.js';
import type { Engine } from '../../src/engine/engine.js';
import { initialise } from '../../src/nn/weights.js';
import { createEvaluator } from '../../src/session/evaluate.js';
import { at } from '../../src/support/at.js';
import { integers } from '../../src/support/random.js';
import { createUniformBuffer } from '../../src/support/random-buffers.js';
import { buildLearner, type Learner } from '../../src/training/learner.js';
import { disposeState, downloadState, freshState, type HostState, uploadState } from '../../src/training/state.js';
import { createSteps } from '../../src/training/train.js';
import type { StepTask } from '../bench/protocol.js';

/** Vectors are flat. */
interface Outcome {
  /** Summed over all images of all steps. */
  readonly trainingLoss: Float64Array;
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
  readonly velocity: Float32Array;
}

interface Analysis {
  readonly evaluation: Float64Array;
  readonly sharpnessLoss: Float64Array;
  readonly sharpnessGradient: Float64Array;
}

/** For each part, the L2 norm of the difference over that of the CPU's: the largest that was seen. */
export type Deviations = Readonly<Record<keyof Outcome | keyof Analysis, number>>;

/**
 * Steps from a state that both engines share. Where a step happens to bring two values of a pool's window, or one value
 * and ReLU's zero, within rounding of each other, the gradient takes one way or the other: a training that deviated by
 * 10⁻⁶ before deviates by 10⁻² after, on any device. Few steps of a small network seldom meet such a place.
 */
const STRETCH = 4;

/**
 * Trains so many steps on both engines with the same noise and images, then evaluates. After every few steps the engine
 * goes on from where the CPU is.
 *
 * The task's optimizer is momentum. Adam divides each gradient by its own size, rounding errors included where the
 * gradient is zero (a bias before batch normalisation): no two orders of addition agree then.
 *
 * @param offBy the engine's parameters are off by so much, relatively, at each start: with the CPU as the engine, how far
 * rounding alone may lead.
 */
export async function deviations(
  task: StepTask,
  steps: number,
  engine: Engine,
  cpu: Engine,
  offBy = 0,
): Promise<Deviations> {
  const learner = await buildLearner(task.spec, task);
  const [ours, theirs] = [trainer(engine, learner, task, steps), trainer(cpu, learner, task, steps)];
  const weights = initialise(learner.model.layout, { seed: task.spec.seed, batchNormScale: 'one' });
  let state: HostState = { ...weights, ...freshState(learner) };
  const found: Record<string, number> = {};
  for (let step = 0; step < steps; step += STRETCH) {
    const count = Math.min(STRETCH, steps - step);
    const expected = await theirs.train(state, step, count);
    const actual = await ours.train(shaken(state, offBy), step, count);
    widen(found, outcomeOf(actual), outcomeOf(expected));
    state = expected.state;
  }
  await ours.dispose();
  await theirs.dispose();
  const { batchSize } = task.spec;
  const actual = await analyse(engine, learner, shaken(state, offBy), batchSize);
  widen(found, actual, await analyse(cpu, learner, state, batchSize));
  return found as Deviations;
}

function shaken(state: HostState, offBy: number): HostState {
  return { ...state, parameters: state.parameters.map((w, i) => w * (i % 2 === 0 ? 1 + offBy : 1 - offBy)) };
}

function widen<T extends Readonly<Record<keyof T, ArrayLike<number>>>>(
  found: Record<string, number>,
  actual: T,
  expected: T,
): void {
  for (const name of Object.keys(expected) as (keyof T & string)[]) {
    found[name] = Math.max(found[name] ?? 0, distance(actual[name], expected[name]));
  }
}

interface Trained {
  readonly state: HostState;
  readonly loss: number;
}

const outcomeOf = ({ state: { parameters, statistics, optimizer }, loss }: Trained): Outcome => {
  return { trainingLoss: Float64Array.of(loss), parameters, statistics, velocity: optimizer.velocity! };
};

function trainer(engine: Engine, learner: Learner, { spec, learningRate }: StepTask, total: number) {
  const { take, dispose } = createSteps(engine, spec, learner, new AbortController().signal);
  const size = spec.ghostBatchSize ?? spec.batchSize;
  return {
    async train(start: HostState, from: number, steps: number): Promise<Trained> {
      let state = await uploadState(engine, start);
      let loss = 0;
      async function* parts() {
        for (let part = (from * spec.batchSize) / size; ; part++) yield imagesOf(learner, size, part);
      }
      const first = { epoch: 0, step: from, done: from, total, stepsAnEpoch: total, learningRate };
      for await (const result of take(state, { size: spec.batchSize, count: steps }, parts(), first)) {
        state = result.state;
        loss += result.lossSum;
      }
      // What is read is the engine's own memory until the state is disposed.
      const trained = structuredClone(await downloadState(state));
      disposeState(state);
      return { state: trained, loss };
    },
    dispose,
  };
}

/** The network's loss and accuracy, and the loss and gradient that L-BFGS-B sees, by running statistics. */
async function analyse(
  engine: Engine,
  { model }: Learner,
  { parameters, statistics }: HostState,
  count: number,
): Promise<Analysis> {
  const part = imagesOf({ model }, count, -1);
  const source = {
    ...{ name: 'noise', count, classes: model.classes, shape: model.inputShape, labels: part.labels },
    read: async (_indices: Uint32Array, out: Float32Array) => out.set(part.images),
  };
  const evaluator = createEvaluator(engine, model);
  const { loss, accuracy } = await evaluator.evaluate(parameters, statistics, source);
  await evaluator.dispose();
  const objective = createSplitLoss({
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

function imagesOf({ model }: Pick<Learner, 'model'>, count: number, part: number) {
  const { channels, height, width } = model.inputShape;
  const stream = { seed: 1, purpose: 'test', step: part + 1 } as const;
  const images = createUniformBuffer(count * channels * height * width).fill(stream, 1);
  return { images, labels: Int32Array.from(integers({ ...stream, epoch: 1 }, count, model.classes)), count };
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (at(a, i) - at(b, i)) ** 2;
    size += at(b, i) ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}
