/** The keys of an optimizer: in a config's `optimizer`, and in what a method changes of it. */
import { z } from 'zod';
import { count, fraction, nonNegative, positive } from './values.js';

export const optimizerKeys = {
  name: z.enum(['adam', 'sgd', 'lars']),
  learningRate: positive,
  /** L2 penalty added to the gradient of every parameter, batch norm's and biases included, as in PyTorch. */
  weightDecay: nonNegative,
  /** Of sgd and lars: v ← momentum · v + g, w ← w − η · v (no dampening, no Nesterov). */
  momentum: fraction,
  /** "Learning rate tuning": η · √(batchSize / ghostBatchSize). */
  scaleLearningRate: z.boolean(),
  /** The learning rate grows with k = batchSize / referenceBatchSize: by k, or by √k. */
  scaling: z.enum(['none', 'linear', 'sqrt']),
  referenceBatchSize: count,
  /** Epochs, parts of them too, in which the learning rate rises from 0 to its height, step by step. */
  warmup: nonNegative,
  /** `cosine`: after the warm-up it falls to 0 along half a cosine wave, step by step. */
  decay: z.enum(['none', 'cosine']),
  /** Of lars alone: η of its paper, the share of its norm by which a step may change a layer. */
  trust: positive,
  /** Greatest L2 norm of the whole averaged gradient; null leaves it alone. */
  clipNorm: positive.nullable().describe('a number above 0, or null'),
  /** `epoch` forgets the optimizer's state at the start of each epoch, as the reference does unintentionally. */
  reset: z.enum(['never', 'epoch']),
};

export const optimizer = z.strictObject({
  name: optimizerKeys.name.default('adam'),
  learningRate: optimizerKeys.learningRate.default(1e-3),
  weightDecay: optimizerKeys.weightDecay.default(0),
  momentum: optimizerKeys.momentum.default(0.9),
  scaleLearningRate: optimizerKeys.scaleLearningRate.default(false),
  scaling: optimizerKeys.scaling.default('none'),
  referenceBatchSize: optimizerKeys.referenceBatchSize.default(256),
  warmup: optimizerKeys.warmup.default(0),
  decay: optimizerKeys.decay.default('none'),
  trust: optimizerKeys.trust.default(0.001),
  clipNorm: optimizerKeys.clipNorm.default(null),
  reset: optimizerKeys.reset.default('never'),
});
