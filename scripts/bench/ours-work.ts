/** The tasks on our engine, through the very functions that training and the sharpness stage use. */
import * as tf from '@tensorflow/tfjs';
import { createSplitLoss } from '../../src/analysis/split-loss.js';
import type { Batch } from '../../src/data/batches.js';
import { imageSize } from '../../src/data/source.js';
import { type Engine, float } from '../../src/engine/engine.js';
import { initialise } from '../../src/nn/weights.js';
import { at } from '../../src/support/at.js';
import { integers } from '../../src/support/random.js';
import { createUniformBuffer } from '../../src/support/random-buffers.js';
import { buildLearner } from '../../src/training/learner.js';
import { ghostBatches } from '../../src/training/plan.js';
import { disposeState, freshState, uploadState } from '../../src/training/state.js';
import { createSteps } from '../../src/training/train.js';
import type { GradientTask, ProductTask, Ran, StepTask, Task } from './protocol.js';

export interface Work {
  readonly compileSeconds: number;
  run(times: number, untimed: number): Promise<Ran>;
}

export function prepareWork(engine: Engine, task: Task): Promise<Work> {
  if (task.kind === 'product') return product(engine, task);
  return task.kind === 'step' ? trainingStep(engine, task) : lossAndGradient(engine, task);
}

async function product(engine: Engine, { size }: ProductTask): Promise<Work> {
  const matrix = float(size, size);
  const [seconds, program] = await timed(() =>
    engine.compile(({ a, b }) => ({ product: tf.matMul(a, b) }), { a: matrix, b: matrix }, { keep: ['product'] }),
  );
  const upload = () => engine.upload(uniform(size * size), [size, size]);
  const [a, b] = [await upload(), await upload()];
  return {
    compileSeconds: seconds,
    run: repeated(async () => {
      const result = (await program.run({ a, b })).product;
      const outcome = at(await result.read(), 0);
      result.dispose();
      return outcome;
    }),
  };
}

async function trainingStep(engine: Engine, { spec, classes, shape, learningRate }: StepTask): Promise<Work> {
  const learner = await buildLearner(spec, { classes, shape });
  const { onePass, manyPasses, take } = createSteps(engine, spec, learner, new AbortController().signal);
  const sizes = ghostBatches(spec.batchSize, spec.batchSize, spec.ghostBatchSize);
  const [seconds] = await timed(async () => {
    if (sizes.length === 1) return onePass.program.get(spec.batchSize);
    await manyPasses.pass.get(at(sizes, 0));
    return manyPasses.update.get('update');
  });
  const parts = partsOf(batchOf(spec.batchSize, imageSize(shape), classes), sizes);
  async function* endless() {
    for (;;) yield* parts;
  }
  const weights = initialise(learner.model.layout, { seed: spec.seed, batchNormScale: 'one' });
  return {
    compileSeconds: seconds,
    async run(times, untimed) {
      const start = { ...weights, ...freshState(learner) };
      let state = await uploadState(engine, start);
      let outcome = Number.NaN;
      const takeSome = async (from: number, count: number) => {
        const first = {
          epoch: 0,
          step: from,
          done: from,
          total: times + untimed,
          stepsAnEpoch: times + untimed,
          learningRate,
        };
        for await (const result of take(state, { size: spec.batchSize, count }, endless(), first)) {
          state = result.state;
          outcome = result.lossSum / (result.steps * spec.batchSize);
        }
      };
      await takeSome(0, untimed);
      const [seconds] = await timed(() => takeSome(untimed, times));
      disposeState(state);
      return { seconds, outcome };
    },
  };
}

/** Compiled at the first evaluation: by then everything is, and its time is the warm-up's. */
async function lossAndGradient(engine: Engine, task: GradientTask): Promise<Work> {
  const { spec, classes, shape, images: count, batchSize } = task;
  const { model } = await buildLearner(spec, { classes, shape });
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

function repeated(once: () => Promise<number>): Work['run'] {
  return async (times, untimed) => {
    let outcome = Number.NaN;
    const repeat = async (count: number) => {
      for (let i = 0; i < count; i++) outcome = await once();
    };
    await repeat(untimed);
    const [seconds] = await timed(() => repeat(times));
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
