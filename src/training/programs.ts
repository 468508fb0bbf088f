/** What the compiled programs of a step have in common, whether its batch is one pass or several. */
import type * as tf from '@tensorflow/tfjs';
import { float, type TensorsOf } from '../engine/engine.js';
import { batchLoss, type imageSpecs, withGradient } from '../nn/loss.js';
import { ofNetwork } from '../nn/networks.js';
import { averaged } from '../optim/average.js';
import { regularise } from '../optim/optimizer.js';
import type { Drawn, Given, PassResult } from '../smoothout/method.js';
import type { Learner } from './learner.js';
import { forKept } from './state.js';

/** What the programs are given beside the images; every vector is flat. */
export function inputSpecs(learner: Learner) {
  const { model, optimizer, method, average } = learner;
  const vector = float(model.layout.size);
  return {
    state: {
      parameters: vector,
      statistics: float(model.layout.statisticsSize),
      ...forKept(learner, () => vector),
    },
    noise: { ...(method.noise && { u: vector, a: float() }) },
    scalars: Object.fromEntries(
      [...Object.keys(optimizer.scalars(1, 0)), ...(average ? ['share'] : [])].map((name) => [name, float()]),
    ),
  };
}

type Inputs = TensorsOf<ReturnType<typeof inputSpecs>>;

interface TrainingPass extends PassResult {
  readonly loss: tf.Scalar;
  readonly correct: tf.Scalar;
}

/** What the method makes its gradient of for a batch, or for a part of it. */
export function given(
  { model }: Learner,
  before: Pick<Inputs['state'], 'statistics' | 'memory'>,
  batch: TensorsOf<ReturnType<typeof imageSpecs>>,
  noise: Inputs['noise'],
): Given<TrainingPass> & Drawn {
  return {
    // A method without noise has none, and does not ask for it.
    ...(noise as Drawn),
    memory: before.memory,
    backPropagate(w, after) {
      const { statistics } = after ?? before;
      const loss = (parameters: tf.Tensor1D) => {
        const { mean, correct, statistics: updated } = batchLoss(model, parameters, { statistics, ...batch }, 'train');
        return { value: mean, extras: { correct, statistics: updated } };
      };
      const { value, gradient, extras } = ofNetwork(model.name, 'its backward pass', () => withGradient(loss, w));
      return { gradient, loss: value, ...extras };
    },
  };
}

/** Line 6 of Algorithm 1 as a run's settings have it: the optimizer's update, and the average of the parameters after it. */
export function updateAlong(
  { optimizer, gradient: options }: Learner,
  before: Pick<Inputs['state'], 'optimizer' | 'average'>,
  scalars: Inputs['scalars'],
) {
  return (w: tf.Tensor1D, gradient: tf.Tensor1D) => {
    const { parameters, state } = optimizer.update(w, regularise(gradient, w, options), before.optimizer, scalars);
    const { parameters: average } = before.average;
    const { share } = scalars;
    const next = { ...(average && share && { parameters: averaged(average, parameters, share) }) };
    return { parameters, optimizer: state, average: next };
  };
}
