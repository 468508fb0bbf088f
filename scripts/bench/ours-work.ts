/** The tasks on our engine, through the very functions that training and the sharpness stage use. */
import * as tf from '@tensorflow/tfjs';
import { createSplitLoss } from '../../src/analysis/split-loss.js';
import type { Batch } from '../../src/data/batches.js';
import { imageSize } from '../../src/data/source.js';
import type { DeviceArray, Engine } from '../../src/engine/engine.js';
import { initialise } from '../../src/nn/weights.js';
import { createUniformBuffer, integers } from '../../src/support/random.js';
import { trainingPrograms } from '../../src/training/programs.js';
import { buildLearner, ghostBatches } from '../../src/training/setup.js';
import { disposeState, freshOptimizerState, uploadState } from '../../src/training/state.js';
import { createStepRunner, stepsAtOnce } from '../../src/training/step.js';
import type { GradientTask, ProductTask, StepTask, Task } from './protocol.js';
import type { Work } from './serve.js';

export function prepareWork(engine: Engine, task: Task): Promise<Work> {
  if (task.kind === 'product') return product(engine, task);
  return task.kind === 'step' ? trainingStep(engine, task) : lossAndGradient(engine, task);
}

async function product(engine: Engine, { size }: ProductTask): Promise<Work> {
  const spec = { shape: [size, size], dtype: 'float32' as const };
  const multiply = ({ a, b }: Readonly<Record<string, tf.Tensor>>) => ({
    product: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
  });
  const [seconds, program] = await timed(() => engine.compile(multiply, { a: spec, b: spec }, { keep: ['product'] }));
  const matrix = () => engine.upload(uniform(size * size), [size, size]);
  const [a, b] = [await matrix(), await matrix()];
  return {
    compileSeconds: seconds,
    run: repeated(async () => {
      const result = (await program.run({ a, b })).product as DeviceArray;
      const outcome = (await result.read())[0]!;
      result.dispose();
      return outcome;
    }),
  };
}

async function trainingStep(engine: Engine, { spec, classes, shape, learningRate }: StepTask): Promise<Work> {
  const learner = buildLearner(spec, { classes, shape });
  const programs = trainingPrograms(engine, learner);
  const atOnce = stepsAtOnce(engine, spec, learner);
  const sizes = ghostBatches(spec.batchSize, spec.batchSize, spec.ghostBatchSize);
  const [seconds] = await timed(async () => {
    if (sizes.length === 1) return programs.step(sizes[0]!, atOnce);
    // Where several passes are one run, the first step chooses how many, and compiles them.
    if (!engine.compileSteps) await programs.pass(sizes[0]!);
    return programs.update();
  });
  const step = createStepRunner(spec, learner, programs, engine);
  const parts = partsOf(batchOf(spec.batchSize, imageSize(shape), classes), sizes);
  const weights = initialise(learner.model.layout, { seed: spec.seed, batchNormScale: 'one' });
  return {
    compileSeconds: seconds,
    atOnce,
    async run(times, untimed) {
      const start = { ...weights, optimizer: freshOptimizerState(learner), updates: 0 };
      let state = await uploadState(engine, learner, start);
      const total = untimed + times;
      const ran = await repeated(async (i, steps) => {
        let part = 0;
        const count = steps * spec.batchSize;
        const batch = { count, next: async () => parts[part++ % parts.length]! };
        const result = await step(state, batch, { epoch: 0, step: i, done: i, total, learningRate }, steps);
        state = result.state;
        return result.lossSum / count;
      }, atOnce)(times, untimed);
      disposeState(state);
      return ran;
    },
  };
}

/** Compiled at the first evaluation: by then everything is, and its time is the warm-up's. */
async function lossAndGradient(engine: Engine, task: GradientTask): Promise<Work> {
  const { spec, classes, shape, images: count, batchSize } = task;
  const { model } = buildLearner(spec, { classes, shape });
  const sizes = Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => {
    return Math.min(batchSize, count - i * batchSize);
  });
  const parts = partsOf(batchOf(count, imageSize(shape), classes), sizes);
  const { parameters, statistics } = initialise(model.layout, { seed: spec.seed, batchNormScale: 'one' });
  const objective = createSplitLoss({
    engine,
    model,
    statistics,
    images: {
      count,
      async *batches() {
        yield* parts;
      },
    },
    batchNorm: 'running',
    batchSize,
    signal: new AbortController().signal,
  });
  const x = Float64Array.from(parameters);
  const gradient = new Float64Array(x.length);
  return { compileSeconds: 0, run: repeated(() => objective.evaluate(x, gradient)) };
}

function repeated(some: (done: number, count: number) => Promise<number>, atOnce = 1): Work['run'] {
  return async (times, untimed) => {
    let outcome = Number.NaN;
    const upTo = async (from: number, end: number) => {
      for (let done = from; done < end; done += atOnce) outcome = await some(done, Math.min(atOnce, end - done));
    };
    await upTo(0, untimed);
    const [seconds] = await timed(() => upTo(untimed, untimed + times));
    return { seconds, outcome };
  };
}

async function timed<T>(action: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const startedAt = performance.now();
  const result = await action();
  return [(performance.now() - startedAt) / 1000, result];
}

/** Images of noise: how long a step takes does not depend on what it sees. */
function batchOf(count: number, size: number, classes: number): Batch {
  const labels = Int32Array.from(integers({ seed: 1, purpose: 'test' }, count, classes));
  return { images: uniform(count * size), labels, count };
}

function partsOf({ images, labels, count }: Batch, sizes: readonly number[]): Batch[] {
  const size = images.length / count;
  let end = 0;
  return sizes.map((part) => {
    const start = end;
    end += part;
    return { images: images.slice(start * size, end * size), labels: labels.slice(start, end), count: part };
  });
}

function uniform(size: number): Float32Array {
  return createUniformBuffer(size).fill({ seed: 1, purpose: 'test' }, 1);
}
