/**
 * The compiled programs of a training run. A batch that is one pass is one program: Algorithm 1 whole. Where a batch is
 * several passes (ghost batches, the copies of deterministic SmoothOut), each adds its gradient to a sum and one update
 * follows along their mean, so that memory is that of one pass.
 */
import * as tf from '@tensorflow/tfjs';
import { type Engine, float, type TensorsOf } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { batchLoss, imageSpecs, withGradient } from '../nn/loss.js';
import { averaged } from '../optim/average.js';
import { regularise } from '../optim/optimizer.js';
import { takeStep } from '../smoothout/algorithm.js';
import { type Given, methodGradient, type Pass } from '../smoothout/method.js';
import type { Learner } from './learner.js';

export type TrainingPrograms = ReturnType<typeof trainingPrograms>;

/** `step` and `pass` are compiled for each number of images that they are asked for. */
export function trainingPrograms(engine: Engine, learner: Learner) {
  const specs = inputSpecs(learner);
  const { state, noise, scalars } = specs;
  const { parameters, statistics, memory, average, optimizer } = state;
  const sums = { gradient: parameters, statistics, memory };

  /** Lines 3 to 6, with the method's gradient. */
  const step = createProgramCache((images: number) =>
    engine.compile(
      ({ state, batch, noise, scalars }) => {
        const next = takeStep(
          state.parameters,
          (w) => methodGradient(learner.method, w, given(learner, state, batch), noise),
          (w, gradient) =>
            learner.optimizer.update(w, regularise(gradient, w, learner.gradient), state.optimizer, scalars),
        );
        const { parameters, statistics, memory = {}, state: optimizer, loss, correct } = next;
        const average = averageOf(state.average, parameters, scalars);
        return { state: { parameters, statistics, memory, average, optimizer }, loss, correct };
      },
      { state, batch: imageSpecs(learner.model, images, 'train'), noise, scalars },
      { keep: ['state'] },
    ),
  );

  /** Lines 3 to 5 for one of the passes. */
  const pass = createProgramCache((images: number) =>
    engine.compile(
      ({ parameters, sums, batch, noise }) => {
        const pass = methodGradient(learner.method, parameters, given(learner, sums, batch), noise);
        const { gradient, statistics, memory = {}, loss, correct } = pass;
        return { sums: { gradient: tf.add(sums.gradient, gradient), statistics, memory }, loss, correct };
      },
      { parameters, sums, batch: imageSpecs(learner.model, images, 'train'), noise },
      { keep: ['sums'] },
    ),
  );

  /** Line 6, along `gradientSum` × `weight`. */
  const update = createProgramCache((_: 'update') =>
    engine.compile(
      ({ parameters, optimizer, average, gradientSum, weight, scalars }) => {
        const gradient = regularise(tf.mul(gradientSum, weight), parameters, learner.gradient);
        const next = learner.optimizer.update(parameters, gradient, optimizer, scalars);
        const nextAverage = averageOf(average, next.parameters, scalars);
        return { parameters: next.parameters, optimizer: next.state, average: nextAverage };
      },
      { parameters, optimizer, average, gradientSum: parameters, weight: float(), scalars },
      { keep: ['parameters', 'optimizer', 'average'] },
    ),
  );

  const dispose = async () => {
    for (const cache of [step, pass, update]) await cache.dispose();
  };
  return { step, pass, update, dispose };
}

/** What the programs are given beside the images; every vector is flat. */
function inputSpecs({ model, optimizer, method, average }: Learner) {
  const vector = float(model.layout.size);
  const vectors = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, vector]));
  return {
    state: {
      parameters: vector,
      statistics: float(model.layout.statisticsSize),
      memory: vectors(method.memory ?? []),
      average: vectors(average ? ['parameters'] : []),
      optimizer: vectors(optimizer.state),
    },
    noise: { ...(method.noise && { u: vector, a: float() }) },
    scalars: Object.fromEntries(
      [...Object.keys(optimizer.scalars(1, 0)), ...(average ? ['share'] : [])].map((name) => [name, float()]),
    ),
  };
}

type State = ReturnType<typeof inputSpecs>['state'];
type Scalars = TensorsOf<ReturnType<typeof inputSpecs>['scalars']>;

/** The next average of the parameters, where there is one. */
function averageOf({ parameters: before }: TensorsOf<State>['average'], parameters: tf.Tensor1D, { share }: Scalars) {
  return { ...(before && share && { parameters: averaged(before, parameters, share) }) };
}

interface TrainingPass extends Pass {
  readonly loss: tf.Scalar;
  readonly correct: tf.Scalar;
}

/** What the method makes its gradient of for a batch, or for a part of it. */
function given(
  { model }: Learner,
  before: Pick<TensorsOf<State>, 'statistics' | 'memory'>,
  batch: TensorsOf<ReturnType<typeof imageSpecs>>,
): Given<TrainingPass> {
  return {
    memory: before.memory,
    backPropagate(w, after) {
      const { statistics } = after ?? before;
      const { value, gradient, extras } = withGradient((parameters) => {
        const { mean, correct, statistics: updated } = batchLoss(model, parameters, { statistics, ...batch }, 'train');
        return { value: mean, extras: { correct, statistics: updated } };
      }, w);
      return { gradient, loss: value, ...extras };
    },
  };
}
