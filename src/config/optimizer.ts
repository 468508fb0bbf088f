/** The keys of an optimizer: in a config's `optimizer`, and in what a method changes of it. */
import { z } from 'zod';
import { count, fraction, nonNegative, positive } from './values.js';

export const optimizer = z.strictObject({
  name: z.enum(['adam', 'sgd', 'lars']).default('adam'),
  learningRate: positive.default(1e-3),
  /** L2 penalty added to the gradient of every parameter, batch norm's and biases included, as in PyTorch. */
  weightDecay: nonNegative.default(0),
  /** The momentum of sgd and lars: v ← momentum · v + g, w ← w − η · v (no dampening, no Nesterov). */
  momentum: fraction.default(0.9),
  /** Makes the learning rate η · √(batchSize / ghostBatchSize), which Hoffer et al. (2017) call learning rate tuning. */
  scaleLearningRate: z.boolean().default(false),
  /** The learning rate grows with k = batchSize / referenceBatchSize: by k, or by √k. */
  scaling: z.enum(['none', 'linear', 'sqrt']).default('none'),
  referenceBatchSize: count.default(256),
  /** In how many epochs, which need not be whole, the learning rate rises from 0 to its height, step by step. */
  warmup: nonNegative.default(0),
  /** `cosine`: after the warm-up it falls to 0 along half a cosine wave, step by step. */
  decay: z.enum(['none', 'cosine']).default('none'),
  /** η in the paper of LARS: the share of a layer's norm by which a step may change it. The others ignore it. */
  trust: positive.default(0.001),
  /** Greatest L2 norm of the whole averaged gradient; null leaves it alone. */
  clipNorm: positive.describe('a number above 0, or null').nullable().default(null),
  /** `epoch` forgets the optimizer's state at the start of each epoch, as the reference does unintentionally. */
  reset: z.enum(['never', 'epoch']).default('never'),
});

type WithoutDefaults<Shape> = { [Key in keyof Shape]: Shape[Key] extends z.ZodDefault<infer Inner> ? Inner : never };
const withoutDefaults = Object.entries(optimizer.shape).map(([key, value]) => [key, value.unwrap()]);

/** A file may also say `tuned`, as for a strength (methods.ts). */
export const ownLearningRate = positive.describe('a number above 0, or tuned');

/** What a method changes of the optimizer. Keys that it leaves out stay as the config has them. */
export const optimizerChanges = z
  .strictObject(Object.fromEntries(withoutDefaults) as WithoutDefaults<typeof optimizer.shape>)
  .extend({ learningRate: ownLearningRate })
  .partial();
