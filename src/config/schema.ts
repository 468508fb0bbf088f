/**
 * The keys of a config, their types and defaults. Each default is what the paper's text says; `preset: reference`
 * changes some of them (layers.ts). What several keys must satisfy together is in validate.ts.
 */
import { z } from 'zod';
import { type AnyDataset, DATASET_NAMES, isDatasetName } from '../data/catalogue.js';
import { isOwnDataset } from '../data/own.js';
import { isModelName, MODEL_NAMES, type ModelName } from '../nn/networks.js';

// Descriptions complete the sentence "expected …" of an error; enums and booleans need none (validate.ts).

/** Names a folder, so it can never lead out of the results folder. */
const folderName = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/)
  .describe('1 to 64 of the characters A-Z a-z 0-9 . _ -');
const count = z.int().min(1).describe('a whole number of at least 1');
const countOrNull = count.nullable().describe('a whole number of at least 1, or null');
const positive = z.number().gt(0).describe('a number above 0');
const nonNegative = z.number().min(0).describe('a number of at least 0');
const share = z.number().min(0).max(1).describe('a number from 0 to 1');
/** A probability, or momentum's share of the last step. */
const fraction = z.number().min(0).lt(1).describe('a number from 0 up to, but not, 1');

const optimizerKeys = {
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

const optimizer = z.strictObject({
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

/** What a method may change of the experiment it runs in: AlexNet's AdaSmoothOut drops both regularizers (paper, 4.1). */
const overrides = {
  optimizer: z.strictObject(optimizerKeys).partial().default({}),
  dropout: fraction.optional(),
};

/** Which parameters are perturbed. */
const noiseParameters = z.enum(['all', 'withoutBatchNorm']).default('all');

/**
 * Published nowhere, for no experiment. These are this project's defaults, to be replaced by what `smoothout tune`
 * finds: an absolute bound for U(−a, a), a share of each filter's norm for AdaSmoothOut.
 */
const DEFAULT_STRENGTH = { uniform: 0.01, filterAdaptive: 0.1 } as const;

/** In a file also `tuned`: the loader then puts in what `smoothout tune` found. */
const strength = nonNegative.describe('a number of at least 0, or tuned');

/** How often θ is drawn anew. Without ghost batches the two are the same. */
const noisePer = z.enum(['step', 'ghostBatch']).default('step');

const stochasticNoise = (a: number) =>
  z.strictObject({
    a: strength.default(a),
    per: noisePer,
    /** `tanh`: a is multiplied by (1 + tanh(−10 (t/T − 1/2))) / 2 at step t of T, as the authors’ code did in early 2018. */
    schedule: z.enum(['constant', 'tanh']).default('constant'),
    parameters: noiseParameters,
    /** `gaussian`: of the same variance. */
    distribution: z.enum(['uniform', 'gaussian']).default('uniform'),
  });

/** Gaussian noise in proportion to each filter's norm: a is its standard deviation as a share of that. */
const filterwiseNoise = (a: number, schedule: 'constant' | 'rising') =>
  z.strictObject({
    a: strength.default(a),
    /** `rising`: a is multiplied by 1 + α (1 − cos(π t/T)) / 2 at step t of T. */
    schedule: z.enum(['constant', 'rising']).default(schedule),
    alpha: nonNegative.default(15),
    parameters: noiseParameters,
  });

/** The N perturbations of Fig. 2(a) are drawn once and stay: there is nothing to redraw or to schedule. */
const fixedNoise = z.strictObject({ a: strength.default(DEFAULT_STRENGTH.uniform), parameters: noiseParameters });

/** Which of a step's two passes the running statistics of batch normalisation see: that at w alone, or both. */
const runningStatistics = z.enum(['first', 'both']).default('first');

/** `label` names the runs' folder, and so tells two uses of one method apart. Its default is the name. */
const label = folderName.optional();

const method = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('baseline'), label, ...overrides }),
  z.strictObject({
    name: z.literal('smoothout'),
    label,
    noise: stochasticNoise(DEFAULT_STRENGTH.uniform).prefault({}),
    ...overrides,
  }),
  z.strictObject({
    name: z.literal('adasmoothout'),
    label,
    noise: stochasticNoise(DEFAULT_STRENGTH.filterAdaptive).prefault({}),
    ...overrides,
  }),
  z.strictObject({
    name: z.literal('smoothout-deterministic'),
    label,
    noise: fixedNoise.prefault({}),
    /** N of Eq. (1): how many perturbed models see each batch. */
    copies: count.default(8),
    ...overrides,
  }),
  z.strictObject({
    name: z.literal('smoothout-two-sided'),
    label,
    noise: stochasticNoise(DEFAULT_STRENGTH.uniform).prefault({}),
    ...overrides,
  }),
  z.strictObject({ name: z.literal('sam'), label, rho: strength.default(0.05), runningStatistics, ...overrides }),
  /** Of the user's own, from `file`. */
  z.strictObject({
    name: z.literal('own'),
    file: z.string().describe('the path of a file such as ./mine.ts'),
    label,
    noise: stochasticNoise(DEFAULT_STRENGTH.uniform).optional(),
    settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
    ...overrides,
  }),
  z.strictObject({
    name: z.literal('asam'),
    label,
    rho: strength.default(0.5),
    /** Added to |w|, so that weights of 0 move too. */
    eta: nonNegative.default(0.01),
    runningStatistics,
    ...overrides,
  }),
  z.strictObject({
    name: z.literal('lpf-sgd'),
    label,
    /** `samples`: M, the parts that a batch is cut into, each with noise of its own. */
    noise: filterwiseNoise(0.001, 'rising')
      .extend({ samples: count.default(1) })
      .prefault({}),
    ...overrides,
  }),
  z.strictObject({
    name: z.literal('rwp'),
    label,
    noise: filterwiseNoise(0.01, 'constant').extend({ per: noisePer }).prefault({}),
    ...overrides,
  }),
  z.strictObject({
    name: z.literal('arwp'),
    label,
    noise: filterwiseNoise(0.015, 'constant').extend({ per: noisePer }).prefault({}),
    /** The share of the gradient at w + θ. */
    balance: share.default(0.5),
    eta: nonNegative.default(0.1),
    beta: fraction.default(0.99),
    ...overrides,
  }),
]);

/** Whether methods of this name have a setting of that name. */
export function methodHas(name: string, key: string): boolean {
  const form = method.options.find(({ shape }) => shape.name.value === name);
  return form !== undefined && key in form.shape;
}

/** Of a setting that is one of some names, or the path of a file of the user's own. */
const namesAndFiles = (choices: readonly string[]) => ({
  choices,
  description: `one of ${choices.join(', ')}, or a file such as ./mine.ts`,
});

/** Averages of the parameters along the training, evaluated beside them. */
const average = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ema'), decay: fraction.default(0.999) }),
  /** From this share of the epochs on, the mean of the parameters at the end of each. */
  z.strictObject({ kind: z.literal('swa'), from: fraction.default(0.75) }),
]);

/** In place of `epochs`: how many updates, or gradients of a batch, a run may take. */
const budget = z.union([z.strictObject({ updates: count }), z.strictObject({ gradients: count })]);

const seed = z.int().min(0).max(0xffffffff).describe('a whole number from 0 to 4294967295');

/** What a config without `methods` compares. */
export const DEFAULT_METHODS: readonly MethodConfig['name'][] = ['baseline', 'smoothout'];

export const configSchema = z.strictObject({
  experiment: folderName,
  model: z.custom<ModelName>((name) => typeof name === 'string' && isModelName(name)).meta(namesAndFiles(MODEL_NAMES)),
  dataset: z
    .custom<AnyDataset>((name) => isDatasetName(name) || isOwnDataset(String(name)))
    .meta(namesAndFiles(DATASET_NAMES)),
  epochs: count,
  budget: budget.nullable().describe('{ epochs: N }, { updates: N } or { gradients: N }, or null').default(null),
  batchSize: count.default(256),
  /** A number turns on ghost batch normalisation; it must divide batchSize. */
  ghostBatchSize: countOrNull.default(null),
  preset: z.enum(['paper', 'reference']).default('paper'),
  optimizer: optimizer.prefault({}),
  /** From `epoch` on (counted from 0), the learning rate is `optimizer.learningRate` × `factor`: factors do not multiply up. */
  schedule: z.array(z.strictObject({ epoch: count, factor: positive })).default([]),
  augment: z.boolean().default(false),
  average: average.nullable().describe('{ kind: ema } or { kind: swa }, or null').default(null),
  /** Probability of dropping a unit; null leaves the model's own (C1, C3, AlexNet: 0.5; the others have no dropout). */
  dropout: fraction.nullable().describe('a number from 0 up to, but not, 1, or null').default(null),
  batchNorm: z
    .strictObject({
      /** γ starts at 1, or uniform on [0, 1) as in PyTorch 0.3; ResNet44 sets its own 1. */
      scaleInitialisation: z.enum(['one', 'uniform']).default('one'),
    })
    .prefault({}),
  /** Widths of the hidden layers of `mlp`; null leaves the model's own. */
  hidden: z.array(count).min(1).nullable().describe('a list of widths, or null').default(null),
  /** A safetensors file of parameters to start from, instead of drawing them (`--init`). */
  init: z.string().nullable().describe('a path, or null').default(null),
  /** The generated stand-in for the data set, made now if need be, instead of the real one. */
  synthetic: z.boolean().default(false),
  /** Which images choose the best epoch: the test set, as the paper does, or N training images that are then not trained on. */
  validation: z
    .string()
    .regex(/^(test|holdout:[1-9]\d{0,8})$/)
    .describe('test, or holdout:N with a number of training images')
    .default('test'),
  trainLimit: countOrNull.default(null),
  validationLimit: countOrNull.default(null),
  seeds: z
    .array(seed)
    .min(1)
    .describe('a list of whole numbers from 0 to 4294967295, or text such as 1,2 or 1-5')
    .default([1]),
  /** SHA-256 of each file of the user's own that the config names, by its path: the loader puts it in. */
  modules: z.record(z.string(), z.string()).optional(),
  methods: z.array(method).min(1).describe('a list of at least one method, such as { name: baseline }'),
});

/** A config with every default written out. */
export type Config = z.output<typeof configSchema>;
export type MethodConfig = Config['methods'][number];
export type OptimizerConfig = Config['optimizer'];
type AsRun<M> = M extends unknown
  ? Readonly<Omit<M, 'label' | keyof typeof overrides>> & { readonly label: string }
  : never;

/** A method as a run carries it out: its overrides are already part of the run's own settings. */
export type MethodSpec = AsRun<MethodConfig>;

/** The keys, of which a method has one at most, that say how strong it is: what `smoothout tune` chooses. */
export const STRENGTH_KEYS = ['noise.a', 'rho'] as const;

/** The method's a or ρ; null for the baseline. */
export function strengthOf(method: MethodConfig | MethodSpec): number | null {
  if ('noise' in method && method.noise !== undefined) return method.noise.a;
  return 'rho' in method ? method.rho : null;
}

/** One run: everything that decides its result. */
export interface RunSpec extends Readonly<Omit<Config, 'methods' | 'seeds'>> {
  readonly method: MethodSpec;
  readonly seed: number;
  /** SHA-256 of the settings above without the seed: runs that differ by the seed alone share it. */
  readonly configHash: string;
}

/** N of `holdout:N`, or null where the test set is the validation set. */
export function holdoutSize(validation: string): number | null {
  return validation === 'test' ? null : Number(validation.slice('holdout:'.length));
}

const MOST_SEEDS = 10_000;

/** `3`, `1,2`, `1-5` or a mixture as a list; null where the text is none of these. */
export function parseSeeds(text: string): number[] | null {
  const seeds: number[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*$/.exec(part);
    if (match === null) return null;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last > 0xffffffff || seeds.length + last - first >= MOST_SEEDS) return null;
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  return seeds;
}
